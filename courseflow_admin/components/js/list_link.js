import { createElement } from "react";
import { Link, useLocation } from "react-router";

// A link to the list that is on screen, with `changes` in its filters ("" takes one away) and from
// its first page; nothing is kept that the address says twice. Worked out here: what the server
// last knew of the address may lack a pick or a word of a moment ago. `aria-current` when the list
// is narrowed like that already.
export function ListLink({ changes, paging, ...props }) {
  const { pathname, search } = useLocation();
  const query = new URLSearchParams(search);
  const changed = Object.entries(changes);
  const current = changed.every(([name, value]) => value && query.get(name) === value);
  const twice = [...query.keys()].filter((name) => query.getAll(name).length > 1);
  [...paging, ...twice].forEach((name) => query.delete(name));
  changed.forEach(([name, value]) => (value ? query.set(name, value) : query.delete(name)));
  return createElement(Link, {
    "aria-current": current ? "true" : undefined,
    ...props,
    to: { pathname, search: query.toString() },
  });
}
