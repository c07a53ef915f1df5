import React, { useEffect, useLayoutEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";

const items = (panel) => [...panel.querySelectorAll('[role="menuitem"]:not([disabled])')];

function move(event, panel) {
  const all = items(panel);
  const at = all.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  all[(to + all.length) % all.length]?.focus();
}

function placeBelow(button, panel) {
  const from = button.getBoundingClientRect();
  const size = panel.getBoundingClientRect();
  const below = from.bottom + 4 + size.height <= window.innerHeight;
  const left = Math.min(from.right - size.width, window.innerWidth - size.width - 8);
  panel.style.left = `${Math.max(8, left)}px`;
  panel.style.top = `${below ? from.bottom + 4 : Math.max(8, from.top - size.height - 4)}px`;
}

// A button that opens a list of actions: arrows move, Esc and Tab close, focus goes back.
export function Menu({ label, triggerClass, children }) {
  const [trigger, ...entries] = React.Children.toArray(children);
  const [isOpen, setOpen] = useState(false);
  const button = useRef(null);
  const panel = useRef(null);
  const close = (refocus) => {
    setOpen(false);
    if (refocus) button.current?.focus();
  };
  useLayoutEffect(() => {
    if (!isOpen) return;
    placeBelow(button.current, panel.current);
    items(panel.current)[0]?.focus();
  }, [isOpen]);
  useEffect(() => {
    if (!isOpen) return;
    const away = (event) => {
      const inside = panel.current?.contains(event.target) || button.current?.contains(event.target);
      if (!inside) close(false);
    };
    const shut = () => close(false);
    document.addEventListener("pointerdown", away);
    window.addEventListener("resize", shut);
    window.addEventListener("scroll", shut, true);
    return () => {
      document.removeEventListener("pointerdown", away);
      window.removeEventListener("resize", shut);
      window.removeEventListener("scroll", shut, true);
    };
  }, [isOpen]);
  const onKeyDown = (event) => {
    event.stopPropagation();
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.nativeEvent.stopImmediatePropagation();
      close(true);
    } else move(event, panel.current);
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-label={label}
        title={label}
        className={triggerClass}
        onClick={() => setOpen(!isOpen)}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown") return;
          event.preventDefault();
          setOpen(true);
        }}
      >
        {trigger}
      </button>
      {isOpen &&
        createPortal(
          <div ref={panel} role="menu" aria-label={label} className="rft-menu" onKeyDown={onKeyDown} onClick={() => close(true)}>
            {entries}
          </div>,
          document.body,
        )}
    </>
  );
}
