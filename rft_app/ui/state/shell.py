"""State of the frame around every page: live facts of the navigation, and the palette."""

from dataclasses import dataclass

import reflex as rx

from rft_app.errors import RftError
from rft_app.services.activity import Activity, get_activity
from rft_app.services.datasets import count_all, list_names
from rft_app.storage.session import reading
from rft_app.ui.state.guard import off_loop
from rft_app.ui.state.live import changes
from rft_app.ui.state.process import PROCESS
from rft_app.ui.words import count


@dataclass(frozen=True)
class Command:
    """One line of the palette."""

    label: str
    hint: str
    href: str
    """Where it leads; `#theme` switches the theme."""


FIXED = (
    Command("New dataset", "create", "/optimization/new"),
    Command("All datasets", "go to", "/optimization"),
    Command("All traces", "go to", "/traces"),
    Command("Feedback on records", "go to", "/training?tab=feedback"),
    Command("Datasets for training", "go to", "/training?tab=datasets"),
    Command("Export a dataset", "go to", "/training?tab=export"),
    Command("Auto-Improve a dataset", "go to", "/training?tab=auto-improve"),
    Command("Switch between dark and light", "theme", "#theme"),
)


def _read_commands(search: str = "") -> list[Command]:
    with reading() as session:
        datasets = list_names(session, search)
    found = [Command(one.name, "open dataset", f"/optimization/{one.id}") for one in datasets]
    return [*FIXED, *found]


def describe_worker(activity: Activity) -> str:
    """What the foot of the navigation says of the workers.

    Example:
        >>> describe_worker(Activity(num_workers=0, num_running=0, num_queued=2))
        'off · 2 jobs wait'
    """
    waiting = f" · {count(activity.num_queued, 'job')} wait" if activity.num_queued else ""
    if not activity.num_workers:
        return "off" + waiting.replace("1 job wait", "1 job waits")
    if activity.num_running:
        return f"{count(activity.num_running, 'job')} running"
    return "idle"


def _read() -> tuple[Activity, int]:
    with reading() as session:
        return get_activity(session), count_all(session).num_datasets


class ShellState(rx.State):
    """What every page shows around its content."""

    num_datasets: int = 0
    worker: str = "unknown"
    is_worker_alive: bool = False
    is_loaded: bool = False
    is_palette_open: bool = False
    commands: list[Command] = []
    _watched_by: str = ""
    """The process that keeps it current."""

    @rx.event(background=True)
    async def follow(self) -> None:
        """Keep the navigation's facts current until the tab closes."""
        async with self:
            if self._watched_by == PROCESS:
                return
            self._watched_by = PROCESS
            token = self.router.session.client_token
        try:
            await self._refresh()
            async for _ in changes(token):
                await self._refresh()
        finally:
            async with self:
                self._watched_by = ""

    async def _refresh(self) -> None:
        try:
            activity, num_datasets = await off_loop(_read)
        except RftError:
            return
        async with self:
            self.worker = describe_worker(activity)
            self.is_worker_alive = activity.num_workers > 0
            self.num_datasets = num_datasets
            self.is_loaded = True

    @rx.event
    async def open_palette(self) -> None:
        """Show the list of commands."""
        try:
            self.commands = await off_loop(_read_commands)
        except RftError:
            self.commands = list(FIXED)
        self.is_palette_open = True

    @rx.event
    async def search_commands(self, text: str) -> None:
        """Bring the datasets that match what was typed, however old they are."""
        try:
            self.commands = await off_loop(lambda: _read_commands(text))
        except RftError:
            return  # those that are listed can still be chosen from

    @rx.event
    def close_palette(self) -> None:
        """Hide it."""
        self.is_palette_open = False
