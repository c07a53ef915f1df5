"""The Export and Auto-Improve tabs: from a dataset to a file and to a verdict, at both sizes."""

import re
import sqlite3
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import orjson
import psutil
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import PHONE, new_page, serve, visit
from tests.ui.files import create_dataset, wait_for_records, write_lines

pytestmark = pytest.mark.browser

WAIT_MS = 60_000
MANY = 10_020
"""Records above which an export has a progress bar, and a few."""


class Place(NamedTuple):
    """The server that these tests share."""

    url: str
    dataset_id: str
    """Of the sums."""
    data: Path


def row(number: int) -> dict[str, Any]:
    """A row with a number as reference; every fifth has no answer."""
    messages = [{"role": "user", "content": f"What is {number} + {number}?"}]
    if number % 5:
        messages.append({"role": "assistant", "content": f"It is {2 * number}."})
    return {"messages": messages, "reference": str(2 * number)}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The app's address and a dataset of sums; there is another, so that one has to choose."""
    folder = tmp_path_factory.mktemp("exports")
    with serve(folder / "data", settings={"RFT_TEXT_FEATURES": "tfidf"}) as url:
        few = write_lines(folder / "few.jsonl", *map(row, range(4)))
        wait_for_records(url, create_dataset(url, few, name="few", objective="Add numbers"))
        lines = write_lines(folder / "sums.jsonl", *map(row, range(60)))
        found = create_dataset(url, lines, name="sums", objective="Add numbers")
        wait_for_records(url, found)
        yield Place(url, found, folder / "data")


@pytest.fixture(scope="module")
def many(place: Place, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Another dataset, too large for a spinner; its name."""
    lines = write_lines(tmp_path_factory.mktemp("many") / "a.jsonl", *map(row, range(MANY)))
    found = create_dataset(place.url, lines, name="many", objective="Add numbers")
    wait_for_records(place.url, found)
    return "many"


@contextmanager
def worker_at_rest(place: Place) -> Iterator[None]:
    """The worker starts and ends nothing meanwhile; it holds no lock that others would wait for."""
    processes = psutil.Process().children(recursive=True)
    [worker] = [one for one in processes if _is_worker(one, place.data)]
    with closing(sqlite3.connect(place.data / "rft.db", timeout=0)) as database:
        while True:
            worker.suspend()
            with suppress(sqlite3.OperationalError):
                database.execute("BEGIN IMMEDIATE").connection.rollback()
                break
            worker.resume()
            time.sleep(0.05)
    try:
        yield
    finally:
        worker.resume()


def _is_worker(process: psutil.Process, data: Path) -> bool:
    """Whether it is the worker of this server; the other tests' server has one, too."""
    with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        is_ours = process.environ().get("RFT_DATA_DIR") == str(data)
        return is_ours and "worker" in process.cmdline()
    return False


@pytest.fixture
def visitor(chromium: Browser, place: Place) -> Iterator[Page]:
    """A visitor of the Export tab, who has chosen nothing yet."""
    with new_page(chromium, place[0]) as page:
        visit(page, f"{place[0]}/training?tab=export")
        yield page


def choose_named(page: Page, name: str) -> None:
    """Choose one of the other datasets."""
    menu = page.get_by_role("combobox", name="Dataset")
    label = menu.locator("option", has_text=re.compile(f"^{name} · "))
    menu.select_option(label.get_attribute("value"))
    expect(page.get_by_role("button", name="Download export")).to_be_enabled(timeout=WAIT_MS)


def choose(page: Page) -> None:
    """Choose the dataset."""
    menu = page.get_by_role("combobox", name="Dataset")
    sums = menu.locator("option", has_text="sums · 60 records")
    menu.select_option(sums.get_attribute("value"))
    expect(page.get_by_text("60 usable records")).to_be_visible(timeout=WAIT_MS)
    expect(sums).to_have_text("sums · 60 records · RFT", timeout=WAIT_MS)


def card(page: Page, name: str) -> Locator:
    """One format card."""
    return page.get_by_role("radio", name=re.compile(f"^{re.escape(name)}"))


def test_nothing_can_be_chosen_before_a_dataset_is(visitor: Page) -> None:
    expect(visitor.locator("[inert]")).to_have_count(2)
    choose(visitor)
    expect(visitor.locator("[inert]")).to_have_count(0)
    expect(card(visitor, "Hugging Face TRL")).to_be_checked()
    expect(visitor.get_by_text("Recommended for this dataset")).to_have_count(1)
    expect(visitor.get_by_role("radio", name="GRPO", exact=True)).to_be_checked()
    visitor.get_by_role("radio", name="SFT", exact=True).click()
    expect(visitor.get_by_text("GRPO is recommended")).to_have_count(1)


def test_the_preview_is_the_beginning_of_the_file(visitor: Page, tmp_path: Path) -> None:
    choose(visitor)
    card(visitor, "OpenAI-compatible").click()
    expect(visitor.get_by_role("radio", name="RFT", exact=True)).to_be_visible()  # its kinds
    visitor.get_by_role("radio", name="SFT", exact=True).click()
    expect(visitor.get_by_text("48 records")).to_be_visible()
    expect(visitor.get_by_text("12 of 60 records are left out")).to_be_visible()
    visitor.get_by_role("radio", name="Raw", exact=True).click()
    rows = visitor.get_by_label("First rows of the file")
    expect(rows).to_contain_text('{"messages":[{"role"')
    shown = rows.inner_text()
    with visitor.expect_download(timeout=WAIT_MS) as waiting:
        visitor.get_by_role("button", name="Download export").click()
    expect(visitor.get_by_text("Export downloaded")).to_be_visible(timeout=WAIT_MS)
    waiting.value.save_as(tmp_path / "sums.zip")
    with zipfile.ZipFile(tmp_path / "sums.zip") as archive:
        first = archive.read("train.jsonl").split(b"\n")[0].decode()
    assert first in shown
    history = visitor.get_by_role("table", name="Recent exports")
    expect(history.get_by_role("row").nth(1)).to_contain_text("OpenAI-compatible SFT")
    with visitor.expect_download(timeout=WAIT_MS):
        history.get_by_role("button", name="again").first.click()


def test_a_format_without_data_says_what_is_missing(visitor: Page) -> None:
    choose(visitor)
    visitor.get_by_role("radio", name="DPO", exact=True).click()
    expect(visitor.get_by_text("No row can be written.")).to_be_visible()
    told = visitor.get_by_text("no second answer that is better or worse")
    expect(told).to_have_count(2)  # on the card and in the preview's place
    expect(visitor.get_by_role("button", name="Download export")).to_be_disabled()


def test_a_template_is_checked_as_it_is_typed(visitor: Page, tmp_path: Path) -> None:
    choose(visitor)
    card(visitor, "Custom JSON").click()
    template = visitor.get_by_label("Template", exact=True)
    template.fill('{"q": {{inputs}}}')
    expect(visitor.get_by_text("{{inputs}} is not a recognized variable")).to_be_visible()
    template.fill('{"q": {{input}}')
    expect(visitor.get_by_text("Line 1, column")).to_be_visible()
    expect(visitor.get_by_role("button", name="Download export")).to_be_disabled()
    template.fill('{"q": {{input}}, "wanted": "{{reference}}"}')
    visitor.get_by_role("radio", name="JSON (array)").click()
    expect(visitor.get_by_text("train.json", exact=True).first).to_be_visible()
    for words in ("Write the test split", "Add metadata.json"):
        visitor.get_by_label(words).click()
    with visitor.expect_download(timeout=WAIT_MS) as waiting:
        visitor.get_by_role("button", name="Download export").click()
    waiting.value.save_as(tmp_path / "rows.json")
    rows = orjson.loads((tmp_path / "rows.json").read_bytes())
    assert rows[0] == {"q": "What is 0 + 0?", "wanted": "0"}


def test_format_and_switches_are_remembered_and_the_dataset_is_not(
    visitor: Page, place: Place
) -> None:
    choose(visitor)
    card(visitor, "DSPy").click()
    visitor.get_by_label("Shuffle rows").click()
    expect(visitor.get_by_text("in an order drawn with the seed")).to_be_visible()
    visit(visitor, f"{place[0]}/training?tab=export")
    box = visitor.get_by_role("combobox", name="Dataset")
    expect(box).to_have_value("")
    choose(visitor)
    expect(card(visitor, "DSPy")).to_be_checked()
    expect(visitor.get_by_label("Shuffle rows")).to_be_checked()


def test_on_a_phone_a_dataset_in_the_address_is_chosen(chromium: Browser, place: Place) -> None:
    url, dataset_id, _ = place
    with new_page(chromium, url, PHONE) as phone:
        visit(phone, f"{url}/training?tab=export&dataset={dataset_id}")
        expect(phone.get_by_text("60 usable records")).to_be_visible(timeout=WAIT_MS)
        expect(phone.get_by_role("tab", name="Export")).to_have_attribute("tabindex", "0")
        width = phone.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"]
        visit(phone, f"{url}/optimization/{dataset_id}?export=1")
        expect(phone).to_have_url(f"{url}/training?tab=export&dataset={dataset_id}")
        expect(phone.get_by_text("60 usable records")).to_be_visible(timeout=WAIT_MS)
        visit(phone, f"{url}/training?tab=export&dataset=nothing")
        expect(phone.get_by_text("There is no dataset “nothing”")).to_be_visible()


def test_a_large_export_shows_its_progress_goes_on_without_the_page_and_can_be_cancelled(
    visitor: Page, place: Place, many: str
) -> None:
    newest = visitor.get_by_role("table", name="Recent exports").get_by_role("row").nth(1)
    choose_named(visitor, many)
    with worker_at_rest(place):
        visitor.get_by_role("button", name="Download export").click()
        expect(visitor.get_by_role("progressbar", name="Writing the export")).to_be_visible()
        expect(visitor.get_by_text("waits for a worker")).to_be_visible()
        visitor.get_by_role("tab", name="Datasets").click()
        expect(visitor.get_by_role("progressbar")).to_have_count(0)
    visitor.get_by_role("tab", name="Export").click()
    expect(newest).to_contain_text(many, timeout=WAIT_MS)
    with visitor.expect_download(timeout=WAIT_MS) as waiting:
        newest.get_by_role("button", name="again").click()
    with zipfile.ZipFile(waiting.value.path()) as archive:
        counts = orjson.loads(archive.read("metadata.json"))["counts"]
    assert counts["written"] == MANY

    choose_named(visitor, many)
    with worker_at_rest(place):
        visitor.get_by_role("button", name="Download export").click()
        visitor.get_by_role("button", name="Cancel", exact=True).click()
        expect(visitor.get_by_text("stopping")).to_be_visible()
    expect(newest).to_contain_text("Cancelled", timeout=WAIT_MS)
    expect(visitor.get_by_role("button", name="Download export")).to_be_enabled()


def test_an_export_that_fails_says_why_and_another_try_brings_the_file(
    visitor: Page, place: Place
) -> None:
    choose(visitor)
    with worker_at_rest(place):
        visitor.get_by_role("button", name="Download export").click()
        expect(visitor.get_by_text("waits for a worker")).to_be_visible()
        made = httpx2.get(f"{place.url}/api/training/exports").json()[0]
        path = place.data / "exports" / made["id"] / made["fileName"]
        path.parent.mkdir(parents=True)
        path.with_name(path.name + ".partial").symlink_to("/dev/full")
    told = visitor.get_by_role("alert").filter(has_text="Export failed: There is no room left")
    expect(told).to_be_visible(timeout=WAIT_MS)
    with visitor.expect_download(timeout=WAIT_MS) as waiting:
        told.get_by_role("button", name="Retry export").click()
    assert waiting.value.suggested_filename == made["fileName"]
    expect(told).to_have_count(0)


def test_a_snapshot_is_previewed_and_exported_as_it_was_frozen(
    chromium: Browser, place: Place
) -> None:
    home = f"{place.url}/api/optimization/datasets"
    [few] = [one["id"] for one in httpx2.get(home).json() if one["name"] == "few"]
    snapshot = httpx2.post(f"{home}/{few}/snapshots", json={"label": "All four"}).json()
    record = httpx2.get(f"{home}/{few}/records").json()[0]["id"]
    gone = httpx2.post(f"{home}/{few}/records/delete", json={"recordIds": [record]})
    assert gone.status_code == 200, gone.text
    with new_page(chromium, place.url) as page:
        visit(page, f"{place.url}/training?tab=export&dataset={few}")
        expect(page.get_by_text("3 usable records")).to_be_visible(timeout=WAIT_MS)
        page.get_by_label("What to export").select_option(snapshot["id"])
        expect(page).to_have_url(re.compile(f"records={snapshot['id']}"))
        expect(page.get_by_text("as it was frozen").first).to_be_visible()
        card(page, "Records").click()
        expect(page.get_by_text("rows 1–3 of 3")).to_be_visible()
        with page.expect_download(timeout=WAIT_MS) as waiting:
            page.get_by_role("button", name="Download export").click()
    assert waiting.value.suggested_filename == "few-parquet.zip"


def test_one_button_leads_to_the_verdict(chromium: Browser, place: Place) -> None:
    with new_page(chromium, place[0]) as page:
        visit(page, f"{place[0]}/training?tab=auto-improve")
        start = page.get_by_role("button", name="Run to the verdict")
        expect(start).to_be_disabled()
        expect(page.get_by_text("No dataset is chosen")).to_be_visible()
        page.get_by_role("combobox", name="Dataset").select_option(label="sums · 60 records")
        start.click()
        expect(page.get_by_text("Every reference looked at is a number")).to_be_visible(
            timeout=WAIT_MS
        )
        expect(page.get_by_text("Verdict reached").first).to_be_visible(timeout=WAIT_MS)
        page.get_by_role("link", name="Open the dry run").click()
        expect(page.get_by_role("region", name="Verdict")).to_be_visible()


def test_on_a_phone_the_run_is_found_again(chromium: Browser, place: Place) -> None:
    with new_page(chromium, place.url, PHONE) as phone:
        visit(phone, f"{place.url}/training?tab=auto-improve")
        phone.get_by_role("combobox", name="Dataset").select_option(value=place.dataset_id)
        expect(phone.get_by_text("Verdict reached").first).to_be_visible(timeout=WAIT_MS)
        assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
