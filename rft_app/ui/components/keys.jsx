import { useEffect, useRef } from "react";

const isTyping = (element) =>
  element?.matches?.(
    "input:not([type=checkbox],[type=radio]),textarea,select,[contenteditable],.cm-content,[role=menu] *",
  );

// Single letters that do something in the dialog in front, or on the page where there is none; a held
// key counts once.  In a form Ctrl Enter sends it and Esc leaves it.
export function Keys({ letters, active, onPress, onEscape }) {
  const mark = useRef(null);
  useEffect(() => {
    const onKey = (event) => {
      const front = [...document.querySelectorAll('[role="dialog"]')].at(-1) ?? document;
      if (!front.contains(mark.current)) return;
      if ((event.ctrlKey || event.metaKey) && event.key === "Enter")
        return event.target.closest?.("form")?.requestSubmit();
      if (event.key === "Escape" && onEscape) return onEscape();
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target))
        return;
      const letter = event.key.toLowerCase();
      if (!letters.includes(letter)) return;
      event.preventDefault();
      onPress?.(letter);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [letters, onPress, onEscape]);
  useEffect(() => {
    for (const row of document.querySelectorAll(`[data-row="${CSS.escape(active ?? "")}"]`))
      row.scrollIntoView({ block: "nearest" });
  }, [active]);
  return <span ref={mark} hidden />;
}
