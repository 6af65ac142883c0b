import { useEffect, useRef } from "react";

// Calls onTick every `every` milliseconds for as long as it is mounted.
export function Repeat({ every, onTick }) {
  const latest = useRef(onTick);
  latest.current = onTick;
  useEffect(() => {
    const timer = setInterval(() => latest.current?.(), every);
    return () => clearInterval(timer);
  }, [every]);
  return null;
}
