import React, { useEffect, useRef } from "react";
import { createPortal } from "react-dom";

const FOCUSABLE =
  'a[href],button:not([disabled]),input:not([disabled]),select:not([disabled]),textarea:not([disabled]),[tabindex]:not([tabindex="-1"])';
const open = [];

const focusable = (panel) =>
  [...panel.querySelectorAll(FOCUSABLE)].filter((element) => element.offsetParent !== null);

function keepInside(event, panel) {
  const inside = focusable(panel);
  const [first, last] = [inside[0] ?? panel, inside.at(-1) ?? panel];
  const outside = !panel.contains(document.activeElement) || document.activeElement === panel;
  if (event.shiftKey && (outside || document.activeElement === first)) {
    event.preventDefault();
    last.focus();
  } else if (!event.shiftKey && (outside || document.activeElement === last)) {
    event.preventDefault();
    first.focus();
  }
}

// A dialog: focus moves in and stays in, Esc and the scrim close it, focus goes back after.
function Panel({ label, className, onClose, onEscape, children }) {
  const panel = useRef(null);
  const close = useRef(onClose);
  const escape = useRef(onEscape);
  close.current = onClose;
  escape.current = onEscape ?? onClose;
  useEffect(() => {
    const before = document.activeElement;
    const self = panel.current;
    open.push(self);
    (self.querySelector("[data-autofocus]") ?? self).focus();
    const onKey = (event) => {
      if (open.at(-1) !== self || event.defaultPrevented) return;
      if (event.key === "Escape") {
        event.preventDefault();
        escape.current?.();
      } else if (event.key === "Tab") keepInside(event, self);
    };
    document.addEventListener("keydown", onKey);
    const overflow = document.body.style.overflow;
    document.body.style.overflow = "hidden";
    return () => {
      open.splice(open.indexOf(self), 1);
      document.removeEventListener("keydown", onKey);
      document.body.style.overflow = overflow;
      before?.focus?.();
    };
  }, []);
  return createPortal(
    <>
      <div className="rft-scrim" onClick={() => close.current?.()} aria-hidden="true" />
      <div
        ref={panel}
        role="dialog"
        aria-modal="true"
        aria-label={label}
        tabIndex={-1}
        className={`rft-dialog ${className ?? ""}`}
      >
        {children}
      </div>
    </>,
    document.body,
  );
}

export function Modal({ isOpen, ...rest }) {
  return isOpen ? <Panel {...rest} /> : null;
}
