import { useEffect } from "react";
import { useBlocker } from "react-router";

// Keeps the visitor on the page while something is unsaved; asks before the tab closes.
// `answer` is "" until the page's own dialog was answered with "leave" or "stay"; after `onStayed` it
// is "" again. It is forgotten only once the way is free: any sooner would ask once more. What was
// saved on the way out holds nobody. Pages at `keptAt` show what is unsaved, so the way there is free.
export function LeaveGuard({ isOn, answer, keptAt = [], onAsk, onStayed }) {
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      isOn &&
      currentLocation.pathname !== nextLocation.pathname &&
      !keptAt.includes(nextLocation.pathname.replace(/\/$/, "")),
  );
  useEffect(() => {
    if (blocker.state !== "blocked") {
      if (answer === "stay") onStayed?.();
    } else if (!isOn || answer === "leave") blocker.proceed();
    else if (answer === "stay") blocker.reset();
    else onAsk?.();
  }, [blocker.state, answer, isOn]);
  useEffect(() => {
    if (!isOn) return;
    const warn = (event) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [isOn]);
  return null;
}
