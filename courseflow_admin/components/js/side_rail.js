import { createElement, Fragment, useEffect, useState, useSyncExternalStore } from "react";
import { createPortal } from "react-dom";

const KEY = "courseflow.sidebar"; // also read by assets/side.js, before the first paint
const NAMED = ".cf-side :is(.cf-item, .cf-account)";
const NARROW = 100; // pixels; a sidebar of icons is narrower
const root = () => document.documentElement;
const isOpen = () => root().dataset.side === "open";
const watch = (changed) => {
  const observer = new MutationObserver(changed);
  observer.observe(root(), { attributes: true, attributeFilter: ["data-side"] });
  return () => observer.disconnect();
};

function toggle() {
  const open = !isOpen();
  if (open) root().dataset.side = "open";
  else delete root().dataset.side;
  try {
    localStorage.setItem(KEY, open ? "open" : "");
  } catch {
    // Not remembered where the browser keeps nothing.
  }
}

// Unfolds the sidebar of icons, and says what an icon stands for under the pointer or the focus.
export function SideRail({ children }) {
  const open = useSyncExternalStore(watch, isOpen, () => false);
  const [tip, setTip] = useState(null);

  useEffect(() => {
    const show = (event) => {
      const item = event.target.closest?.(NAMED);
      const keyboard = event.type !== "focusin" || item?.matches(":focus-visible");
      if (!item || !keyboard || item.closest(".cf-side").offsetWidth > NARROW) return setTip(null);
      const { top, height, right } = item.getBoundingClientRect();
      const text = (item.querySelector(".cf-trunc") ?? item).textContent.trim();
      setTip({ text, top: top + height / 2, left: right + 8 });
    };
    const hide = () => setTip(null);
    const escape = (event) => event.key === "Escape" && hide();
    const side = document.querySelector(".cf-side");
    side.addEventListener("pointerover", show);
    side.addEventListener("focusin", show);
    side.addEventListener("pointerleave", hide);
    side.addEventListener("focusout", hide);
    side.addEventListener("click", hide);
    side.addEventListener("scroll", hide, true);
    document.addEventListener("keydown", escape);
    return () => {
      side.removeEventListener("pointerover", show);
      side.removeEventListener("focusin", show);
      side.removeEventListener("pointerleave", hide);
      side.removeEventListener("focusout", hide);
      side.removeEventListener("click", hide);
      side.removeEventListener("scroll", hide, true);
      document.removeEventListener("keydown", escape);
    };
  }, []);

  const label = open ? "Collapse sidebar" : "Expand sidebar";
  const button = {
    type: "button",
    className: "cf-ib b cf-unfold",
    "aria-label": label,
    "aria-expanded": open,
    title: label,
    onClick: toggle,
  };
  // The names are in the links already: what is shown here is for the eye.
  const shown = tip && { className: "cf-tip", style: { top: tip.top, left: tip.left }, "aria-hidden": true };
  return createElement(
    Fragment,
    null,
    createElement("button", button, children),
    // Outside the sidebar, which would cut it off.
    shown && createPortal(createElement("div", shown, tip.text), document.querySelector(".cf-root")),
  );
}
