import { createElement } from "react";

// A button that loads the page anew; the browser asks first where something is not saved.
export function Reload({ label }) {
  const reload = () => window.location.reload();
  return createElement("button", { type: "button", className: "cf-btn", onClick: reload }, label);
}
