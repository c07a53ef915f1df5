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

from rft_app.ui.state.modal import DIALOGS, STEP_MODALS
from tests.browser import (
    CHROMIUM_FLAGS,
    PHONE,
    ROOT,
    WIDE,
    Theme,
    find_chromium,
    new_visitor,
    serve,
    visit,
)
from tests.ui.files import chat, create_dataset, write_lines

SIZES: dict[str, ViewportSize] = {"wide": WIDE, "phone": PHONE}
SETTLE_MS = 600
THEMES: tuple[Theme, ...] = ("dark", "light")


@dataclass(frozen=True)
class Screen:
    """One screen."""

    name: str
    path: str
    """With `{full}` and `{new}` for the ids of a finished dataset and of one just imported, and
    `{record}` for a record of the first, and `{trace}` for a trace."""
    is_live: bool = True
    """Whether the page may connect; without, it stays as it looks while it loads."""
    clicks: tuple[str, ...] = ()
    """What is clicked in the dialog, one after the other: beginnings of names."""


TOPICS = "/optimization/{full}?step=topics"
RECORDS = "/optimization/{full}?records=all"
PAGE = "^Select all records on this page"

SCREENS: tuple[Screen, ...] = (
    Screen("datasets", "/optimization"),
    Screen("datasets-loading", "/optimization", is_live=False),
    Screen("create", "/optimization/new"),
    Screen("traces", "/traces"),
    Screen("traces-loading", "/traces", is_live=False),
    Screen("trace", "/traces?trace={trace}"),
    Screen("canvas", "/optimization/{full}"),
    Screen("canvas-new", "/optimization/{new}"),
    Screen("canvas-loading", "/optimization/{full}", is_live=False),
    Screen("canvas-missing", "/optimization/ds_0000000000000000"),
    *(Screen(f"step-{step.value}", f"/optimization/{{full}}?step={step}") for step in STEP_MODALS),
    *(
        Screen(f"step-{step.value}-new", f"/optimization/{{new}}?step={step}")
        for step in STEP_MODALS
    ),
    Screen("step-grader-judge", "/optimization/{full}?step=grader", clicks=("^Judge$",)),
    Screen("topics-categorise", TOPICS, clicks=("^Categorise records",)),
    Screen("topics-suggest", TOPICS, clicks=("^Suggest topics",)),
    Screen("topics-suggest-model", TOPICS, clicks=("^Suggest topics", "^Model$")),
    Screen("records", RECORDS),
    Screen("records-invalid", "/optimization/{full}?records=invalid"),
    Screen("records-none", "/optimization/{full}?records=tag:none"),
    Screen("records-selected", RECORDS, clicks=(PAGE,)),
    Screen("records-tag", RECORDS, clicks=(PAGE, "^Tag…")),
    Screen("records-move", RECORDS, clicks=(PAGE, "^Move")),
    Screen("record", f"{RECORDS}&record={{record}}"),
    Screen("record-edit", f"{RECORDS}&record={{record}}", clicks=("^Edit",)),
    Screen("record-json", f"{RECORDS}&record={{record}}", clicks=("^Edit", "^JSON")),
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
        page.wait_for_timeout(SETTLE_MS)
        for name in screen.clicks:
            _click(page.get_by_role("dialog"), re.compile(name))
            page.wait_for_timeout(SETTLE_MS)
    else:
        page.route_web_socket("**/_event/**", lambda _socket: None)
        page.goto(url + screen.path)
        page.wait_for_timeout(SETTLE_MS)
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
