import { createElement } from "react";

// A button that reloads the page; the browser asks first if there are unsaved changes.
export function Reload({ label }) {
  const reload = () => window.location.reload();
  return createElement("button", { type: "button", className: "cf-btn", onClick: reload }, label);
}
