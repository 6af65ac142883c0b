import { createElement, useEffect, useRef } from "react";
import { useBlocker, useLocation, useNavigate, useNavigationType } from "react-router";

const SETTLES = 300; // milliseconds after the last letter

// Writes what is typed into the address as `name`, without a step in the history; the page
// loads by its address. Here, because an answer of the server could come after a click on a link.
export function SearchBox({ name, label, hint, paging, children }) {
  const navigate = useNavigate();
  const location = useLocation();
  const moved = useNavigationType();
  const input = useRef(null);
  const timer = useRef(null);
  const shown = useRef(null);
  const asked = new URLSearchParams(location.search).get(name) ?? "";

  const wait = () => clearTimeout(timer.current);
  const look = () => {
    wait();
    const { pathname, search } = window.location; // newer than what React has drawn
    const query = new URLSearchParams(search);
    const text = input.current.value.trim();
    if (text === (query.get(name) ?? "")) return;
    paging.forEach((one) => query.delete(one));
    if (text) query.set(name, text);
    else query.delete(name);
    navigate({ pathname, search: query.toString() }, { replace: true, state: { typed: true } });
  };
  const soon = () => {
    wait();
    timer.current = setTimeout(look, SETTLES);
  };

  // The box shows what the address says, unless that was typed here: then its letters are newer.
  useEffect(() => {
    if (shown.current === asked) return;
    const early = shown.current === null && input.current.value; // typed before this came
    const typed = location.state?.typed && moved === "REPLACE";
    shown.current = asked;
    if (early) soon();
    if (early || typed) return;
    wait();
    input.current.value = asked;
  }, [asked]);

  // Blocks nothing: it is told of a click on a link before anybody else, and the click wins.
  useBlocker(({ currentLocation, nextLocation }) => {
    if (currentLocation.pathname !== nextLocation.pathname) wait();
    return false;
  });
  useEffect(() => wait, []);

  return createElement(
    "form",
    {
      role: "search",
      className: "cf-iconfield cf-search",
      onSubmit: (event) => {
        event.preventDefault();
        look();
      },
    },
    children,
    createElement("input", {
      ref: input,
      type: "search",
      name,
      "aria-label": label,
      placeholder: hint,
      dir: "auto",
      autoComplete: "off",
      enterKeyHint: "search",
      className: "cf-input",
      onInput: (event) => event.nativeEvent.isComposing || soon(),
      onCompositionStart: wait,
      onCompositionEnd: soon,
    }),
  );
}
