import React, { useEffect, useRef } from "react";

const isTyping = (element) => element?.matches?.("input,textarea,select,[contenteditable],[role=menu] *");

// The keys of the review queue, while its dialog is the one in front.
export function ReviewKeys({ onNumber, onSkip, onUndo }) {
  const mark = useRef(null);
  const events = useRef({});
  events.current = { onNumber, onSkip, onUndo };
  useEffect(() => {
    const onKey = (event) => {
      const front = [...document.querySelectorAll('[role="dialog"]')].at(-1);
      if (!front?.contains(mark.current) || event.defaultPrevented || isTyping(event.target)) return;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const { onNumber, onSkip, onUndo } = events.current;
      if (["1", "2", "3"].includes(event.key)) onNumber?.(Number(event.key));
      else if (event.key === "s") onSkip?.();
      else if (event.key === "u") onUndo?.();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  return <span ref={mark} hidden />;
}
