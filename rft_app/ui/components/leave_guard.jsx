import { useEffect } from "react";
import { useBlocker } from "react-router";

// Keeps the visitor on the page while something is unsaved; asks before the tab closes.
// `answer` is "" until the page's own dialog was answered with "leave" or "stay"; after `onStayed` it
// is "" again. Forgetting it any sooner would ask once more.
export function LeaveGuard({ isOn, answer, onAsk, onStayed }) {
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      isOn && currentLocation.pathname !== nextLocation.pathname,
  );
  useEffect(() => {
    if (blocker.state === "blocked" && answer === "") onAsk?.();
    if (blocker.state === "blocked" && answer === "leave") blocker.proceed();
    if (blocker.state === "blocked" && answer === "stay") {
      blocker.reset();
      onStayed?.();
    }
  }, [blocker.state, answer]);
  useEffect(() => {
    if (!isOn) return;
    const warn = (event) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [isOn]);
  return null;
}
