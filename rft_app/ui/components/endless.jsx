import { useEffect, useLayoutEffect, useRef } from "react";

const EDGE = 900;

// A list of which the page holds a part: near an end it asks for what follows there, and what the
// visitor looks at stays where it is while rows come and go.  Rows carry `data-key`.
export function Endless({ part, hasMore, hasLess, onMore, onLess, className, children }) {
  const box = useRef(null);
  const seen = useRef({});
  const asked = useRef(false);

  const remember = () => {
    seen.current = {};
    if (box.current.scrollTop < 2 && !hasLess) return; // at the top of all, what is new shows
    const top = box.current.getBoundingClientRect().top;
    for (const row of box.current.querySelectorAll("[data-key]")) {
      const { top: rowTop, bottom } = row.getBoundingClientRect();
      if (bottom > top) {
        seen.current = { key: row.dataset.key, offset: rowTop - top };
        return;
      }
    }
  };
  const ask = () => {
    const { scrollTop, scrollHeight, clientHeight } = box.current;
    if (asked.current) return;
    const isLow = scrollHeight - scrollTop - clientHeight < EDGE;
    const wanted = hasMore && isLow ? onMore : hasLess && scrollTop < EDGE ? onLess : null;
    asked.current = Boolean(wanted);
    wanted?.();
  };
  useLayoutEffect(() => {
    asked.current = false;
    const { key, offset } = seen.current;
    const row = key && box.current.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (row) {
      const top = row.getBoundingClientRect().top - box.current.getBoundingClientRect().top;
      box.current.scrollTop += top - offset;
    } else {
      box.current.scrollTop = 0;
    }
    remember();
  }, [part]);
  useEffect(() => {
    const { current } = box;
    const onScroll = () => {
      remember();
      ask();
    };
    current.addEventListener("scroll", onScroll, { passive: true });
    return () => current.removeEventListener("scroll", onScroll);
  });
  return (
    <div ref={box} className={className} style={{ overflowAnchor: "none" }}>
      {children}
    </div>
  );
}
