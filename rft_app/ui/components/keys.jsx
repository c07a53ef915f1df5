import { useEffect, useRef } from "react";

const isTyping = (element) =>
  element?.matches?.("input,textarea,select,[contenteditable],.cm-content,[role=menu] *");

// Single letters that do something in the dialog in front; a held key counts once.
export function Keys({ letters, active, onPress }) {
  const mark = useRef(null);
  useEffect(() => {
    const onKey = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target))
        return;
      const letter = event.key.toLowerCase();
      const front = [...document.querySelectorAll('[role="dialog"]')].at(-1);
      if (!letters.includes(letter) || !front?.contains(mark.current)) return;
      event.preventDefault();
      onPress?.(letter);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [letters, onPress]);
  useEffect(() => {
    document.querySelector(`[data-row="${CSS.escape(active ?? "")}"]`)?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return <span ref={mark} hidden />;
}
