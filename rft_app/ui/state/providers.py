"""State of `/settings`: the providers there are, a dialog that adds or changes one, tests."""

from dataclasses import replace
from typing import ClassVar

import reflex as rx

from rft_app.domain.provider import NewKey
from rft_app.errors import RftError
from rft_app.llm.probe import Probe
from rft_app.services import providers as use_cases
from rft_app.services.provider_drafts import PRESETS
from rft_app.storage.reply_cache import clear_cache, measure_cache
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.guard import off_loop
from rft_app.ui.state.provider_form import (
    KEEP,
    NO_KEY,
    PASTE,
    VARIABLE,
    ModelLine,
    ProviderForm,
    to_lines,
)
from rft_app.ui.state.provider_view import ProbeView, ProviderCard, describe_kept, view_test
from rft_app.ui.words import count

NUM_SHOWN = 30
"""Models of a provider's list that are offered at a time."""


class ProvidersState(rx.State):
    """One visitor's view of the providers."""

    num_shown: ClassVar[int] = NUM_SHOWN

    is_loaded: bool = False
    fault: str = ""
    cards: list[ProviderCard] = []
    has_kept: bool = False
    kept_words: str = ""
    """Replies that serve again."""
    testing: str = ""
    """The provider that is being tested."""
    test: ProbeView = ProbeView()

    is_open: bool = False
    is_new: bool = True
    has_stored_key: bool = False
    form: ProviderForm = ProviderForm()
    models: list[ModelLine] = []
    form_fault: str = ""
    fault_field: str = ""
    is_saving: bool = False
    is_asking: bool = False
    """Whether the provider of the dialog is being asked."""
    draft_test: ProbeView = ProbeView()
    listed: list[str] = []
    """Models that the provider of the dialog lists."""
    search: str = ""
    key_turn: int = 0
    """Makes the key's field anew, empty."""

    removing: str = ""
    consequence: str = ""

    _secret: str = ""
    """As it is typed; it never goes to the browser."""

    @rx.var
    def title(self) -> str:
        """Of the dialog."""
        return "Add a provider" if self.is_new else f"Change {self.form.name}"

    @rx.var
    def offered(self) -> list[str]:
        """Listed models that are not chosen yet and match the search, the first of them."""
        chosen = {model.name.strip() for model in self.models}
        wanted = self.search.strip().lower()
        found = [one for one in self.listed if one not in chosen and wanted in one.lower()]
        return found[:NUM_SHOWN]

    @rx.var
    def offered_words(self) -> str:
        """How many are listed and shown."""
        return f"{count(len(self.listed), 'model')} listed; choose those to be offered."

    @rx.event
    async def load(self) -> None:
        """Read all."""
        self._forget()
        self.test, self.removing = ProbeView(), ""
        await self._show()

    @rx.event
    def open_new(self) -> None:
        """Open the dialog for another provider."""
        self._forget()
        self.is_open, self.is_new, self.has_stored_key = True, True, False
        self.form, self.models = ProviderForm(), [ModelLine()]

    @rx.event
    async def open_one(self, name: str) -> None:
        """Open the dialog for one that is stored."""
        try:
            found = await ask(lambda session: use_cases.get_provider(session, name))
        except RftError as error:
            self.fault = error.message
            return
        self._forget()
        self.is_open, self.is_new = True, False
        self.form, self.models = ProviderForm.of(found), to_lines(found.provider) or [ModelLine()]
        self.has_stored_key = self.form.key_mode == KEEP

    @rx.event
    def close(self) -> None:
        """Close the dialog; what was typed is dropped."""
        self._forget()

    @rx.event
    def take_preset(self, name: str) -> None:
        """Fill in how a known provider is reached."""
        preset = next((one for one in PRESETS if one.name == name), None)
        if preset is None:
            return
        mode = VARIABLE if preset.key_variable and self.form.key_mode == VARIABLE else PASTE
        self.form = replace(
            self.form,
            name=preset.name if self.is_new else self.form.name,
            base_url=preset.base_url,
            key_variable=preset.key_variable,
            key_mode=mode if preset.key_variable else NO_KEY,
        )
        self.form_fault = self.fault_field = ""
        self.listed, self.draft_test = [], ProbeView()

    @rx.event
    def edit(self, field: str, text: str) -> None:
        """Type into a field."""
        self.form = self.form.change(field, text)
        self.form_fault = self.fault_field = ""

    @rx.event
    def keep_replies(self, keeps: bool) -> None:
        """Whether replies serve again."""
        self.form = replace(self.form, keeps_replies=keeps)

    @rx.event
    async def clear_cache(self) -> rx.event.EventSpec | None:
        """Delete all replies that would serve again."""
        try:
            await tell(clear_cache)
        except RftError as error:
            self.fault = error.message
            return None
        await self._show()
        return rx.toast.success("Kept replies deleted")

    @rx.event
    def choose_key(self, mode: str) -> None:
        """Where the key is from."""
        if mode in (PASTE, VARIABLE, NO_KEY) or (mode == KEEP and self.has_stored_key):
            self.form = replace(self.form, key_mode=mode)
            self._secret, self.key_turn = "", self.key_turn + 1
            self.form_fault = self.fault_field = ""

    @rx.event
    def type_key(self, text: str) -> None:
        """Paste or type the key."""
        self._secret, self.form_fault, self.fault_field = text, "", ""

    @rx.event
    def edit_model(self, index: int, field: str, text: str) -> None:
        """Type into a model's line."""
        if 0 <= index < len(self.models) and field in ("name", "given", "taken"):
            self.models[index] = replace(self.models[index], **{field: text})
            self.form_fault = self.fault_field = ""

    @rx.event
    def add_model(self, name: str) -> None:
        """Add a line, with a listed model or empty."""
        models = [model for model in self.models if model.name.strip() or not name]
        self.models = [*models, ModelLine(name=name)]

    @rx.event
    def drop_model(self, index: int) -> None:
        """Take a line out."""
        self.models = [model for place, model in enumerate(self.models) if place != index]

    @rx.event
    def search_for(self, text: str) -> None:
        """Narrow the listed models."""
        self.search = text

    @rx.event(background=True)
    async def try_draft(self, asks_model: bool) -> None:
        """Ask with what was typed: for the list of models, or the first model for a word."""
        async with self:
            if self.is_asking:
                return
            form, models, secret = self.form, list(self.models), self._secret
            self.is_asking, self.form_fault, self.fault_field = True, "", ""
            self.draft_test = ProbeView()
        try:
            found = await off_loop(lambda: _try(form, models, secret, asks_model=asks_model))
        except RftError as error:
            async with self:
                self.is_asking = False
                self._show_form_fault(error)
            return
        async with self:
            self.is_asking = False
            if self.is_open and self.form.base_url == form.base_url:
                self.listed = list(found.listed) or self.listed
                self.draft_test = view_test(form.name, found)
                if len(self.listed) == 1 and not self._num_named:
                    self.models = [ModelLine(name=self.listed[0])]

    @rx.event(background=True)
    async def try_one(self, name: str) -> None:
        """Ask one that is there: its list of models, and its first model for a word."""
        async with self:
            if self.testing:
                return
            self.testing, self.test = name, ProbeView()
            first = next((card.models for card in self.cards if card.name == name), [])
            model = first[0].name if first else None
        try:
            found = view_test(name, await off_loop(lambda: use_cases.try_provider(name, model)))
        except RftError as error:
            found = ProbeView(of=name, title="It was not asked.", words=error.message)
        async with self:
            self.testing, self.test = "", found

    @rx.event
    async def save(self) -> rx.event.EventSpec | None:
        """Store what was typed, and close."""
        form, secret, is_new = self.form, self._secret, self.is_new
        if self.listed and not self._num_named:
            self.form_fault = "No model is chosen: choose some of those that are listed."
            return None
        try:
            provider, key = form.to_provider(self.models), form.to_key(secret)
            if is_new:
                await tell(lambda s: use_cases.add_provider(s, provider, key or NewKey()))
            else:
                await tell(lambda s: use_cases.change_provider(s, provider, key))
        except RftError as error:
            self._show_form_fault(error)
            return None
        self._forget()
        self.test = ProbeView()
        await self._show()
        return rx.toast.success(f"{provider.name} {'added' if is_new else 'changed'}")

    @rx.event
    def ask_remove(self, name: str) -> None:
        """Ask before one is removed."""
        card = next((one for one in self.cards if one.name == name), None)
        if card is not None:
            self.removing = name
            self.consequence = (
                f"Judges ask it now for: {card.used_by}. They need another model then."
                if card.used_by
                else "No judge asks it now."
            )

    @rx.event
    def stop_asking(self) -> None:
        """Leave it."""
        self.removing = ""

    @rx.event
    async def remove(self) -> rx.event.EventSpec | None:
        """Forget it and its key."""
        name, self.removing = self.removing, ""
        try:
            await tell(lambda session: use_cases.remove_provider(session, name))
        except RftError as error:
            self.fault = error.message
            return None
        self.test = ProbeView()
        await self._show()
        return rx.toast.success(f"{name} removed")

    @property
    def _num_named(self) -> int:
        """Models that are chosen or typed."""
        return sum(bool(model.name.strip()) for model in self.models)

    async def _show(self) -> None:
        try:
            found = await ask(use_cases.list_providers)
            kept = await ask(measure_cache)
        except RftError as error:
            self.fault = error.message
            return
        self.cards, self.is_loaded, self.fault = list(map(ProviderCard.of, found)), True, ""
        self.has_kept, self.kept_words = kept.num_replies > 0, describe_kept(kept)

    def _show_form_fault(self, error: RftError) -> None:
        field = str(error.details.get("field", "")).partition(".")[0]
        self.form_fault, self.fault_field = error.message, field

    def _forget(self) -> None:
        self.is_open, self.form_fault, self.fault_field = False, "", ""
        self._secret, self.key_turn = "", self.key_turn + 1
        self.listed, self.search, self.draft_test = [], "", ProbeView()


def _try(form: ProviderForm, models: list[ModelLine], secret: str, *, asks_model: bool) -> Probe:
    provider = form.to_provider(models)
    first = provider.models[0].name if provider.models and asks_model else None
    return use_cases.try_draft(provider, form.to_key(secret), first)
