import { createElement, useEffect, useRef, useState } from "react";

// The style sheet that draws the logo knows the old one.
const redraw = () => {
  const sheet = document.querySelector('link[href^="/school.css"]');
  if (sheet) sheet.href = `/school.css?${Date.now()}`;
};

// Sends the chosen picture to the API as it is and reports the result.
export function LogoPicker({ address, largest, shown, onSent }) {
  const [busy, setBusy] = useState(false);
  const before = useRef(shown);
  useEffect(() => {
    if (before.current !== shown) redraw();
    before.current = shown;
  }, [shown]);

  const send = async (event) => {
    const file = event.target.files[0];
    event.target.value = ""; // so that the same one can be chosen again
    if (!file) return;
    if (file.size > largest) {
      onSent(false, "This image is larger than 200 kB.");
      return;
    }
    setBusy(true);
    try {
      const headers = { "Content-Type": file.type || "application/octet-stream" };
      const answer = await fetch(address, { method: "PUT", body: file, headers });
      const said = await answer.json().catch(() => ({}));
      onSent(answer.ok, said.detail ?? "");
    } catch {
      onSent(false, "The upload failed. Please try again.");
    } finally {
      setBusy(false);
    }
  };
  return createElement(
    "label",
    { className: "cf-btn cf-filebtn", "aria-busy": busy },
    createElement("span", { className: "cf-spin", "aria-hidden": true }),
    "Choose image",
    createElement("input", {
      type: "file",
      accept: "image/png,image/jpeg,image/webp",
      "aria-describedby": "logo-help logo-error",
      onChange: send,
      disabled: busy,
    }),
  );
}
