import { createElement, useEffect } from "react";
import { useLocation, useNavigation } from "react-router";

const PATIENCE = 5000; // milliseconds until a heading that never comes is given up
const FIELDS = "input, textarea, select";
let shown = null; // the path this tab last showed; pages come and go, this stays

// Outside the pages, or a screen reader would not know the region before it speaks.
const region = () => {
  let found = document.getElementById("cf-arrival");
  if (!found) {
    found = document.createElement("div");
    found.id = "cf-arrival";
    found.className = "cf-sr";
    found.setAttribute("role", "status");
    document.body.append(found);
  }
  return found;
};

// A browser that loads a page says its title and begins at its top. A router does neither: after
// each change of page the heading gets the focus, unless the page gave it to a field, and the
// title is said. Until the page is there, a bar at the top moves.
export function PageChange({ loading }) {
  const { pathname } = useLocation();
  const { state } = useNavigation();

  useEffect(() => {
    const said = region();
    const first = shown === null;
    if (first || shown === pathname) {
      shown = pathname;
      return;
    }
    shown = pathname;
    const until = Date.now() + PATIENCE;
    const arrive = () => {
      const heading = document.querySelector("main h1");
      if (!heading?.textContent.trim() && Date.now() < until) return;
      clearInterval(timer);
      const target = heading ?? document.querySelector("main");
      const kept = document.activeElement?.matches(FIELDS) || document.querySelector("[role=dialog]");
      if (target && !kept) {
        target.tabIndex = -1;
        target.focus({ preventScroll: true });
      }
      said.textContent = document.title;
    };
    const timer = setInterval(arrive, 100);
    return () => clearInterval(timer);
  }, [pathname]);

  const on = loading || state !== "idle";
  return createElement("div", { className: "cf-loading", "data-on": on, "aria-hidden": true });
}
