import { createElement, Fragment, useSyncExternalStore } from "react";
import { useLocation } from "react-router";

const never = () => () => {};

// What the address says of a filter, in words; null: nothing. Worked out here, because a chip that
// grew only when the list arrives would push the next one away from under the pointer.
function usePicked({ names, choices, value }) {
  const { search } = useLocation();
  const live = useSyncExternalStore(never, () => true, () => false); // the built page has no query
  const query = new URLSearchParams(live ? search : "");
  const said = names.map((name) => query.get(name)).filter(Boolean);
  if (!said.length) return null;
  const fits = ({ changes }) =>
    Object.entries(changes).every(([name, text]) => (query.get(name) ?? "") === text);
  return choices.find(fits)?.text ?? (value || said.join(" to "));
}

// The words of what is picked; until then its children.
export function Picked({ children, ...filter }) {
  const text = usePicked(filter);
  return text === null ? createElement(Fragment, null, children) : createElement("b", null, text);
}

// Its children, once something is picked.
export function OncePicked({ children, ...filter }) {
  return usePicked(filter) === null ? null : createElement(Fragment, null, children);
}
