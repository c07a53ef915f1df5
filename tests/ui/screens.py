"""Every screen of the interface, in every look: for screenshots and for accessibility scans.

    python -m tests.ui.screens FOLDER    (`make screenshots`)

writes one picture per screen, size and theme, with data of the demo.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Literal

import httpx2
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    ViewportSize,
    sync_playwright,
)

from rft_app.domain.pipeline import StepName
from rft_app.ui.state.modal import DIALOGS, STEP_MODALS
from tests.browser import (
    CHROMIUM_FLAGS,
    LOADING,
    PHONE,
    ROOT,
    WIDE,
    Theme,
    find_chromium,
    new_visitor,
    serve,
    settle,
    visit,
)
from tests.ui.files import chat, create_dataset, write_lines

SIZES: dict[str, ViewportSize] = {"wide": WIDE, "phone": PHONE}
THEMES: tuple[Theme, ...] = ("dark", "light")


@dataclass(frozen=True)
class Screen:
    """One screen."""

    name: str
    path: str
    """With `{full}` and `{new}` for the ids of a finished dataset and of one just imported, and
    `{record}` for a record of the first, and `{trace}` for a trace."""
    clicks: tuple[str, ...] = ()
    """What is clicked in the dialog, one after the other: beginnings of names."""
    shows: str = ""
    """A selector of what the last click leads to."""
    is_live: bool = True
    """Whether the page may connect; without, it stays as it looks while it loads."""

    @property
    def is_dialog(self) -> bool:
        """Whether its address opens a dialog."""
        return re.search(r"[?&](step|records|dialog|trace|intake)=", self.path) is not None


TOPICS = "/optimization/{full}?step=topics"
RECORDS = "/optimization/{full}?records=all"
RECORD = f"{RECORDS}&record={{record}}"
EDITOR = ".cm-content"
"""What is loaded only where it is shown."""
PAGE = "^Select all records on this page"

SCREENS: tuple[Screen, ...] = (
    Screen("datasets", "/optimization"),
    Screen("datasets-loading", "/optimization", is_live=False),
    Screen("create", "/optimization/new"),
    Screen("traces", "/traces"),
    Screen("traces-loading", "/traces", is_live=False),
    Screen("trace", "/traces?trace={trace}"),
    Screen("intake", "/traces?intake=1", (), "text=Set up a sender"),
    Screen("canvas", "/optimization/{full}"),
    Screen("canvas-new", "/optimization/{new}"),
    Screen("canvas-loading", "/optimization/{full}", is_live=False),
    Screen("canvas-missing", "/optimization/ds_0000000000000000"),
    *(
        Screen(
            f"step-{step.value}{suffix}",
            f"/optimization/{dataset}?step={step}",
            shows=EDITOR if step is StepName.GRADER else "",
        )
        for dataset, suffix in (("{full}", ""), ("{new}", "-new"))
        for step in STEP_MODALS
    ),
    Screen("step-grader-judge", "/optimization/{full}?step=grader", ("^Judge$",), "text=Score in"),
    Screen("grader", "/optimization/{full}/grader", shows=EDITOR),
    Screen("grader-new", "/optimization/{new}/grader", shows=EDITOR),
    Screen("grader-loading", "/optimization/{full}/grader", is_live=False),
    Screen("topics-categorise", TOPICS, ("^Categorise records",), "text=Which records"),
    Screen("topics-suggest", TOPICS, ("^Suggest topics",), "text=Groups what users ask for"),
    Screen("topics-suggest-model", TOPICS, ("^Suggest topics", "^Model$"), "text=No model can be"),
    Screen("records", RECORDS),
    Screen("records-invalid", "/optimization/{full}?records=invalid"),
    Screen("records-none", "/optimization/{full}?records=tag:none"),
    Screen("records-selected", RECORDS, (PAGE,), "role=button[name=/^Tag/]"),
    Screen("records-tag", RECORDS, (PAGE, "^Tag…"), "role=dialog[name='Tag records']"),
    Screen("records-move", RECORDS, (PAGE, "^Move"), "role=dialog[name='Move to a topic']"),
    Screen("record", RECORD),
    Screen("record-edit", RECORD, ("^Edit",), "#edit-reference"),
    Screen("record-json", RECORD, ("^Edit", "^JSON"), EDITOR),
    *(Screen(name, f"/optimization/{{full}}?dialog={name}") for name in DIALOGS),
    Screen("training-feedback", "/training"),
    Screen("training-datasets", "/training?tab=datasets"),
    Screen("training-export", "/training?tab=export&dataset={full}"),
    Screen("training-auto-improve", "/training?tab=auto-improve"),
    Screen("training-loading", "/training", is_live=False),
    Screen("not-found", "/nowhere", is_live=False),
)


@contextmanager
def serve_demo(folder: Path) -> Generator[tuple[str, list[Screen]]]:
    """The app with the demo, five steps finished, and a small new dataset; and its screens."""
    run_rft(folder, "demo")
    with serve(folder) as url:
        full = httpx2.get(f"{url}/api/optimization/datasets").json()[0]["id"]
        run_rft(folder, "run", full, "--until", "dry_run")
        lines = write_lines(folder / "orders.jsonl", *map(chat, range(12)), b"{broken")
        new = create_dataset(url, lines, name="Order questions", objective="Say where it is")
        record = httpx2.get(f"{url}/api/optimization/datasets/{full}/records").json()[0]["id"]
        trace = httpx2.get(f"{url}/api/traces").json()["traces"][0]["id"]
        ids = {"full": full, "new": new, "record": record, "trace": trace}
        yield url, [replace(each, path=each.path.format(**ids)) for each in SCREENS]


def run_rft(folder: Path, *arguments: str) -> None:
    """Run a verb of the command line on this data directory."""
    environment = {**os.environ, "RFT_DATA_DIR": str(folder)}
    command = [sys.executable, "-m", "rft_app.cli", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@contextmanager
def open_browser(browser: Browser, url: str, size: str, theme: Theme) -> Generator[BrowserContext]:
    """A visitor with this size and theme who wants no animations and has said their name."""
    with new_visitor(browser, url, SIZES[size], theme, reduced_motion="reduce") as context:
        context.add_init_script(f"if (origin === '{url}') localStorage['rft-reviewer'] = 'Ann'")
        yield context


@contextmanager
def show(context: BrowserContext, url: str, screen: Screen) -> Generator[Page]:
    """Open a screen and wait until it shows what it has."""
    page = context.new_page()
    if screen.is_live:
        visit(page, url + screen.path)
        if screen.is_dialog:
            page.get_by_role("dialog").first.wait_for()
        settle(page)
        for name in screen.clicks:
            _click(page.get_by_role("dialog"), re.compile(name))
        if screen.shows:
            page.locator(screen.shows).first.wait_for()
            settle(page)
    else:
        page.route_web_socket("**/_event/**", lambda _socket: None)
        page.goto(url + screen.path)
        page.locator(f"{LOADING}, h1, h2").locator("visible=true").first.wait_for()
    yield page
    page.close()


def _click(dialog: Locator, name: re.Pattern[str]) -> None:
    roles: tuple[Literal["button", "checkbox", "radio"], ...] = ("button", "checkbox", "radio")
    first, *others = (dialog.get_by_role(role, name=name) for role in roles)
    for other in others:
        first = first.or_(other)
    first.locator("visible=true").first.click()


def looks() -> Iterator[tuple[str, Theme]]:
    """Every size with every theme."""
    yield from product(SIZES, THEMES)


def take_all(folder: Path) -> int:
    """Write every picture; returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    number = 0
    with (
        tempfile.TemporaryDirectory() as data,
        serve_demo(Path(data)) as (url, screens),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=list(CHROMIUM_FLAGS)
        )
        for size, theme in looks():
            with open_browser(browser, url, size, theme) as context:
                for screen in screens:
                    with show(context, url, screen) as page:
                        page.screenshot(path=folder / f"{screen.name}-{size}-{theme}.png")
                    number += 1
    return number


if __name__ == "__main__":
    sys.stdout.write(f"{take_all(Path(sys.argv[1]))} pictures in {sys.argv[1]}\n")
