import React, { useEffect, useMemo, useState } from "react";
import { useNavigate } from "react-router";

const matches = (command, words) => words.every((word) => command.label.toLowerCase().includes(word));

// Type to narrow, arrows to choose, Enter to go.
export function Palette({ commands, onDone, onSearch, inputClass, itemClass }) {
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const found = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return (commands ?? []).filter((command) => matches(command, words)).slice(0, 12);
  }, [commands, text]);
  // The server knows more datasets than it sent.
  useEffect(() => {
    if (!text) return undefined;
    const wait = setTimeout(() => onSearch?.(text), 150);
    return () => clearTimeout(wait);
  }, [text]);
  const run = (command) => {
    if (!command) return;
    onDone?.();
    if (command.href === "#theme") document.querySelector("[data-theme-toggle]")?.click();
    else navigate(command.href);
  };
  const onKeyDown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) {
      event.preventDefault();
      setAt((at + step + found.length) % found.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(found[at]);
    }
  };
  return (
    <>
      <input
        data-autofocus=""
        className={inputClass}
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found[at] ? `palette-${at}` : undefined}
        aria-label="Search or run a command"
        placeholder="Search datasets or run a command"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="palette-list" role="listbox" aria-label="Commands" className="rft-palette">
        {found.map((command, index) => (
          <li
            key={command.href}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === at}
            className={itemClass}
            onMouseMove={() => setAt(index)}
            onClick={() => run(command)}
          >
            <span className="rft-cut">{command.label}</span>
            <span className="rft-palette-hint">{command.hint}</span>
          </li>
        ))}
        {!found.length && <li className="rft-palette-none">Nothing matches.</li>}
      </ul>
    </>
  );
}
