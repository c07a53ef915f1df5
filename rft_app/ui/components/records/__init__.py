"""The records overlay, part by part."""

from rft_app.ui.components.records.overlay import records_overlay as records_overlay
