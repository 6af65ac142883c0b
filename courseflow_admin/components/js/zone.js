import { useEffect } from "react";

// Tells the browser's time zone by its IANA name, unless the server has read it in the cookie.
export function Zone({ cookie, onTold }) {
  useEffect(() => {
    let zone = "";
    try {
      zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
    } catch {
      return;
    }
    const pair = `${cookie}=${encodeURIComponent(zone)}`;
    if (!zone || document.cookie.split("; ").includes(pair)) return;
    const secure = window.location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${pair}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    onTold?.(zone);
  }, []);
  return null;
}
