"""The upload: drop zone, progress, what was found in the file, its first rows, its faults."""

import reflex as rx
from reflex.style import Style

from rft_app.ui.components.badge import badge
from rft_app.ui.components.button import button, icon_button, text_button
from rft_app.ui.components.card import card
from rft_app.ui.components.field import field, select
from rft_app.ui.components.icon import icon
from rft_app.ui.components.notice import notice
from rft_app.ui.components.progress import progress_bar
from rft_app.ui.components.skeleton import skeleton_lines
from rft_app.ui.content import has_items
from rft_app.ui.state.create import UPLOAD_ID, CreateState
from rft_app.ui.state.upload_view import Column, Conversation, FaultLine, Line
from rft_app.ui.theme import CARD, CODE, LABEL, PAGE_TITLE, WITNESS

_TARGET_WORDS = {
    "input": ("Question", "What the model is given: text or messages. Needed."),
    "output": ("Recorded answer", "What a model answered, to be graded."),
    "reference": ("Reference", "The accepted answer."),
    "reward": ("Reward", "A recorded reward from 0 to 1."),
}
_EXAMPLES = (
    ("Chat messages", '{"messages": [{"role": "user", "content": "…"}, …], "tools": […]}'),
    ("Agent trajectories", '{"traj": [{"role": "user", …}, …], "reward": 1.0}'),
    ("Prompt and completion", '{"prompt": "…", "completion": "…"}'),
    ("Question and answer", '{"question": "…", "answer": "…"}'),
    ("Gateway calls", '{"request": {"messages": […]}, "response": {…}, "trace_id": "…"}'),
)


def drop_zone() -> rx.Component:
    """Takes one file, dropped or chosen."""
    return rx.upload(
        rx.el.div(
            rx.el.div(
                icon("upload", 20),
                class_name="w-11 h-11 rounded-[12px] flex items-center justify-center mx-auto mb-3"
                " text-accent-text bg-accent-soft shadow-[inset_0_0_0_1px_var(--accent-line)]",
            ),
            rx.el.p("Drop a file here, or choose one", class_name="text-title font-semibold"),
            rx.el.p(
                "JSONL or a JSON array, plain, gzip or zstd, up to ",
                CreateState.limit_words,
                ". It stays on this machine.",
                class_name="mt-1 text-small text-ink-3",
            ),
            class_name="text-center px-6 py-10",
        ),
        id=UPLOAD_ID,
        multiple=False,
        max_files=1,
        on_drop=CreateState.take_file(
            rx.upload_files_chunk(upload_id=UPLOAD_ID, on_upload_progress=CreateState.show_progress)
        ),
        drag_active_style=Style(
            {"border_color": "var(--accent-text)", "background": "var(--accent-soft)"}
        ),
        border="1px dashed var(--line-strong)",
        padding="0",
        text_align="center",
        class_name="block w-full rounded-card bg-inset cursor-pointer hover:bg-hover"
        " focus-visible:shadow-focus",
        custom_attrs={"aria-label": "Choose a file of traces", "role": "button"},
    )


def format_requirements() -> rx.Component:
    """What a file must look like, with the shapes that are known."""
    return card(
        rx.el.ul(
            rx.el.li("One JSON object per line, or one JSON array of objects."),
            rx.el.li(
                "Each object holds a conversation: ",
                rx.el.code("messages[]"),
                ", or one of the shapes below.",
            ),
            rx.el.li(
                "Optional: ",
                rx.el.code("tools[]"),
                ", ",
                rx.el.code("tool_choice"),
                ", ",
                rx.el.code("reward"),
                " from 0 to 1. All other fields are kept as metadata.",
            ),
            class_name="list-disc pl-4 grid gap-1 text-small text-ink-2 marker:text-ink-off",
        ),
        rx.el.details(
            rx.el.summary(
                "Format guide",
                class_name="mt-3 text-small text-accent-text font-medium cursor-pointer w-fit"
                " max-wide:min-h-9",
            ),
            rx.el.dl(
                *(
                    rx.el.div(
                        rx.el.dt(name, class_name=LABEL),
                        rx.el.dd(
                            rx.el.code(example, class_name="whitespace-pre"),
                            class_name=f"{CODE} mt-1 px-2.5 py-1.5 overflow-x-auto",
                        ),
                    )
                    for name, example in _EXAMPLES
                ),
                class_name="mt-2.5 grid gap-2.5",
            ),
            rx.el.p(
                "Rows of another shape work too: after the upload you say which column is what.",
                class_name="mt-2.5 text-small text-ink-3",
            ),
        ),
        title="Format requirements",
    )


def uploading() -> rx.Component:
    """The file on its way."""
    return rx.el.div(
        rx.el.div(
            icon("file-up", 16, "text-ink-3"),
            rx.el.span(
                rx.cond(CreateState.file_name != "", CreateState.file_name, "Uploading"),
                class_name="font-medium truncate",
            ),
            rx.el.span(CreateState.progress_words, class_name=f"{WITNESS} tabular-nums"),
            button("Cancel", size="sm", on_click=CreateState.cancel_upload, class_name="ml-auto"),
            class_name="flex items-center gap-2.5 mb-3",
        ),
        progress_bar(CreateState.percent, "Upload"),
        class_name=f"{CARD} p-3.5",
        role="status",
    )


def checking() -> rx.Component:
    """The file is here and its head is being read."""
    return rx.el.div(skeleton_lines("Reading the first rows"), class_name=CARD)


def refused() -> rx.Component:
    """The file could not be taken."""
    return notice(
        rx.cond(
            CreateState.file_name != "",
            f"{CreateState.file_name} cannot be imported.",
            "The file cannot be imported.",
        ),
        CreateState.upload_error,
        tone="bad",
        class_name="mb-3",
    )


def _count(value: rx.Var[str] | str, words: str, ink: str = "text-ink") -> rx.Component:
    return rx.el.span(
        rx.el.b(value, class_name=f"font-semibold tabular-nums {ink}"),
        f" {words}",
        class_name="whitespace-nowrap",
    )


def file_summary() -> rx.Component:
    """The file, its shape, and how many rows can be used."""
    view = CreateState.view
    return rx.el.div(
        rx.el.div(
            rx.cond(
                view.is_known,
                icon("file-check-2", 16, "text-accent-text"),
                icon("triangle-alert", 16, "text-warn"),
            ),
            rx.el.span(CreateState.file_name, class_name="font-medium truncate min-w-0"),
            badge(view.shape, tone=rx.cond(view.is_known, "accent", "warn")),
            icon_button(
                "x",
                "Remove this file",
                size="sm",
                on_click=CreateState.remove_file,
                class_name="ml-auto",
            ),
            class_name="flex items-center gap-2.5",
        ),
        rx.el.p(
            _count(view.num_parsed, "parsed"),
            _count(view.num_valid, "valid", "text-ok"),
            rx.cond(
                view.has_faults,
                _count(view.num_invalid, "invalid", "text-warn"),
                _count(view.num_invalid, "invalid"),
            ),
            rx.el.span(view.witness, class_name="text-ink-3"),
            class_name="mt-2 flex flex-wrap gap-x-4 gap-y-0.5 text-small text-ink-2",
        ),
        rx.cond(
            view.has_faults,
            rx.el.div(
                text_button(
                    rx.cond(CreateState.is_showing_faults, "Hide errors", "View errors"),
                    on_click=CreateState.toggle_faults,
                    class_name="text-small max-wide:min-h-9",
                    aria_expanded=CreateState.is_showing_faults,
                ),
                class_name="mt-1",
            ),
        ),
        class_name=f"{CARD} p-3.5",
    )


def _fault(fault: rx.vars.ObjectVar[FaultLine]) -> rx.Component:
    return rx.el.li(
        rx.el.span(fault.place, class_name="text-ink-3 tabular-nums whitespace-nowrap"),
        rx.el.div(
            badge(fault.code, tone="warn"),
            rx.el.span(fault.message, class_name="ml-2 text-ink-2"),
            rx.el.code(fault.excerpt, class_name="block mt-1 truncate text-ink-3"),
            class_name="min-w-0",
        ),
        class_name="grid grid-cols-[72px_minmax(0,1fr)] gap-2 px-3.5 py-2 border-b border-line"
        " last:border-b-0 text-small",
    )


def faults() -> rx.Component:
    """The bad lines of the head."""
    view = CreateState.view
    return card(
        rx.el.ul(rx.foreach(view.faults, _fault), class_name="max-h-[260px] overflow-auto"),
        rx.cond(
            view.faults_note != "",
            rx.el.p(view.faults_note, class_name=f"{WITNESS} px-3.5 py-2 border-t border-line"),
        ),
        title="Errors",
        witness="these rows are counted and shown, never trained on",
        body_class="",
    )


def _line(line: rx.vars.ObjectVar[Line]) -> rx.Component:
    ink = rx.match(
        line.role,
        ("user", "text-label leading-[18px] font-semibold text-info"),
        ("assistant", "text-label leading-[18px] font-semibold text-accent-text"),
        ("tool", "text-label leading-[18px] font-semibold text-gen"),
        "text-label leading-[18px] font-semibold text-ink-3",
    )
    return rx.el.li(
        rx.el.span(line.role, class_name=ink),
        rx.el.div(
            rx.el.p(line.text, class_name="line-clamp-2 [overflow-wrap:anywhere]"),
            rx.foreach(
                line.calls,
                lambda call: rx.el.code(
                    call, class_name="inline-block mr-1.5 px-1.5 rounded-badge bg-press text-ink-2"
                ),
            ),
            class_name="min-w-0 text-ink-2",
        ),
        class_name="grid grid-cols-[72px_minmax(0,1fr)] gap-2.5 py-1",
    )


def _conversation(row: rx.vars.ObjectVar[Conversation]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.b(row.title, class_name="font-medium"),
            rx.el.span(row.note, class_name="text-ink-3"),
            rx.cond(row.fault != "", badge(row.fault, tone="warn", class_name="truncate")),
            class_name="flex items-center gap-2.5 mb-1",
        ),
        rx.el.ol(rx.foreach(row.lines, _line)),
        rx.cond(
            row.reference != "",
            rx.el.div(
                rx.el.span("reference", class_name="text-label leading-[18px] font-semibold"),
                rx.el.p(row.reference, class_name="line-clamp-2 text-ink-2 min-w-0"),
                class_name="grid grid-cols-[72px_minmax(0,1fr)] gap-2.5 py-1 text-ink-3",
            ),
        ),
        rx.cond(row.more != "", rx.el.p(row.more, class_name="mt-0.5 pl-[82px] text-ink-3")),
        class_name="px-3.5 py-2.5 border-b border-line last:border-b-0 text-small",
    )


def preview() -> rx.Component:
    """The first rows as conversations."""
    return card(
        rx.el.ol(
            rx.foreach(CreateState.view.rows, _conversation),
            class_name="max-wide:max-h-[420px] max-wide:overflow-auto",
        ),
        title="Preview",
        witness="the first five readable rows",
        body_class="",
    )


def _target(target: str, words: str, hint: str) -> rx.Component:
    return field(
        words,
        select(
            rx.el.option("Not in this file", value=""),
            rx.foreach(
                CreateState.view.columns,
                lambda column: rx.el.option(column.name, value=column.name),
            ),
            id=f"map-{target}",
            value=CreateState.mapping[target],
            on_change=lambda column: CreateState.map_column(target, column),
        ),
        hint=hint,
        html_for=f"map-{target}",
    )


def _column(column: rx.vars.ObjectVar[Column]) -> rx.Component:
    return rx.fragment(
        rx.el.dt(rx.el.code(column.name), class_name="text-ink-2 truncate"),
        rx.el.dd(rx.el.code(column.example), class_name="text-ink-3 truncate min-w-0"),
    )


def mapping_editor() -> rx.Component:
    """Which column is what, with the effect shown in the preview below."""
    return card(
        rx.cond(
            CreateState.upload_error != "",
            notice("This mapping does not work.", CreateState.upload_error, tone="warn"),
        ),
        rx.el.div(
            *(_target(target, *words) for target, words in _TARGET_WORDS.items()),
            class_name="grid grid-cols-2 gap-x-4 gap-y-3 max-wide:grid-cols-1",
        ),
        rx.el.div(
            rx.el.h4("Columns of the first row", class_name=LABEL),
            rx.el.dl(
                rx.foreach(CreateState.view.columns, _column),
                class_name="mt-1.5 grid grid-cols-[minmax(0,auto)_minmax(0,1fr)] gap-x-4 gap-y-1"
                " text-small",
            ),
        ),
        title="Map the columns",
        witness="the preview follows",
        action=rx.cond(
            CreateState.view.is_readable,
            text_button("Done", on_click=CreateState.toggle_mapping, class_name="text-small"),
        ),
        body_class="p-3.5 grid gap-4",
    )


def looked_at() -> rx.Component:
    """Everything about a file that is here."""
    return rx.el.div(
        file_summary(),
        rx.cond(CreateState.is_showing_faults, faults()),
        rx.cond(CreateState.is_mapping, mapping_editor()),
        rx.cond(has_items(CreateState.view.rows), preview()),
        class_name="grid grid-cols-[minmax(0,1fr)] gap-3",
    )


def upload_panel() -> rx.Component:
    """The left side of the create page."""
    before = rx.el.div(
        drop_zone(), format_requirements(), class_name="grid grid-cols-[minmax(0,1fr)] gap-3"
    )
    return rx.el.section(
        rx.el.h2("Upload a file", class_name=PAGE_TITLE),
        rx.el.p(
            "Conversations your application had with a model, as a file. Import checks every row"
            " and says what is wrong with the bad ones.",
            class_name="mt-0.5 mb-4 text-ink-2 max-w-[560px]",
        ),
        rx.match(
            CreateState.stage,
            ("uploading", uploading()),
            ("checking", checking()),
            ("ready", looked_at()),
            ("failed", rx.fragment(refused(), before)),
            before,
        ),
        class_name="min-w-0",
    )
