import React, { useEffect, useMemo, useRef } from "react";
import CodeMirror, { Decoration, EditorView, keymap, MatchDecorator, Prec, ViewPlugin } from "@uiw/react-codemirror";
import { indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { tags } from "@lezer/highlight";

const QUIET_MS = 250;

const look = EditorView.theme({
  "&": { color: "var(--text-2)", backgroundColor: "var(--inset)", fontSize: "12px", height: "100%" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "19px", fontVariantLigatures: "none" },
  ".cm-content": { caretColor: "var(--text)", padding: "10px 0" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--inset)", color: "var(--text-3)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, ::selection": {
    backgroundColor: "var(--accent-soft)",
  },
  ".cm-matchingBracket": { backgroundColor: "var(--press)", color: "var(--text)" },
  ".cm-tooltip": { backgroundColor: "var(--surface-3)", border: "1px solid var(--line)", borderRadius: "6px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent-soft)", color: "var(--text)" },
  ".cm-diagnostic-error": { borderLeft: "3px solid var(--bad)", fontFamily: "var(--sans)", fontSize: "12px" },
  ".cm-place": { color: "var(--syn-key)", backgroundColor: "var(--info-soft)", borderRadius: "3px" },
  ".cm-lint-marker": { width: "10px", height: "10px" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--press)", border: "none", color: "var(--text-3)" },
});

const colors = HighlightStyle.define([
  { tag: [tags.keyword, tags.controlKeyword, tags.operatorKeyword, tags.definitionKeyword, tags.moduleKeyword], color: "var(--syn-kw)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--syn-str)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--syn-num)" },
  { tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName)), tags.className], color: "var(--syn-key)" },
  { tag: tags.comment, color: "var(--syn-punc)", fontStyle: "italic" },
  { tag: [tags.punctuation, tags.bracket, tags.operator], color: "var(--syn-punc)" },
]);

const matcher = new MatchDecorator({
  regexp: /\{\{[^{}\n]*\}\}/g,
  decoration: Decoration.mark({ class: "cm-place" }),
});
const places = ViewPlugin.define(
  (view) => ({
    decorations: matcher.createDeco(view),
    update(change) {
      this.decorations = matcher.updateDeco(change, this.decorations);
    },
  }),
  { decorations: (plugin) => plugin.decorations },
);

function diagnostics(doc, line, column, message) {
  if (!line || line > doc.lines) return [];
  const at = doc.line(line);
  const from = Math.min(at.from + Math.max(0, (column || 1) - 1), at.to);
  return [{ from: Math.min(from, Math.max(at.from, at.to - 1)), to: at.to, severity: "error", message }];
}

function grammar(language) {
  if (language === "template") return places;
  return language === "plain" ? [] : python();
}

export function CodeEditor({ value, label, errorLine, errorColumn, errorMessage, language, wraps, onChange, onSave, onRun, className }) {
  const editor = useRef(null);
  const after = useRef(null);
  const timer = useRef(null);
  const known = useRef(value);
  const pending = useRef(null);
  const events = useRef({});
  events.current = { onChange, onSave, onRun };

  const send = () => {
    clearTimeout(timer.current);
    if (pending.current === null) return;
    known.current = pending.current;
    events.current.onChange?.(pending.current);
    pending.current = null;
  };
  const extensions = useMemo(
    () => [
      grammar(language),
      wraps ? EditorView.lineWrapping : [],
      indentUnit.of("    "),
      lintGutter(),
      look,
      syntaxHighlighting(colors),
      EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0" }),
      Prec.highest(
        keymap.of([
          { key: "Mod-s", preventDefault: true, run: () => (send(), events.current.onSave?.(), true) },
          { key: "Mod-Enter", preventDefault: true, run: () => (send(), events.current.onRun?.(), true) },
        ]),
      ),
      keymap.of([
        { key: "Escape", run: () => (send(), after.current?.focus(), true) },
        indentWithTab,
      ]),
    ],
    [label, language, wraps],
  );
  useEffect(() => send, []);
  useEffect(() => {
    const view = editor.current?.view;
    if (view) view.dispatch(setDiagnostics(view.state, diagnostics(view.state.doc, errorLine, errorColumn, errorMessage)));
  }, [errorLine, errorColumn, errorMessage]);

  // What the server echoes of our own typing must not move the caret of whoever types on.
  const shown = pending.current ?? value;
  return (
    <>
    <CodeMirror
      ref={editor}
      className={className}
      value={shown}
      height="100%"
      theme="none"
      indentWithTab={false}
      basicSetup={{ highlightSelectionMatches: false, foldGutter: false }}
      extensions={extensions}
      onBlur={send}
      onChange={(text) => {
        pending.current = text;
        clearTimeout(timer.current);
        timer.current = setTimeout(send, QUIET_MS);
      }}
    />
    {/* Esc leads here, so that the next Tab goes on behind the editor instead of indenting. */}
    <span ref={after} tabIndex={-1} role="note" aria-label="Left the editor" />
    </>
  );
}
