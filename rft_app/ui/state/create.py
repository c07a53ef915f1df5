"""State of the create page: traces or a file, and the dataset they will become."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import reflex as rx
from sqlmodel import Session

from rft_app.domain.dataset import Dataset
from rft_app.domain.imports import FilePreview
from rft_app.domain.pattern import Pattern
from rft_app.domain.provider import DEMO_QUALITY
from rft_app.domain.scrubbing import ScrubPreview, ScrubRules
from rft_app.domain.trace_page import TraceCount
from rft_app.errors import RftError
from rft_app.services.creation import Upload, create_from_upload
from rft_app.services.file_pattern import analyze_file
from rft_app.services.models import ModelChoice, list_models
from rft_app.services.pattern import analyze_traces
from rft_app.services.scrub_preview import preview_file, preview_selection
from rft_app.services.suggestions import Suggestion, suggest_dataset
from rft_app.services.traces import count_selection, create_from_traces, find_last_key
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.guard import off_loop
from rft_app.ui.state.leaving import Leaving
from rft_app.ui.state.pattern_view import PatternView
from rft_app.ui.state.scrub_form import Look, ScrubForm
from rft_app.ui.state.trace_picker import After, TracePicker
from rft_app.ui.state.trace_wanted import WantedTraces
from rft_app.ui.state.upload import EMPTY, FAILED, READY, FileUpload
from rft_app.ui.state.upload_view import suggest_name

TRACES, UPLOAD = "traces", "upload"
NUM_PREVIEWED = 300
"""Traces or rows that a preview of what is replaced looks at."""
SETTLED_S = 0.5
"""How long a selection must stay as it is before it is analysed."""


class CreateState(FileUpload, TracePicker, ScrubForm, Leaving, rx.State):
    """One visitor's draft of a dataset."""

    upload_id = "dataset_file"

    tab: str = TRACES
    name: str = ""
    objective: str = ""
    mode: str = "last"
    is_creating: bool = False
    create_error: str = ""
    trace_pattern: PatternView = PatternView()
    file_pattern: PatternView = PatternView()
    is_analyzing: bool = False
    pattern_fault: str = ""
    num_last: str = ""
    """Records of the selection with one per trace."""
    num_every: str = ""
    """Records of the selection with one per answer."""
    model_name: str = ""
    """Who can be asked for a better name; empty where nobody can."""
    is_asking: bool = False
    asking_note: str = ""
    """What came of asking."""
    _patterns: dict[str, Pattern] = {}
    """By tab."""
    _suggested: dict[str, str] = {"name": "", "objective": ""}
    """What was filled in; what differs from it now was typed by a person."""
    _num_changes: int = 0
    """Of the selection; an analysis that is no longer the last one is dropped."""

    @rx.var
    def blocker(self) -> str:
        """Why the dataset cannot be created yet; empty when it can."""
        missing = self._trace_blocker() if self.tab == TRACES else self._file_blocker()
        checks = (
            (bool(missing), missing),
            (not self.name.strip(), "Give the dataset a name."),
            (not self.objective.strip(), "Say what the model should get better at."),
        )
        return next((words for applies, words in checks if applies), "")

    @rx.var
    def what_follows(self) -> str:
        """What the button does."""
        if self.tab == UPLOAD:
            return "Imports the file, then extracts its records. You can watch and cancel both."
        number = self.num_last if self.mode == "last" else self.num_every
        if not number or self.is_analyzing:
            return "Copies the traces, then extracts their records. They stay here."
        words = "1 record" if number == "1" else f"{number} records"
        return f"Copies the traces, then extracts {words}. They stay here."

    @rx.var
    def is_begun(self) -> bool:
        """Whether leaving would lose something: a file, chosen traces, words of one's own."""
        if self.is_creating:
            return False
        words = (self.name, self._suggested["name"]), (self.objective, self._suggested["objective"])
        is_typed = any(text not in {"", suggested} for text, suggested in words)
        is_chosen = self.num_selected > 0 or self.num_scrubbed > 0
        return is_typed or is_chosen or self.stage not in {EMPTY, FAILED}

    @rx.var
    def can_preview(self) -> bool:
        """Whether there is something to try on what is replaced."""
        return not (self._trace_blocker() if self.tab == TRACES else self._file_blocker())

    @rx.var
    def pattern(self) -> PatternView:
        """What the chosen source has in common."""
        return self.trace_pattern if self.tab == TRACES else self.file_pattern

    def _trace_blocker(self) -> str:
        if self.takes_all and self.trace_fault:
            return "The traces could not be listed."
        if self.takes_all and self.is_counting:
            return "Counting what matches."
        return "" if self.num_selected else "Select at least one trace."

    @rx.event
    async def begin(self) -> After:
        """Start with an empty page; an unfinished upload of an earlier visit is dropped.

        The address names the tab (`?source=upload`); without, it is the one that has something. It
        may name filters of the traces, too.
        """
        self._forget_file()
        self.reset()
        wanted = self.router.url.query_parameters.get("source", "")
        try:
            models = (await ask(list_models)).models
            self.model_name = _describe_model(models[0]) if models else ""
            is_stored = await ask(find_last_key) > 0
        except RftError:
            is_stored = True  # the list will say why
        self.tab = wanted if wanted in {TRACES, UPLOAD} else TRACES if is_stored else UPLOAD
        self.wanted = WantedTraces.of_query(self.router.url.query_parameters) or self.wanted
        return CreateState.refresh_traces

    @rx.event
    def show_tab(self, name: str) -> None:
        """Take the data from somewhere else; what was chosen there stays."""
        self.tab, self.create_error = name, ""
        self._forget_preview()

    @rx.event
    def set_name(self, text: str) -> None:
        """The dataset's name."""
        self.name, self.create_error = text, ""

    @rx.event
    def set_objective(self, text: str) -> None:
        """What the model should get better at."""
        self.objective, self.create_error = text, ""

    @rx.event
    def set_mode(self, mode: str) -> None:
        """Which answers become records."""
        self.mode = mode

    def _selection_changed(self) -> After:
        self._num_changes += 1
        self.create_error = self.pattern_fault = ""
        self._forget_preview()
        if not self.num_selected:
            self.trace_pattern, self.is_analyzing = PatternView(), False
            self.num_last = self.num_every = ""
            return None
        self.is_analyzing = True
        return CreateState.analyze_selection

    @rx.event(background=True)
    async def analyze_selection(self) -> None:
        """Find what the selected traces share, once the selection has come to rest."""
        async with self:
            number = self._num_changes
        await asyncio.sleep(SETTLED_S)
        async with self:
            if number != self._num_changes:
                return
            selection = self._selection()

        def read(session: Session) -> tuple[TraceCount, Pattern]:
            return count_selection(session, selection), analyze_traces(session, selection)

        found: tuple[TraceCount, Pattern] | None = None
        fault = ""
        try:
            found = await ask(read)
        except RftError as error:
            fault = error.message
        async with self:
            if number != self._num_changes:
                return
            self.is_analyzing, self.pattern_fault = False, fault
            if found is not None:
                self._show_found(*found)

    def _show_found(self, counted: TraceCount, pattern: Pattern) -> None:
        self.num_last, self.num_every = f"{counted.num_traces:,}", f"{counted.num_answers:,}"
        self.trace_pattern = PatternView.of(pattern, "trace")
        self._patterns[TRACES], self.asking_note = pattern, ""
        self._suggest(pattern.suggested_name, pattern.suggested_objective)

    @rx.event(background=True)
    async def ask_model(self) -> None:
        """Let the configured model suggest name and objective."""
        async with self:
            pattern = self._patterns.get(self.tab)
            if pattern is None or self.is_asking:
                return
            self.is_asking, self.asking_note = True, ""
        note, found = "", None
        try:
            found = await off_loop(lambda: suggest_dataset(pattern))
        except RftError as error:
            note = error.message
        async with self:
            self.is_asking = False
            if found is not None:
                typed = self.name not in {"", self._suggested["name"]}
                typed_more = self.objective not in {"", self._suggested["objective"]}
                note = _describe_suggestion(found, typed=typed, typed_more=typed_more)
                self._suggest(found.name, found.objective)
            self.asking_note = note

    def _suggest(self, name: str, objective: str) -> None:
        """Fill in what is empty or was filled in before; never what a person typed."""
        if name and self.name in {"", self._suggested["name"]}:
            self.name = name
        if objective and self.objective in {"", self._suggested["objective"]}:
            self.objective = objective
        self._suggested = {"name": name, "objective": objective}

    def _take_look(self, preview: FilePreview) -> None:
        self._suggest(suggest_name(preview.file_name), "")

    async def _look(self, *, is_new: bool) -> None:
        """Read the head of the file, then what its rows have in common."""
        await super()._look(is_new=is_new)
        async with self:
            if self.stage != READY:
                return
            self._forget_preview()
            path, name, mapping = self._path, self.file_name, self._mapping()
            self.is_analyzing, self.pattern_fault = True, ""
        found, fault = None, ""
        try:
            found = await off_loop(lambda: analyze_file(path, file_name=name, mapping=mapping))
        except RftError as error:
            fault = error.message
        async with self:
            self.is_analyzing, self.pattern_fault = False, fault
            if path != self._path:
                return
            self.file_pattern = PatternView.of(found, "row") if found else PatternView()
            self.asking_note = ""
            if found is not None:
                self._patterns[UPLOAD] = found
                self._suggest(suggest_name(name), found.suggested_objective)

    @rx.event
    async def create(self) -> Any:  # noqa: ANN401  # events
        """Create the dataset, start to fill it and go to the canvas, where that can be seen.

        The page stays as it is until it is left; the next visit begins with an empty one.
        """
        if self.blocker or self.is_creating:
            return
        rules = self._read_scrub()
        if rules is None:
            self.create_error = self._scrub_fault()
            return
        self.is_creating, self.create_error = True, ""
        yield
        try:
            dataset = await tell(self._order(rules))
        except RftError as error:
            self.is_creating, self.create_error = False, error.message
            return
        self._path = ""
        yield rx.redirect(f"/optimization/{dataset.id}")

    def _scrub_unit(self) -> str:
        return "row" if self.tab == UPLOAD else "trace"

    def _look_at(self, rules: ScrubRules) -> Look | None:
        if not self.can_preview:
            return None
        if self.tab == UPLOAD:
            path, name, mapping = self._path, self.file_name, self._mapping()
            return lambda _: preview_file(
                path, rules, file_name=name, mapping=mapping, num_rows=NUM_PREVIEWED
            )
        selection = self._selection()

        def look(session: Session) -> ScrubPreview:
            return preview_selection(session, rules, selection, NUM_PREVIEWED)

        return look

    def _order(self, rules: ScrubRules) -> Callable[[Session], Dataset]:
        extract = {"mode": self.mode}
        name, objective = self.name, self.objective
        if self.tab == UPLOAD:
            upload = Upload(
                path=Path(self._path),
                file_name=self.file_name,
                mapping=self._mapping(),
                scrub=rules,
            )
            return partial(
                create_from_upload, name=name, objective=objective, upload=upload, extract=extract
            )
        selection = self._selection()

        def copy(session: Session) -> Dataset:
            dataset, _ = create_from_traces(
                session,
                name=name,
                objective=objective,
                selection=selection,
                extract=extract,
                scrub=rules,
            )
            return dataset

        return copy


def _describe_suggestion(found: Suggestion, *, typed: bool, typed_more: bool) -> str:
    """What a suggestion did; where a person typed something, it is only shown."""
    kept = [found.name] if typed else []
    if typed_more:
        kept.append(found.objective)
    if not kept:
        return "Filled in below. You can change both."
    return f"Kept what you typed. The model suggests: {' – '.join(kept)}"


def _describe_model(model: ModelChoice) -> str:
    return f"{model.name} ({DEMO_QUALITY})" if model.is_demo else model.name
