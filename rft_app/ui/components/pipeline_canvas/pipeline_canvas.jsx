import React, { memo, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { Background, BaseEdge, Controls, EdgeLabelRenderer, Handle, Position, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { CircleCheck, CircleDashed, CircleDot, CirclePlay, LoaderCircle, OctagonX, TriangleAlert } from "lucide-react";
import "@xyflow/react/dist/style.css";

const WIDTH = 360;
const HEIGHT = 84;
const GAP = 24;
const LOOP = 116;
const ROOMY = 860;
const MARGIN = 24;
const TALL = 7 * HEIGHT + 6 * GAP;

// What there is to see, and as far as the map can be moved: the nodes, the loop at the left and, where there is room
// for them, the notes at the right, which need more than the loop.
function extentOf({ clientWidth }) {
  const side = LOOP + 2 * MARGIN;
  const notes = clientWidth > ROOMY ? 112 : 0;
  return [[-side, -MARGIN], [WIDTH + side + notes, TALL + MARGIN]];
}

// The whole loop, never larger than life.
function fitIn(box) {
  const { clientWidth, clientHeight } = box;
  const [[left], [right]] = extentOf(box);
  const zoom = Math.max(0.5, Math.min(1, (clientHeight - 2 * MARGIN) / TALL, (clientWidth - 32) / WIDTH));
  return { x: (clientWidth - (left + right) * zoom) / 2, y: Math.max(MARGIN, (clientHeight - TALL * zoom) / 2), zoom };
}
const PHONE = window.matchMedia("(max-width: 720px)");
const GLYPHS = {
  waiting: CircleDashed, ready: CircleDot, processing: LoaderCircle, active: CirclePlay, complete: CircleCheck,
  configured: CircleCheck, passed: CircleCheck, attention: TriangleAlert, failed: OctagonX,
};
const HAS_RESULT = new Set(["complete", "configured", "passed", "attention", "failed", "active"]);

const StepNode = memo(({ data }) => {
  const { step, onStep } = data;
  const Glyph = GLYPHS[step.status] ?? CircleDashed;
  return (
    <div className="rft-node-box">
      <Handle type="target" position={Position.Top} isConnectable={false} />
      {step.is_next && <span className="rft-next" aria-hidden="true">Next</span>}
      <button
        type="button"
        data-item=""
        data-step={step.id}
        data-status={step.status}
        className={`rft-node nopan is-${step.status}${step.is_next ? " is-next" : ""}`}
        aria-disabled={!step.is_open}
        onClick={() => step.is_open && onStep?.(step.id)}
      >
        <span className="rft-node-head">
          <span className="sr-only">Step </span>
          <span className="rft-node-number">{step.number}</span>
          <span className="rft-node-names">
            <span className="rft-node-title">{step.title}</span>
            <span className="rft-node-category">{step.category}</span>
          </span>
        </span>
        <span className="rft-node-foot">
          <span className="rft-cut" title={step.summary}>
            {step.lead}
            {step.alert && <b className="rft-alert"><TriangleAlert size={12} strokeWidth={2} aria-hidden="true" /> {step.alert}</b>}
          </span>
          <span className="rft-node-status">
            {step.status_label}
            <Glyph size={14} strokeWidth={1.75} aria-hidden="true" className={step.status === "processing" ? "animate-spin" : ""} />
          </span>
        </span>
      </button>
      <div className="rft-notes nopan">
        {step.notes.map((note, index) => (
          <span key={index} title={note}>{note}</span>
        ))}
      </div>
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </div>
  );
});
StepNode.displayName = "StepNode";

// From the last node round the left side back to the first: answers return as traces.
function LoopEdge({ sourceX, sourceY, targetX, targetY }) {
  const left = targetX - WIDTH / 2;
  const [from, to, out, r] = [sourceY - HEIGHT / 2, targetY + 66, left - LOOP, 12];
  const path = `M${left},${from} H${out + r} Q${out},${from} ${out},${from - r} V${to + r} Q${out},${to} ${out + r},${to} H${left - 5}`;
  return (
    <>
      <BaseEdge path={path} className="rft-loop" interactionWidth={0} />
      <path className="rft-loop-tip" d={`M${left - 11},${to - 5} l6,5 l-6,5`} />
      <EdgeLabelRenderer>
        <span className="rft-loop-words" style={{ transform: `translate(-50%,-50%) translate(${out - 12}px,${(from + to) / 2}px) rotate(180deg)` }}>
          deployed answers return as traces
        </span>
      </EdgeLabelRenderer>
    </>
  );
}

const nodeTypes = { step: StepNode };
const edgeTypes = { loop: LoopEdge };

// The way on from a step moves while that step works.
function edgeBetween(before, after) {
  const isBusy = before.status === "processing";
  const look = isBusy ? "is-busy" : after.is_next ? "to-next" : HAS_RESULT.has(before.status) && HAS_RESULT.has(after.status) ? "is-done" : "";
  return {
    id: `${before.id}-${after.id}`, source: before.id, target: after.id, type: "straight",
    animated: isBusy, className: `rft-edge ${look}`, focusable: false, selectable: false,
  };
}

function Map({ steps, onStep }) {
  const box = useRef(null);
  const { setViewport } = useReactFlow();
  const [extent, setExtent] = useState(() => extentOf({ clientWidth: window.innerWidth }));
  const nodes = useMemo(
    () =>
      steps.map((step, index) => ({
        id: step.id, type: "step", position: { x: 0, y: index * (HEIGHT + GAP) }, width: WIDTH, height: HEIGHT,
        draggable: false, selectable: false, focusable: false, data: { step, onStep },
      })),
    [steps, onStep],
  );
  const edges = useMemo(() => {
    const down = steps.slice(1).map((step, index) => edgeBetween(steps[index], step));
    const loop = { id: "loop", source: "deploy", target: "extract", type: "loop", focusable: false, selectable: false };
    return steps.length ? [...down, loop] : down;
  }, [steps]);
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      if (!box.current) return; // the page is being left
      setExtent(extentOf(box.current));
      setViewport(fitIn(box.current));
    });
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [setViewport]);
  return (
    <div ref={box} className="rft-canvas">
      <ReactFlow
        nodes={nodes} edges={edges} nodeTypes={nodeTypes} edgeTypes={edgeTypes}
        minZoom={0.5} maxZoom={1.5} translateExtent={extent}
        nodesConnectable={false} nodesFocusable={false} edgesFocusable={false} deleteKeyCode={null}
        panOnScroll zoomOnScroll={false} zoomOnDoubleClick={false}
        proOptions={{ hideAttribution: true }} aria-label="The seven steps"
      >
        <Background gap={20} size={1.2} color="var(--canvas-dot)" />
        <Controls showInteractive={false} orientation="horizontal" onFitView={() => setViewport(fitIn(box.current))} />
      </ReactFlow>
    </div>
  );
}

const onPhoneChange = (listener) => {
  PHONE.addEventListener("change", listener);
  return () => PHONE.removeEventListener("change", listener);
};

export function PipelineCanvas({ steps, onStep }) {
  const isPhone = useSyncExternalStore(onPhoneChange, () => PHONE.matches);
  if (isPhone) return null;
  return (
    <ReactFlowProvider>
      <Map steps={steps ?? []} onStep={onStep} />
    </ReactFlowProvider>
  );
}
