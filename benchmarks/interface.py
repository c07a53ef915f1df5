"""What a person waits for in Chromium: first load, dialogs, and the list of a million records.

    python benchmarks/interface.py [--records 1000000] [--rounds 10]

Needs the built interface and Chromium.  Times run from the click to the frame that shows what was
asked for; filters are menus that are set.  The yardstick is the command palette of the same run:
one click, one round trip to the server, no data.
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from _targets import Targets
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser import CHROMIUM_FLAGS, WIDE, find_chromium, serve, visit  # noqa: E402
from tests.ui.screens import serve_demo  # noqa: E402

DIALOG_TARGET_MS, LIST_TARGET_MS, LOAD_TARGET_KB = 150, 200, 450
STEPS = ("extract", "topics", "coverage", "grader", "dry_run", "train", "deploy")
LOADING = ".animate-pulse"
PAUSE_MS = 150
"""Between two dialogs: nobody clicks while the address of the last one is still on its way."""
NEXT_PAGE = 'button[aria-label="Next page"]'
CLICK = """
async ([clicked, shown, hidden, value]) => {
  const before = document.querySelector(shown)?.textContent;
  const element = document.querySelector(clicked);
  const start = performance.now();
  if (value === null) element.click();
  else {
    const setter = Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, "value").set;
    setter.call(element, value);
    element.dispatchEvent(new Event("change", {bubbles: true}));
  }
  for (let frame = 0; frame < 1200; frame += 1) {
    await new Promise(requestAnimationFrame);
    const found = document.querySelector(shown);
    const isNew = found && found.textContent !== before && found.textContent.trim() !== "";
    if (isNew && !(hidden && found.querySelector(hidden))) return performance.now() - start;
  }
  throw new Error(`nothing new in ${shown} after a click on ${clicked}`);
}
"""
MARK_MENU = """
() => { document.querySelector('select:has(option[value="invalid"])').id = "timed"; }
"""


def time_click(
    page: Page, clicked: str, shown: str, hidden: str = "", value: str | None = None
) -> float:
    """Milliseconds from a click until `shown` has new text and no part that matches `hidden`.

    With a `value`, a menu is set to it instead.
    """
    return page.evaluate(CLICK, [clicked, shown, hidden, value])


def measure_load(browser: Browser, address: str) -> dict[str, int]:
    """Bytes over the wire of a first visit, by kind of file; compressed as they came."""
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    kinds: dict[str, str] = {}
    sizes: dict[str, int] = {}

    def note(event: dict[str, str]) -> None:
        kinds[event["requestId"]] = event["type"]

    def add(event: dict[str, int | str]) -> None:
        kind = kinds.get(str(event["requestId"]), "Other")
        sizes[kind] = sizes.get(kind, 0) + int(event["encodedDataLength"])

    client.on("Network.responseReceived", note)
    client.on("Network.loadingFinished", add)
    visit(page, address)
    page.wait_for_timeout(1500)
    context.close()
    return sizes


def time_palette(page: Page, rounds: int) -> list[float]:
    """The yardstick."""
    taken: list[float] = []
    for _ in range(rounds):
        taken.append(time_click(page, 'button[aria-label^="Search"]', "[role=dialog]"))
        page.keyboard.press("Escape")
        page.wait_for_selector("[role=dialog]", state="detached")
    return taken


def time_dialogs(page: Page, rounds: int) -> Iterator[tuple[str, float]]:
    """Each step's dialog, from the click on its node to its content without a skeleton."""
    for _ in range(rounds):
        for step in STEPS:
            yield step, time_click(page, f'[data-step="{step}"]', "[role=dialog]", LOADING)
            page.keyboard.press("Escape")
            page.wait_for_selector("[role=dialog]", state="detached")
            page.wait_for_timeout(PAUSE_MS)


def report(name: str, taken: list[float], unit: float) -> float:
    """Print the percentiles beside the yardstick; returns the 95th."""
    times = sorted(taken)
    p95 = times[math.ceil(0.95 * len(times)) - 1]
    print(
        f"{name:26}{len(times):4} clicks  median {statistics.median(times):6.1f} ms  "
        f"p95 {p95:6.1f} ms  p95 is {p95 / unit:.1f} x the palette's median"
    )
    return p95


def measure_demo(browser: Browser, rounds: int, targets: Targets) -> None:
    """First load and dialogs."""
    with tempfile.TemporaryDirectory() as folder, serve_demo(Path(folder)) as (url, screens):
        canvas = url + next(screen.path for screen in screens if screen.name == "canvas")
        sizes = measure_load(browser, canvas)
        total = sum(sizes.values()) / 1000
        parts = ", ".join(f"{kind} {size / 1000:.0f}" for kind, size in sorted(sizes.items()))
        verdict = targets.most(total, LOAD_TARGET_KB)
        print(f"first load of the canvas  {total:6.0f} kB {verdict}: {parts}")
        page = browser.new_page(viewport=WIDE)
        visit(page, canvas)
        page.wait_for_timeout(1000)
        time_palette(page, 2)
        unit = statistics.median(palette := time_palette(page, rounds))
        print(f"command palette           {len(palette):4} clicks  median {unit:6.1f} ms")
        list(time_dialogs(page, 1))  # the first time, the code of an editor is still on its way
        taken = list(time_dialogs(page, rounds))
        for step in STEPS:
            report(f"  {step}", [ms for name, ms in taken if name == step], unit)
        slow = report("all dialogs", [ms for _, ms in taken], unit)
        print(f"  p95 of all dialogs {slow:.0f} ms {targets.most(slow, DIALOG_TARGET_MS)}")
        page.close()


def measure_list(browser: Browser, number: int, rounds: int, targets: Targets) -> None:
    """The overlay over many records."""
    with tempfile.TemporaryDirectory() as folder:
        filled = "from benchmarks.overlay import fill; import sys; fill(int(sys.argv[1]))"
        environment = {**os.environ, "RFT_DATA_DIR": folder}
        command = [sys.executable, "-c", filled, str(number)]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        stamp = [sys.executable, "-m", "alembic", "stamp", "head"]
        subprocess.run(stamp, cwd=ROOT, env=environment, check=True, capture_output=True)
        with serve(Path(folder), with_worker=False) as url:
            page = browser.new_page(viewport=WIDE)
            visit(page, f"{url}/optimization/ds_bench")
            unit = statistics.median(time_palette(page, rounds))
            visit(page, f"{url}/optimization/ds_bench?records=all")
            page.wait_for_selector("tbody tr")
            taken = [time_click(page, NEXT_PAGE, "tbody", LOADING) for _ in range(rounds)]
            slow = report(f"next page of {number:,}", taken, unit)
            visit(page, f"{url}/optimization/ds_bench?records=all")
            page.wait_for_selector("tbody tr")
            page.wait_for_timeout(1000)
            page.evaluate(MARK_MENU)
            filtered = [
                time_click(page, "#timed", "tbody", LOADING, value)
                for value in ("invalid", "any") * 3 * rounds
            ]
            slow = max(slow, report(f"filter of {number:,}", filtered, unit))
            print(f"  slower p95 of both {slow:.0f} ms {targets.most(slow, LIST_TARGET_MS)}")
            page.close()


def main() -> int:
    """Print the figures; 1 when a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    targets = Targets()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=list(CHROMIUM_FLAGS)
        )
        measure_demo(browser, options.rounds, targets)
        measure_list(browser, options.records, options.rounds, targets)
        browser.close()
    return targets.exit_status


if __name__ == "__main__":
    sys.exit(main())
