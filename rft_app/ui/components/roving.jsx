import React, { useEffect, useRef } from "react";

const MEMBERS = '[role="tab"],[role="radio"]';
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
const isOn = (member) =>
  member.getAttribute("aria-selected") === "true" || member.getAttribute("aria-checked") === "true";

// Tabs and radio groups: one stop for Tab, arrows choose.
export function Roving({ role, label, className, children }) {
  const group = useRef(null);
  useEffect(() => {
    const mark = () => {
      const members = [...group.current.querySelectorAll(MEMBERS)];
      const current = members.find(isOn) ?? members[0];
      members.forEach((member) => (member.tabIndex = member === current ? 0 : -1));
    };
    mark();
    // Members may render anew without the group.
    const observer = new MutationObserver(mark);
    observer.observe(group.current, {
      subtree: true, childList: true, attributeFilter: ["aria-selected", "aria-checked"],
    });
    return () => observer.disconnect();
  }, []);
  const onKeyDown = (event) => {
    const members = [...group.current.querySelectorAll(MEMBERS)];
    const at = members.indexOf(document.activeElement);
    if (at < 0 || !(event.key in STEPS)) return;
    event.preventDefault();
    const next = members[(at + STEPS[event.key] + members.length) % members.length];
    next.focus();
    next.click();
  };
  return (
    <div ref={group} role={role} aria-label={label} className={className} onKeyDown={onKeyDown}>
      {children}
    </div>
  );
}
