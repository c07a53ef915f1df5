"""State of "Keys" in the intake panel: who may send, a new key, one key less."""

from collections.abc import Sequence
from dataclasses import dataclass

import reflex as rx

from rft_app.domain.intake_key import SETTING, IntakeKey
from rft_app.errors import RftError
from rft_app.services import intake_keys as use_cases
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.intake import IntakeState
from rft_app.ui.words import ago, count

_NOBODY = (
    "Everybody who reaches this server may send spans; calls through the gateway are taken from"
    " this machine only. Once there is a key, whoever holds none is refused."
)


@dataclass(frozen=True)
class KeyLine:
    """One key that is accepted."""

    id: str
    """Empty for a key of the settings."""
    name: str
    beginning: str
    about: str


class IntakeKeysState(rx.State):
    """One visitor's view of the keys."""

    is_loaded: bool = False
    fault: str = ""
    keys: list[KeyLine] = []
    who_may_send: str = ""
    name: str = ""
    """Of a key to be created, as it is typed."""
    created: str = ""
    """A key that was just created; it shows until the visitor has put it away."""
    created_name: str = ""
    revoking: KeyLine = KeyLine("", "", "", "")
    """The key that the visitor is asked about."""
    consequence: str = ""

    @rx.event
    async def load(self) -> None:
        """Read them, when the panel opens."""
        self.created, self.revoking, self.fault = "", KeyLine("", "", "", ""), ""
        try:
            self._show(await ask(use_cases.list_keys))
        except RftError as error:
            self.fault = error.message

    @rx.event
    def set_name(self, text: str) -> None:
        """Type a name."""
        self.name, self.fault = text, ""

    @rx.event
    async def create(self) -> rx.event.EventCallback[()] | None:
        """Create a key of that name, and show it."""
        name = self.name
        try:
            created, key = await tell(lambda session: use_cases.create_key(session, name))
            self._show(await ask(use_cases.list_keys))
        except RftError as error:
            self.fault = error.message
            return None
        self.created, self.created_name, self.name, self.fault = key, created.name, "", ""
        return IntakeState.reload

    @rx.event
    def put_away(self) -> None:
        """The visitor has the new key."""
        self.created = ""

    @rx.event
    def ask_revoke(self, key_id: str) -> None:
        """Ask before a key is revoked."""
        self.revoking = next(key for key in self.keys if key.id == key_id)
        others = len(self.keys) - 1
        self.consequence = (
            f"{count(others, 'other key')} {'goes' if others == 1 else 'go'} on to be accepted."
            if others
            else f"It is the last key. {_NOBODY}"
        )

    @rx.event
    def stop_asking(self) -> None:
        """Leave the key as it is."""
        self.revoking = KeyLine("", "", "", "")

    @rx.event
    async def revoke(self) -> list[rx.event.EventSpec | rx.event.EventCallback[()]] | None:
        """Refuse the key from now on."""
        key = self.revoking
        self.stop_asking()
        try:
            await tell(lambda session: use_cases.revoke_key(session, key.id))
            self._show(await ask(use_cases.list_keys))
        except RftError as error:
            self.fault = error.message
            return None
        self.created = ""
        return [rx.toast.success(f"Key {key.name} revoked"), IntakeState.reload]

    def _show(self, found: Sequence[IntakeKey]) -> None:
        active = [key for key in found if key.is_active]
        self.keys = [view_key(key) for key in active]
        self.who_may_send = "" if active else _NOBODY
        self.is_loaded = True


def view_key(key: IntakeKey) -> KeyLine:
    """A key as the panel shows it.

    Example:
        >>> view_key(IntakeKey(name="RFT_OTLP_KEYS")).about
        'set when the server was started; take it out there to revoke it'
    """
    if key.id is None or key.created_at is None:
        about = "set when the server was started; take it out there to revoke it"
        return KeyLine("", SETTING, "", about)
    used = "never used" if key.last_used_at is None else f"used {ago(key.last_used_at)}"
    about = f"created {ago(key.created_at)} · {used}"
    return KeyLine(key.id, key.name, f"{key.beginning}…", about)
