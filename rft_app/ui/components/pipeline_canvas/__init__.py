"""React Flow, wrapped: the seven steps as a map with notes beside the nodes."""

import reflex as rx

from rft_app.ui.state.canvas_node import CanvasNode

_JSX = rx.asset("pipeline_canvas.jsx", shared=True)
_CSS = rx.asset("pipeline_canvas.css", shared=True)


class PipelineCanvas(rx.NoSSRComponent):
    """The canvas; on phones it draws nothing, a list takes its place."""

    library = _JSX.importable_path
    tag = "PipelineCanvas"
    lib_dependencies: list[str] = ["@xyflow/react@12.12.1"]

    steps: rx.Var[list[CanvasNode]]
    on_step: rx.EventHandler[rx.event.passthrough_event_spec(str)]

    def add_imports(self) -> rx.ImportDict:
        """Bring the style sheet."""
        return {"": _CSS.importable_path}


pipeline_canvas = PipelineCanvas.create
