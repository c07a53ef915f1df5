"""State of the playground: one prompt, two models, both answers as they grow."""

import asyncio
from typing import Any, Final, NamedTuple

import reflex as rx
from pydantic import ValidationError
from sqlmodel import Session

from rft_app.domain.record import RecordId
from rft_app.errors import InvalidInputError, NotFoundError, RftError
from rft_app.llm.catalogue import Catalogue
from rft_app.services.answering import Answering, answer_all
from rft_app.services.datasets import get_dataset
from rft_app.services.graders import current_grader
from rft_app.services.models import list_models
from rft_app.services.playground import (
    Prompt,
    RecordPrompt,
    Sampled,
    choose_models,
    find_grading_obstacle,
    make_question,
    take_record,
    tell_sameness,
)
from rft_app.storage.catalogue import read_catalogue
from rft_app.ui.state.asking import ask, dataset_id_in
from rft_app.ui.state.generation_view import ModelOption
from rft_app.ui.state.live import is_tab_open
from rft_app.ui.state.playground_view import SideView
from rft_app.ui.words import count

SHOWN_EVERY_S: Final = 0.1
"""Between two looks at what came: often enough to read along."""


class PlaygroundState(rx.State):
    """One visitor's prompt and what two models say to it."""

    dataset_id: str = ""
    dataset_name: str = ""
    is_loaded: bool = False
    is_missing: bool = False
    error: str = ""
    models: list[ModelOption] = []
    how_to: str = ""
    first_model: str = ""
    second_model: str = ""
    system: str = ""
    user: str = ""
    form_key: str = "prompt-0"
    """Makes the fields new ones when a record fills them."""
    record_id: str = ""
    """Of the record that the prompt was taken from."""
    record_words: str = ""
    reference: str = ""
    grading_note: str = ""
    """Why answers are not graded; empty where they are."""
    same_note: str = ""
    """That both sides were one model; empty where they were not."""
    is_running: bool = False
    fault: str = ""
    first: SideView = SideView()
    second: SideView = SideView()

    _taken: str = ""
    """The record's prompt as JSON, which graders need as it is; empty for one's own."""
    _num_taken: int = 0
    _turn: int = 0
    """Counts what was asked; what belongs to an earlier question shows no more."""
    _is_stopped: bool = False

    @rx.event
    async def arrive(self) -> None:
        """Read what there is to choose from; the page's `on_load`."""
        dataset_id = dataset_id_in(self.router.url.path)
        wanted = dict(self.router.url.query_parameters)
        if dataset_id != self.dataset_id:
            turn = self._turn + 1
            self.reset()
            self._turn, self.dataset_id = turn, dataset_id
        try:
            found = await ask(lambda session: _Arrived.read(session, dataset_id, wanted))
        except RftError as error:
            self.is_missing = isinstance(error, NotFoundError)
            self.error, self.is_loaded = error.message, True
            return
        self.is_loaded, self.is_missing, self.error = True, False, ""
        self.dataset_name, self.grading_note = found.dataset_name, found.grading_note
        self.models, self.how_to = found.models, found.how_to
        self.fault = found.fault
        names = [model.name for model in found.models]
        if wanted or not {self.first_model, self.second_model} <= {*names}:
            self.first_model, self.second_model = found.first, found.second

    @rx.event
    def choose_first(self, name: str) -> None:
        """Ask another model on the left."""
        self.first_model, self.first = name, SideView()

    @rx.event
    def choose_second(self, name: str) -> None:
        """Ask another model on the right."""
        self.second_model, self.second = name, SideView()

    @rx.event
    async def take(self) -> None:
        """Fill the form with the prompt of a record."""
        dataset_id = self.dataset_id
        last = RecordId(self.record_id) if self.record_id else None
        self.fault = ""
        try:
            found = await ask(lambda session: take_record(session, dataset_id, last))
        except RftError as error:
            self.fault = error.message
            return
        self._taken, self._num_taken = found.model_dump_json(), self._num_taken + 1
        self.form_key = f"prompt-{self._num_taken}"
        self.system, self.user = found.prompt.system, found.prompt.user
        self.record_id, self.reference = found.record_id, found.reference or ""
        self.record_words = _describe_record(found)
        self.first = self.second = SideView()

    @rx.event
    def stop(self) -> None:
        """Wait no longer; what came stays."""
        self._is_stopped = True

    @rx.event(background=True)
    async def submit(self, form: dict[str, Any]) -> None:
        """Ask both models what the form says."""
        async with self:
            if self.is_running:
                return
            self.fault, token = "", self.router.session.client_token
            self.system, self.user = str(form.get("system", "")), str(form.get("user", ""))
            wanted = self._make_prompt()
            names, dataset_id = (self.first_model, self.second_model), self.dataset_id
            self.is_running, self._is_stopped, self._turn = True, False, self._turn + 1
            turn = self._turn
        try:
            how = _read_sampled(form)
            sides = await ask(lambda session: _make_sides(session, dataset_id, names, wanted, how))
            async with self:
                self.same_note = tell_sameness([side.question for side in sides])
            await self._follow(sides, turn, token)
        except RftError as error:
            async with self:
                self.fault = error.message
        finally:
            async with self:
                self.is_running = self.is_running and self._turn != turn

    def _make_prompt(self) -> Prompt:
        """The record's prompt where nothing was changed in it; else one's own between its turns."""
        if not self._taken:
            return Prompt(system=self.system, user=self.user)
        taken = RecordPrompt.model_validate_json(self._taken).prompt
        was, now = (taken.system, taken.user), (self.system, self.user)
        if [*map(_plain, was)] == [*map(_plain, now)]:
            return taken
        self.reference = ""
        return taken.model_copy(update={"system": self.system, "user": self.user, "item": {}})

    async def _follow(self, sides: list[Answering], turn: int, token: str) -> None:
        work = asyncio.create_task(answer_all(sides))
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=SHOWN_EVERY_S)
                async with self:
                    self._show(sides, turn)
                    is_wanted = self._turn == turn and not self._is_stopped
                if not is_wanted or not is_tab_open(token):
                    break
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            async with self:
                self._show(sides, turn)
        if not work.cancelled():
            work.result()

    def _show(self, sides: list[Answering], turn: int) -> None:
        if self._turn == turn:
            self.first, self.second = map(SideView.of, sides)


class _Arrived(NamedTuple):
    """What the page begins with."""

    dataset_name: str
    models: list[ModelOption]
    how_to: str
    first: str
    second: str
    grading_note: str
    fault: str

    @classmethod
    def read(cls, session: Session, dataset_id: str, wanted: dict[str, str]) -> "_Arrived":
        dataset = get_dataset(session, dataset_id)
        found, catalogue = list_models(session), read_catalogue(session)
        usual = choose_models(session, dataset_id, catalogue)
        first, fault = _choose(catalogue, wanted.get("first"), usual.first)
        second, other = _choose(catalogue, wanted.get("second"), usual.second)
        note = find_grading_obstacle(current_grader(session, dataset_id))
        options = list(map(ModelOption.of, found.models))
        return cls(dataset.name, options, found.how_to, first, second, note, fault or other)


def _choose(catalogue: Catalogue, name: str | None, usual: str) -> tuple[str, str]:
    """The model that an address names as the list has it, and why it is another."""
    try:
        return (catalogue.name_of(catalogue.choose(name)) if name else usual), ""
    except RftError as error:
        return usual, error.message


def _make_sides(
    session: Session, dataset_id: str, names: tuple[str, str], prompt: Prompt, how: Sampled
) -> list[Answering]:
    catalogue = read_catalogue(session)
    questions = [make_question(catalogue, name, prompt, how) for name in names]
    return [Answering(dataset_id, question, prompt) for question in questions]


def _read_sampled(form: dict[str, Any]) -> Sampled:
    """How to answer.

    Raises:
        InvalidInputError: A field holds no number, or one that cannot be.
    """
    fields = {
        "temperature": "The temperature is 0 to 2.",
        "max_tokens": "Ask for 1 to 4,096 tokens.",
    }
    values = {name: str(form.get(name, "")).strip() for name in fields}
    try:
        return Sampled.model_validate({name: value for name, value in values.items() if value})
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        raise InvalidInputError(fields[field], field=field) from error


def _plain(text: str) -> str:
    """Without what browsers make of line ends."""
    return text.replace("\r\n", "\n").strip()


def _describe_record(found: RecordPrompt) -> str:
    parts = ["held out" if found.is_held_out else ""]
    num_before = len(found.prompt.before)
    parts.append(f"{count(num_before, 'earlier turn')} sent, too" if num_before else "")
    parts.append(count(len(found.prompt.tools), "tool") if found.prompt.tools else "")
    return " · ".join(filter(None, parts))
