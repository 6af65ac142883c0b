import { createElement, useEffect, useState } from "react";

const NUMBERS = new Intl.NumberFormat("en-US");
const NEAR = 0.9; // of the length from which on it is worth saying

// How long the text in the field `of` is, once it nears `longest`: "1,950 of 2,000". Counts here,
// as the server does: a picture of two halves is one character.
export function Counter({ of, longest }) {
  const [length, setLength] = useState(0);

  useEffect(() => {
    const count = (field) => {
      const near = field && field.value.length >= longest * NEAR;
      setLength(near ? [...field.value].length : 0);
    };
    const typed = (event) => event.target.id === of && count(event.target);
    count(document.getElementById(of));
    document.addEventListener("input", typed);
    return () => document.removeEventListener("input", typed);
  }, [of, longest]);

  if (length < longest * NEAR) return null;
  const said = `${NUMBERS.format(length)} of ${NUMBERS.format(longest)} characters`;
  return createElement(
    "p",
    { id: `${of}-count`, className: "cf-help cf-count cf-num", "data-over": length > longest },
    said,
  );
}
