"""An empty installation: what it offers, and the whole way to a downloaded file."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx2
import orjson
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import new_page, visit
from tests.ui.test_deleted_dataset import delete, make_dataset

pytestmark = pytest.mark.browser

STEP_MS = 120_000
MAX_STOPS = 60
"""A control behind more stops of Tab than this counts as out of reach."""
RULES = (
    "Grading failures",
    "Graded rollouts",
    "Mean reward",
    "Spread of rewards (sd)",
    "Learnable share",
    "Lowest topic mean",
)


@pytest.fixture
def visitor(chromium: Browser, own_url: str) -> Iterator[Page]:
    """A visitor at 1440×900, where there is no dataset, or none any more."""
    for found in httpx2.get(f"{own_url}/api/optimization/datasets").json():
        delete(own_url, found["id"])
    with new_page(chromium, own_url) as page:
        visit(page, own_url)
        expect(page.get_by_role("link", name="Create dataset")).to_be_visible()
        yield page


def node(page: Page, step: str) -> Locator:
    """One step on the canvas."""
    return page.locator(f'[data-step="{step}"]')


def wait_for_step(page: Page, step: str, status: str) -> None:
    """The canvas follows the worker by itself."""
    expect(node(page, step)).to_have_attribute("data-status", status, timeout=STEP_MS)


def check_go(dialog: Locator) -> None:
    """The verdict is GO and every rule stands in its table."""
    verdict = dialog.get_by_role("region", name="Verdict")
    expect(verdict.get_by_text("GO", exact=True)).to_be_visible(timeout=STEP_MS)
    rules = dialog.get_by_role("table", name="Rules of the verdict")
    for name in RULES:
        expect(rules.get_by_role("row", name=re.compile(f"^{re.escape(name)}"))).to_be_visible()


def read_lines(archive: zipfile.ZipFile, name: str) -> list[dict[str, object]]:
    """The rows of one file; a line that is not JSON fails here."""
    return [orjson.loads(line) for line in archive.read(name).splitlines()]


def test_without_traces_the_upload_comes_first(visitor: Page, own_url: str) -> None:
    visit(visitor, f"{own_url}/optimization/new")
    expect(visitor.get_by_text("Drop a file here, or choose one")).to_be_visible()
    visitor.get_by_role("tab", name="From gateway traces").click()
    expect(visitor.get_by_text("No traces are stored yet")).to_be_visible()
    visitor.get_by_role("button", name="Upload a file").click()
    expect(visitor.get_by_text("Drop a file here, or choose one")).to_be_visible()


def test_without_records_the_way_to_some_is_shown(visitor: Page, own_url: str) -> None:
    visit(visitor, f"{own_url}/training")
    expect(visitor.get_by_text("No records to review yet")).to_be_visible()
    visitor.get_by_role("tab", name="Export").click()
    expect(visitor.get_by_text("No datasets to export")).to_be_visible()
    visitor.get_by_role("link", name="Go to Datasets").click()
    expect(visitor.get_by_role("tab", name="Datasets")).to_have_attribute("aria-selected", "true")
    expect(visitor.get_by_text("No datasets yet")).to_be_visible()
    visitor.get_by_role("link", name="Create dataset").click()
    expect(visitor).to_have_url(f"{own_url}/optimization/new")


def test_an_export_ends_when_its_dataset_and_then_the_last_one_is_deleted(
    visitor: Page, own_url: str, tmp_path: Path
) -> None:
    first, last = make_dataset(own_url, tmp_path), make_dataset(own_url, tmp_path)
    visit(visitor, f"{own_url}/training?tab=export&dataset={first}")
    download = visitor.get_by_role("button", name="Download export")
    expect(download).to_be_enabled(timeout=STEP_MS)
    delete(own_url, first)
    expect(visitor.get_by_text("The dataset was deleted. Choose another.")).to_be_visible(
        timeout=STEP_MS
    )
    expect(download).to_be_disabled()
    delete(own_url, last)
    expect(visitor.get_by_text("No datasets to export")).to_be_visible(timeout=STEP_MS)


def test_the_demo_leads_from_an_empty_list_to_a_downloaded_file(
    visitor: Page, tmp_path: Path
) -> None:
    visitor.get_by_role("button", name="Load the demo").click()
    visitor.wait_for_url(re.compile(r"/optimization/ds_"))
    wait_for_step(visitor, "extract", "complete")
    wait_for_step(visitor, "grader", "configured")

    visitor.get_by_role("button", name="Find topics").click()
    wait_for_step(visitor, "topics", "complete")
    node(visitor, "topics").click()
    expect(visitor.get_by_role("dialog", name="Topics")).to_be_visible()
    visitor.keyboard.press("Escape")
    expect(visitor.get_by_role("dialog")).to_have_count(0)
    visitor.get_by_role("button", name="Analyze coverage").click()
    wait_for_step(visitor, "coverage", "complete")

    _try_the_grader(visitor)
    _grade_every_record(visitor)
    _look_at_a_graded_record(visitor)
    _export(visitor, tmp_path)


def _try_the_grader(page: Page) -> None:
    node(page, "grader").click()
    dialog = page.get_by_role("dialog", name="Grader")
    dialog.get_by_role("button", name="Grade 5 records").click()
    expect(dialog.locator("details")).to_have_count(5, timeout=STEP_MS)
    expect(dialog.get_by_text("Not graded")).to_have_count(0)
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)


def _grade_every_record(page: Page) -> None:
    page.get_by_role("button", name="Set up dry run").click()
    dialog = page.get_by_role("dialog", name="Dry run")
    dialog.get_by_label("Records", exact=True).fill("400")
    dialog.get_by_role("button", name="Start dry run").click()
    check_go(dialog)
    dialog.get_by_role("button", name="Close").click()
    wait_for_step(page, "dry_run", "passed")


def _look_at_a_graded_record(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Records")).click()
    overlay = page.get_by_role("dialog", name="Records")
    overlay.get_by_label("Validity").select_option("valid")
    overlay.get_by_label("Duplicates").select_option("none")
    expect(overlay).to_contain_text(re.compile(r"[\d,]+ of [\d,]+ match"))

    overlay.locator("[data-item]").first.click()
    record = overlay.get_by_role("region", name="Record")
    record.get_by_role("tab", name="Rollouts").click()
    expect(record.locator("details")).to_have_count(1)
    expect(record.locator("details")).to_contain_text(re.compile(r"^[01]\.\d\d"))
    overlay.get_by_role("button", name="Close", exact=True).click()
    expect(overlay).to_have_count(0)


def _export(page: Page, folder: Path) -> None:
    page.get_by_role("banner").get_by_role("link", name="Export", exact=True).click()
    counts = page.get_by_text(re.compile(r"^\d+ train · \d+ test$"))
    shown = [int(number) for number in re.findall(r"\d+", counts.inner_text())]
    with page.expect_download(timeout=STEP_MS) as download:
        page.get_by_role("button", name="Download export").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)

    with zipfile.ZipFile(path) as archive:
        train, test = read_lines(archive, "train.jsonl"), read_lines(archive, "test.jsonl")
    assert [len(train), len(test)] == shown
    assert all(row["prompt"] for row in train)


def focused(page: Page) -> str:
    """Name of what has the focus."""
    return page.evaluate(
        "(({ariaLabel, innerText}) => (ariaLabel || innerText || '').replace(/\\s+/g, ' ').trim())"
        "(document.activeElement)"
    )


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control has the focus; Esc leaves the editor on the way."""
    for _ in range(MAX_STOPS):
        page.keyboard.press("Tab")
        if focused(page).startswith(name):
            return
        if page.evaluate("document.activeElement.matches('.cm-content')"):
            page.keyboard.press("Escape")
    raise AssertionError(f"Tab does not reach {name!r} in {MAX_STOPS} stops.")


def press(page: Page, name: str) -> None:
    """Reach a control by Tab and press it by Enter."""
    expect(page.get_by_role("button", name=name).first).to_be_enabled(timeout=STEP_MS)
    tab_to(page, name)
    page.keyboard.press("Enter")


def test_the_demo_reaches_its_verdict_by_keyboard_alone(visitor: Page) -> None:
    press(visitor, "Load the demo")
    visitor.wait_for_url(re.compile(r"/optimization/ds_"))
    wait_for_step(visitor, "extract", "complete")

    press(visitor, "Find topics")
    wait_for_step(visitor, "topics", "complete")
    press(visitor, "Analyze coverage")
    wait_for_step(visitor, "coverage", "complete")

    press(visitor, "Step 4 Grader")
    grader = visitor.get_by_role("dialog", name="Grader")
    expect(grader).to_be_visible()
    press(visitor, "Grade 5 records")
    expect(grader.locator("details")).to_have_count(5, timeout=STEP_MS)
    expect(grader).to_contain_text("No unsaved changes.")
    visitor.keyboard.press("Escape")
    expect(grader).to_have_count(0)
    assert focused(visitor).startswith("Step 4 Grader")

    press(visitor, "Set up dry run")
    dialog = visitor.get_by_role("dialog", name="Dry run")
    expect(dialog).to_be_visible()
    press(visitor, "Start dry run")
    check_go(dialog)
    visitor.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    wait_for_step(visitor, "dry_run", "passed")

    visitor.keyboard.press("Control+k")
    expect(visitor.get_by_role("combobox", name="Search or run a command")).to_be_focused()
    visitor.keyboard.press("Escape")
    expect(visitor.get_by_role("dialog")).to_have_count(0)
