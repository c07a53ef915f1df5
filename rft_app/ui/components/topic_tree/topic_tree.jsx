import React, { useEffect, useMemo, useRef, useState } from "react";
import { ChevronDown, ChevronRight, TriangleAlert } from "lucide-react";

const isWithin = (key, branch) => key.startsWith(`${branch}/`);
const parentOf = (key) => key.slice(0, Math.max(0, key.lastIndexOf("/")));

// Edits one name in place: Enter saves, Esc leaves it as it was.
function NameBox({ row, onEnd }) {
  const box = useRef(null);
  const ended = useRef(false);
  useEffect(() => {
    box.current.focus();
    box.current.select();
  }, []);
  const end = (isSaved) => {
    if (ended.current) return;
    ended.current = true;
    const name = box.current.value.trim();
    onEnd(isSaved && name && name !== row.name ? name : null);
  };
  return (
    <input
      ref={box}
      className="rft-topic-name-box"
      aria-label={`New name of ${row.name}`}
      defaultValue={row.name}
      onBlur={() => end(true)}
      onClick={(event) => event.stopPropagation()}
      onDoubleClick={(event) => event.stopPropagation()}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter" || event.key === "Escape") {
          event.preventDefault();
          event.nativeEvent.stopImmediatePropagation();
          end(event.key === "Enter");
        }
      }}
    />
  );
}

export function TopicTree({ rows, chosen, checked, label, isBusy, onChoose, onCheck, onRename, onDelete, onUndo, onRedo }) {
  const all = rows ?? [];
  const marked = new Set(checked ?? []);
  const [folded, setFolded] = useState(() => new Set());
  const [renaming, setRenaming] = useState("");
  const [focused, setFocused] = useState("");
  const list = useRef(null);
  const left = useRef({ key: "", at: 0 });
  const shown = useMemo(
    () => all.filter((row) => ![...folded].some((key) => isWithin(row.key, key))),
    [all, folded],
  );
  const stop = [focused, chosen, shown[0]?.key].find((key) => shown.some((row) => row.key === key));
  const goTo = (key) => {
    setFocused(key);
    const item = [...list.current.children].find((child) => child.dataset.key === key);
    item?.focus();
    item?.scrollIntoView({ block: "nearest" });
  };
  const fold = (key, isFolded) => {
    const next = new Set(folded);
    isFolded ? next.add(key) : next.delete(key);
    setFolded(next);
  };
  const endRenaming = (key, name) => {
    setRenaming("");
    goTo(key);
    if (name) onRename?.(key, name);
  };
  const startRenaming = (key) => {
    if (!isBusy) setRenaming(key);
  };
  const sideways = (row, isRight) => {
    const isFolded = folded.has(row.key);
    const at = shown.indexOf(row);
    if (isRight && !row.is_leaf && isFolded) fold(row.key, false);
    else if (isRight && !row.is_leaf && shown[at + 1]) goTo(shown[at + 1].key);
    else if (!isRight && !row.is_leaf && !isFolded) fold(row.key, true);
    else if (!isRight && parentOf(row.key)) goTo(parentOf(row.key));
  };
  const onKeyDown = (event) => {
    const at = shown.findIndex((row) => row.key === event.target.dataset.key);
    if (at < 0) return;
    const row = shown[at];
    const isCommand = event.ctrlKey || event.metaKey;
    const keys = {
      ArrowDown: () => goTo(shown[Math.min(at + 1, shown.length - 1)].key),
      ArrowUp: () => goTo(shown[Math.max(at - 1, 0)].key),
      Home: () => goTo(shown[0].key),
      End: () => goTo(shown.at(-1).key),
      ArrowRight: () => sideways(row, true),
      ArrowLeft: () => sideways(row, false),
      Enter: () => onChoose?.(row.key),
      " ": () => onCheck?.(row.key),
      F2: () => startRenaming(row.key),
      Delete: () => !isBusy && onDelete?.(row.key),
    };
    const act = isCommand ? undefined : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  // A topic that had the focus and is gone leaves it to its neighbour.
  useEffect(() => {
    const { key, at } = left.current;
    const isLost = key && !shown.some((row) => row.key === key) && shown.length;
    if (isLost && document.activeElement === document.body) goTo(shown[Math.min(at, shown.length - 1)].key);
  });
  useEffect(() => {
    const onKey = (event) => {
      const front = [...document.querySelectorAll('[role="dialog"]')].at(-1);
      const isTyping = event.target?.matches?.("input,textarea,select");
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
      if (isTyping || !front?.contains(list.current)) return;
      event.preventDefault();
      event.shiftKey ? onRedo?.() : onUndo?.();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [onUndo, onRedo]);
  return (
    <ul ref={list} role="tree" aria-label={label} aria-multiselectable="true" className="rft-topics" onKeyDown={onKeyDown}>
      {shown.map((row) => {
        const isMarked = marked.has(row.key);
        const isFolded = folded.has(row.key);
        const Arrow = isFolded ? ChevronRight : ChevronDown;
        return (
          <li
            key={row.key}
            role="treeitem"
            data-item="true"
            data-key={row.key}
            aria-level={row.depth + 1}
            aria-selected={isMarked}
            aria-current={row.key === chosen ? "true" : undefined}
            aria-expanded={row.is_leaf ? undefined : !isFolded}
            title={row.hint}
            tabIndex={row.key === stop ? 0 : -1}
            className={`rft-topic${row.is_leaf ? "" : " is-branch"}${marked.size ? " has-marks" : ""}`}
            style={{ paddingLeft: `${8 + row.depth * 18}px` }}
            onFocus={(event) => {
              if (event.target !== event.currentTarget) return;
              left.current = { key: row.key, at: shown.indexOf(row) };
              setFocused(row.key);
            }}
            onClick={(event) => (event.ctrlKey || event.metaKey ? onCheck?.(row.key) : onChoose?.(row.key))}
            onDoubleClick={() => startRenaming(row.key)}
          >
            <span
              className="rft-topic-arrow"
              aria-hidden="true"
              onClick={(event) => {
                if (row.is_leaf) return;
                event.stopPropagation();
                fold(row.key, !isFolded);
              }}
            >
              {!row.is_leaf && <Arrow size={13} strokeWidth={1.75} />}
            </span>
            {renaming === row.key ? (
              <NameBox row={row} onEnd={(name) => endRenaming(row.key, name)} />
            ) : (
              <span className="rft-topic-name">{row.name}</span>
            )}
            {row.is_under && <span className="rft-topic-under">under</span>}
            <span className="rft-topic-count">
              {row.num_records}
              <span className="sr-only"> records, </span>
            </span>
            <span className={`rft-topic-sure${row.is_unsure ? " is-low" : ""}`}>
              {row.is_unsure && <TriangleAlert size={10} strokeWidth={2} aria-hidden="true" />}
              {row.sure}
              <span className="sr-only"> sure</span>
            </span>
            <span
              className={`rft-topic-mark${isMarked ? " is-on" : ""}`}
              aria-hidden="true"
              title={isMarked ? "Unmark" : "Mark for merging or deleting"}
              onClick={(event) => {
                event.stopPropagation();
                onCheck?.(row.key);
              }}
              onDoubleClick={(event) => event.stopPropagation()}
            />
          </li>
        );
      })}
    </ul>
  );
}
