"""The left side of the create page: a file, at whatever stage it is."""

import reflex as rx

from rft_app.ui.components.upload_preview import looked_at
from rft_app.ui.components.upload_zone import (
    checking,
    drop_zone,
    format_requirements,
    refused,
    uploading,
)
from rft_app.ui.state.create import CreateState
from rft_app.ui.state.upload import FileUpload


def upload_stages(state: type[FileUpload]) -> rx.Component:
    """The drop zone, the file on its way, or what was found in it."""
    before = rx.el.div(
        drop_zone(state), format_requirements(), class_name="grid grid-cols-[minmax(0,1fr)] gap-3"
    )
    return rx.el.div(
        rx.match(
            state.stage,
            ("uploading", uploading(state)),
            ("checking", checking()),
            ("ready", looked_at(state)),
            ("failed", rx.fragment(refused(state), before)),
            before,
        )
    )


def upload_panel() -> rx.Component:
    """The left side of the create page."""
    return rx.el.section(
        rx.el.p(
            "Conversations your application had with a model, as a file. Import checks every row"
            " and says what is wrong with the bad ones.",
            class_name="mb-4 text-ink-2 max-w-[560px]",
        ),
        upload_stages(CreateState),
        class_name="min-w-0",
    )
