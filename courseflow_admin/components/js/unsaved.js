import { useEffect, useRef } from "react";
import { useBlocker } from "react-router";

const dirty = () => document.querySelector("form[data-watched][data-dirty]");
const early = (form) =>
  [...form.elements].some((one) =>
    ["checkbox", "radio"].includes(one.type)  // whose value is "on" whether or not it is
      ? one.checked !== one.defaultChecked
      : "defaultValue" in one && one.value !== one.defaultValue,
  );
const formOf = (event) => event.target.closest?.("form[data-watched]");

// Marks a form that was changed, and asks before its page is left.
// `settled` is "<form>:<saved|failed>:<number>" of the last save.
export function Unsaved({ settled, question }) {
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      currentLocation.pathname !== nextLocation.pathname && Boolean(dirty()),
  );
  useEffect(() => {
    if (blocker.state !== "blocked") return;
    if (window.confirm(question)) blocker.proceed();
    else blocker.reset();
  }, [blocker, question]);

  useEffect(() => {
    for (const form of document.querySelectorAll("form[data-watched]"))
      if (early(form)) form.setAttribute("data-dirty", "true");  // typed before this came
    const changed = (event) => formOf(event)?.setAttribute("data-dirty", "true");
    const sent = (event) => formOf(event)?.removeAttribute("data-dirty");
    const leaving = (event) => dirty() && event.preventDefault();
    const save = (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.key !== "s") return;
      const form = formOf(event) ?? dirty();
      if (!form) return;
      event.preventDefault();
      form.requestSubmit();
    };
    document.addEventListener("input", changed);
    document.addEventListener("submit", sent, true);
    document.addEventListener("keydown", save);
    window.addEventListener("beforeunload", leaving);
    return () => {
      document.removeEventListener("input", changed);
      document.removeEventListener("submit", sent, true);
      document.removeEventListener("keydown", save);
      window.removeEventListener("beforeunload", leaving);
    };
  }, []);

  const seen = useRef(settled);
  useEffect(() => {
    if (seen.current === settled) return;
    seen.current = settled;
    const [name, how] = settled.split(":");
    const form = document.querySelector(`form[data-watched="${name}"]`);
    if (how === "failed") {
      form?.setAttribute("data-dirty", "true");
      form?.querySelector("[aria-invalid=true]")?.focus();
    }
  }, [settled]);
  return null;
}
