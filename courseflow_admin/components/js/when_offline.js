import { useSyncExternalStore } from "react";

const listen = (changed) => {
  window.addEventListener("online", changed);
  window.addEventListener("offline", changed);
  return () => {
    window.removeEventListener("online", changed);
    window.removeEventListener("offline", changed);
  };
};

// Shows its children while the browser has no network, which it reports immediately, or the server
// is not responding (`lost`).
export function WhenOffline({ lost, children }) {
  const online = useSyncExternalStore(
    listen,
    () => navigator.onLine,
    () => true,
  );
  return lost || !online ? children : null;
}
