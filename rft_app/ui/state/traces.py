"""State of the page of all traces: the list as it grows, and the trace that is open."""

from typing import ClassVar

import msgspec
import reflex as rx

from rft_app.errors import RftError
from rft_app.services import traces as use_cases
from rft_app.services.trace_detail import get_trace
from rft_app.ui.state.asking import ask
from rft_app.ui.state.live_page import LivePage
from rft_app.ui.state.trace_list import TraceList
from rft_app.ui.state.trace_view import TraceView, view_trace

ROUTE = "/traces"


class TracesState(TraceList, LivePage, rx.State):
    """One visitor's view of the page."""

    refresh_s: ClassVar[float] = 5.0
    """Traces that arrive are no change that pages are told of."""

    open_id: str = ""
    """The trace that the address names; empty without one."""
    trace: TraceView = TraceView()
    open_fault: str = ""
    part: str = "conversation"
    """Which part of the open trace shows."""
    open_span: str = ""
    span_rows: list[str] = []
    """Attributes of the open span, as JSON."""
    _attributes: dict[str, str] = {}
    """Of each span, as JSON."""

    @rx.var
    def dataset_address(self) -> str:
        """The page that makes a dataset of what the filters let through."""
        query = self.wanted.to_query()
        return f"/optimization/new?source=traces{query and f'&{query}'}"

    @rx.event
    async def follow_address(self) -> None:
        """Open the trace that the address names."""
        wanted = self.router.url.query_parameters.get("trace", "")
        if wanted == self.open_id and wanted == self.trace.id:
            return
        self.open_id, self.open_fault, self.trace = wanted, "", TraceView()
        self.part, self.open_span, self.span_rows, self._attributes = "conversation", "", [], {}
        if wanted:
            await self._read_trace()

    @rx.event
    async def read_again(self) -> None:
        """Read the open trace, after that failed."""
        await self._read_trace()

    @rx.event
    def open_trace(self, trace_id: str) -> rx.event.EventSpec:
        """Show one trace in full: the address leads to it."""
        return rx.redirect(f"{ROUTE}?trace={trace_id}")

    @rx.event
    def close_trace(self) -> rx.event.EventSpec:
        """Back to the list."""
        self.open_id = ""
        return rx.redirect(ROUTE)

    @rx.event
    def show_part(self, name: str) -> None:
        """Show another part of the open trace."""
        self.part = name

    @rx.event
    def toggle_span(self, span_id: str) -> None:
        """Show what a span says, or close it."""
        self.open_span = "" if span_id == self.open_span else span_id
        self.span_rows = [self._attributes[self.open_span]] if self.open_span else []

    async def _read_trace(self) -> None:
        wanted = self.open_id
        try:
            detail = await ask(lambda session: get_trace(session, wanted))
        except RftError as error:
            self.open_fault = error.message
            return
        self.open_fault = ""
        self._attributes = {
            span.id: msgspec.json.encode(span.attributes).decode() for span in detail.spans
        }
        self.trace = view_trace(detail)

    async def _refresh(self) -> None:
        if await self._has_grown():
            await self._look_through(is_anew=True, is_in_place=True)
            return
        async with self:
            if not self.is_counting:  # "5 min ago" becomes "6 min ago"
                await self._turn_to(self._cursors)

    async def _has_grown(self) -> bool:
        """Whether traces came since they were counted, or that failed: counting takes longest."""
        if self.is_listing or self.trace_fault:
            return True
        try:
            return await ask(use_cases.find_last_key) != self._last_key
        except RftError:
            return True  # counting will say why
