"""The format guide: every row shape with a line of it."""

import reflex as rx

from rft_app.traces import SHAPES
from rft_app.traces.guide import GUIDE, ShapeGuide
from rft_app.ui.components.button import text_button
from rft_app.ui.components.marked import marked
from rft_app.ui.components.modal import modal_body, modal_frame, modal_header
from rft_app.ui.theme import CODE


class FormatGuideState(rx.State):
    """Whether the guide is open."""

    is_open: bool = False

    @rx.event
    def open_guide(self) -> None:
        """Show it."""
        self.is_open = True

    @rx.event
    def close_guide(self) -> None:
        """Hide it."""
        self.is_open = False


def format_guide_button() -> rx.Component:
    """Opens the guide, which comes along."""
    return rx.fragment(
        text_button(
            "View Format Guide",
            on_click=FormatGuideState.open_guide,
            class_name="mt-3 text-small max-wide:min-h-9",
        ),
        modal_frame(
            modal_header("Format guide", on_close=FormatGuideState.close_guide),
            modal_body(
                rx.el.p(
                    "One JSON object per line, or one JSON array of objects; plain, gzip or zstd,"
                    " in UTF-8. The shape of a row is found from its content, and shapes may be"
                    " mixed. A row of another shape is no loss: after the upload you say which"
                    " column is what.",
                    class_name="text-ink-2 max-w-[720px]",
                ),
                *(_shape(guide) for guide in GUIDE),
                rx.el.p(
                    marked(
                        "Fields without a place of their own are kept as metadata. A number from 0"
                        " to 1 in `reward` or `feedback` is the recorded reward. Rows with the same"
                        " `trace_id`, `session_id` or `conversation_id` never straddle train and"
                        " test."
                    ),
                    class_name="text-small text-ink-3 max-w-[720px]",
                ),
                class_name="p-5 max-wide:p-4 grid grid-cols-[minmax(0,1fr)] gap-5 content-start",
            ),
            is_open=FormatGuideState.is_open,
            on_close=FormatGuideState.close_guide,
            title="Format guide",
        ),
    )


def _shape(guide: ShapeGuide) -> rx.Component:
    return rx.el.section(
        rx.el.h3(SHAPES.get(guide.shape).label, class_name="font-semibold"),
        rx.el.p(
            marked(f"A row has {guide.fields}. The answer: {guide.answer}."),
            class_name="mt-0.5 text-small text-ink-2",
        ),
        rx.el.pre(
            rx.el.code(
                guide.example.decode(), class_name="whitespace-pre-wrap [overflow-wrap:anywhere]"
            ),
            class_name=f"{CODE} mt-1.5 px-2.5 py-1.5",
        ),
    )
