import { useEffect } from "react";

const isTyping = (element) =>
  element?.matches?.(
    "input:not([type=checkbox],[type=radio]),textarea,select,[contenteditable],.cm-content,[role=menu] *",
  );

function moveInList(by) {
  const scope = [...document.querySelectorAll('[role="dialog"]')].at(-1) ?? document;
  const items = [...scope.querySelectorAll("[data-item]")];
  if (!items.length) return;
  const focused = document.activeElement;
  const row = focused.closest("tr,li");
  const at = items.findIndex((item) => item.contains(focused) || (row && item.closest("tr,li") === row));
  const next = items[Math.min(items.length - 1, Math.max(0, at + by))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

const isInList = (element) => element?.matches?.("tr [data-item], li [data-item]");

// `/` goes to the search box, J, K and the arrows move in the list, Ctrl K or ⌘K opens the palette.
export function Shortcuts({ onPalette }) {
  useEffect(() => {
    const onKey = (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        onPalette?.();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.key === "/") {
        const scope = [...document.querySelectorAll('[role="dialog"]')].at(-1) ?? document;
        const box = scope.querySelector("[data-search]");
        if (!box) return;
        event.preventDefault();
        box.focus();
      } else if (event.key === "j") moveInList(1);
      else if (event.key === "k") moveInList(-1);
      else if (["ArrowDown", "ArrowUp"].includes(event.key) && !event.defaultPrevented && isInList(event.target)) {
        event.preventDefault();
        moveInList(event.key === "ArrowDown" ? 1 : -1);
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [onPalette]);
  return null;
}
