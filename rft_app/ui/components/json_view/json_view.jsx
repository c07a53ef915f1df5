import React, { useMemo } from "react";

const TOKEN = /"(?:\\.|[^"\\])*"?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]|\s+|[^\s"{}[\],:]+/g;
const PUNCTUATION = "{}[],:";
const CLASSES = { key: "text-syn-key", text: "text-syn-str", value: "text-syn-num", mark: "text-syn-punc", rest: "" };

function kindOf(token, next) {
  if (token[0] === '"') return next === ":" ? "key" : "text";
  if (PUNCTUATION.includes(token)) return "mark";
  return /^(-?\d|true$|false$|null$)/.test(token) ? "value" : "rest";
}

function tokenize(text) {
  const tokens = text.match(TOKEN) ?? [];
  const solid = tokens.filter((token) => token.trim());
  let at = 0;
  return tokens.map((token) => {
    if (!token.trim()) return ["rest", token];
    at += 1;
    return [kindOf(token, solid[at]), token];
  });
}

// Indents by moving tokens only: no number is parsed, so none is rounded.
function layOut(tokens) {
  const lines = [[]];
  let depth = 0;
  const line = () => lines.push([["rest", "  ".repeat(depth)]]);
  const solid = tokens.filter(([, token]) => token.trim());
  solid.forEach(([kind, token], at) => {
    const closes = token === "}" || token === "]";
    const isEmpty = closes && "{[".includes(solid[at - 1]?.[1]);
    if (closes) {
      depth = Math.max(0, depth - 1);
      if (!isEmpty) line();
    }
    lines.at(-1).push([kind, token]);
    if (kind !== "mark" || closes) return;
    if (token === ":") lines.at(-1).push(["rest", " "]);
    else if (token === ",") line();
    else {
      depth += 1;
      if (!"}]".includes(solid[at + 1]?.[1])) line();
    }
  });
  return lines;
}

function cut(token, above) {
  if (!above || token.length <= above) return token;
  return `${token.slice(0, above)} … (${(token.length - above).toLocaleString("en")} more characters)`;
}

function Line({ number, tokens, above }) {
  return (
    <span className="flex pr-3 whitespace-pre-wrap [overflow-wrap:anywhere]">
      {number !== null && (
        <span className="w-[38px] pr-3 shrink-0 text-right text-ink-off select-none" aria-hidden="true">
          {number}
        </span>
      )}
      <span className="min-w-0">
        {tokens.map(([kind, token], at) => (
          <span key={at} className={CLASSES[kind]}>
            {cut(token, above)}
          </span>
        ))}
        {"\n"}
      </span>
    </span>
  );
}

// JSON rows with colours; `isPretty` indents, otherwise each row is exactly its bytes.
export function JsonView({ rows, isPretty, isNumbered, cutAbove, label, className }) {
  const shown = useMemo(
    () => (rows ?? []).map((row) => (isPretty ? layOut(tokenize(row)) : [tokenize(row)])),
    [rows, isPretty],
  );
  return (
    <pre className={className} aria-label={label} tabIndex={0}>
      {shown.map((lines, row) =>
        lines.map((tokens, at) => (
          <Line
            key={`${row}-${at}`}
            number={isNumbered ? (at ? "" : row + 1) : null}
            tokens={tokens}
            above={isPretty ? cutAbove : 0}
          />
        )),
      )}
    </pre>
  );
}
