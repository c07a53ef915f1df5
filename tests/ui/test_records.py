"""The records overlay in the browser: select, change, undo, find, export, generate."""

import re
import zipfile
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import visit
from tests.ui.files import create_dataset, wait_for_records, write_lines
from tests.ui.test_accessibility import scan

pytestmark = pytest.mark.browser
WAIT_MS = 60_000
NUM_ROWS = 120


def question(number: int) -> dict[str, object]:
    """A good row about a refund or, every third, about a parcel."""
    about = "the parcel to Oslo" if number % 3 == 0 else "a refund of the kettle"
    return {
        "messages": [
            {"role": "user", "content": f"Tell me about {about}, number {number}."},
            {"role": "assistant", "content": f"Number {number} is on its way."},
        ],
        "reference": f"Number {number}",
    }


@pytest.fixture
def dataset(app_url: str, tmp_path: Path) -> str:
    """Id of a dataset with 120 valid records, 40 of them about parcels, and an invalid one."""
    bad = {"messages": [{"role": "assistant", "content": "Hello"}]}
    path = write_lines(tmp_path / "rows.jsonl", *map(question, range(NUM_ROWS)), bad)
    found = create_dataset(app_url, path, name="orders", objective="Say where orders are")
    wait_for_records(app_url, found)
    return found


def open_records(page: Page, app_url: str, dataset: str, preset: str = "all") -> Locator:
    visit(page, f"{app_url}/optimization/{dataset}?records={preset}")
    sheet = page.get_by_role("dialog", name="Records", exact=True)
    expect(sheet.get_by_role("table", name="Records")).to_be_visible()
    return sheet


def rows(sheet: Locator) -> Locator:
    return sheet.get_by_role("table", name="Records").locator("tbody tr")


def bar(sheet: Locator) -> Locator:
    return sheet.get_by_role("region", name="Selected records")


def tick(sheet: Locator, *places: int) -> None:
    for place in places:
        rows(sheet).nth(place).get_by_role("checkbox").click()


def take_all(sheet: Locator) -> None:
    sheet.get_by_role("checkbox", name="Select all records on this page").click()
    sheet.get_by_role("button", name=re.compile("^Select all ")).click()


def titles(app_url: str, dataset: str, **conditions: str) -> list[str]:
    """First user messages of the valid records that match, by REST."""
    answer = httpx2.get(
        f"{app_url}/api/optimization/datasets/{dataset}/records",
        params={"limit": 200, "valid": "true", **conditions},
    )
    return [each["data"]["input"]["messages"][0]["content"] for each in answer.json()]


def test_all_that_match_but_two_are_deleted_and_come_back(
    page: Page, app_url: str, dataset: str
) -> None:
    sheet = open_records(page, app_url, dataset)
    sheet.get_by_label("Search messages").fill("refund")
    expect(sheet).to_contain_text("80 of 121 match")
    take_all(sheet)
    expect(bar(sheet)).to_contain_text("80 selected")
    expect(bar(sheet)).to_contain_text("all that match the filter")
    tick(sheet, 0, 1)
    kept = [rows(sheet).nth(n).get_by_role("button").get_attribute("title") or "" for n in (0, 1)]
    expect(bar(sheet)).to_contain_text("78 selected")
    expect(bar(sheet)).to_contain_text("but 2")
    sheet.get_by_role("button", name="Next page").click()
    expect(sheet).to_contain_text("51–80 of 80")
    expect(rows(sheet).first.get_by_role("checkbox")).to_be_checked()

    bar(sheet).get_by_role("button", name="Delete 78 selected records").click()
    expect(sheet).to_contain_text("Deleted 78 records")
    expect(rows(sheet)).to_have_count(2)
    left = titles(app_url, dataset, search="refund")
    assert sorted(left) == sorted(kept)

    sheet.get_by_role("button", name="Undo", exact=True).click()
    expect(sheet).to_contain_text("Undone: deleted 78 records")
    expect(sheet).to_contain_text("80 of 121 match")
    assert len(titles(app_url, dataset)) == NUM_ROWS


def test_a_selection_stays_over_pages_and_another_filter_clears_it_and_says_so(
    page: Page, app_url: str, dataset: str
) -> None:
    sheet = open_records(page, app_url, dataset)
    tick(sheet, 0, 3)
    sheet.get_by_role("button", name="Next page").click()
    expect(sheet).to_contain_text("51–100 of 121")
    tick(sheet, 1)
    expect(bar(sheet)).to_contain_text("3 selected")
    sheet.get_by_role("button", name="Previous page").click()
    expect(rows(sheet).nth(3).get_by_role("checkbox")).to_be_checked()
    head = sheet.get_by_role("checkbox", name="Select all records on this page")
    expect(head).to_have_attribute("aria-checked", "mixed")

    sheet.get_by_label("Search messages").fill("parcel")
    expect(sheet).to_contain_text("The filter changed, so 3 records are no longer selected.")
    expect(bar(sheet)).to_have_count(0)


def test_records_are_tagged_and_found_by_their_tag(page: Page, app_url: str, dataset: str) -> None:
    sheet = open_records(page, app_url, dataset)
    tick(sheet, 0, 2, 4)
    bar(sheet).get_by_role("button", name="Tag…").click()
    dialog = page.get_by_role("dialog", name="Tag records")
    dialog.get_by_label("New tag").fill("to  check")
    page.keyboard.press("Enter")
    expect(sheet).to_contain_text("Tagged 3 records “to check”")
    expect(rows(sheet).nth(2)).to_contain_text("to check")

    tick(sheet, 2)
    bar(sheet).get_by_role("button", name="Tag…").click()
    expect(dialog.get_by_role("listitem")).to_contain_text("to check")
    dialog.get_by_role("button", name="Remove from 2").click()
    expect(sheet).to_contain_text("Took the tag “to check” from 2 records")

    sheet.get_by_role("combobox", name=re.compile("^Tag")).select_option("to check")
    expect(rows(sheet)).to_have_count(1)
    chip = sheet.get_by_role("button", name="Remove the filter Tag: to check")
    chip.click()
    expect(sheet).to_contain_text("121 records")
    sheet = open_records(page, app_url, dataset, "tag:to check")
    expect(rows(sheet)).to_have_count(1)


def test_records_move_to_a_topic_and_invalid_ones_stay(
    page: Page, app_url: str, dataset: str
) -> None:
    httpx2.put(
        f"{app_url}/api/optimization/datasets/{dataset}/topics",
        json={"topics": {"Parcels": {}, "Refunds": {}}},
    ).raise_for_status()
    sheet = open_records(page, app_url, dataset)
    take_all(sheet)
    expect(bar(sheet)).to_contain_text("121 selected")
    bar(sheet).get_by_role("button", name="Move to topic…").click()
    dialog = page.get_by_role("dialog", name="Move to a topic")
    expect(dialog).to_contain_text("1 invalid record cannot have a topic.")
    dialog.get_by_label("Find a topic").fill("parc")
    expect(dialog.get_by_role("radio")).to_have_count(1)
    dialog.get_by_role("radio", name="Parcels").click()
    dialog.get_by_role("button", name="Move 120 records").click()
    expect(sheet).to_contain_text("Moved 120 records to Parcels")
    expect(rows(sheet).nth(1)).to_contain_text("Parcels")
    assert len(titles(app_url, dataset, topic="Parcels")) == NUM_ROWS


def test_only_the_selected_records_are_exported(
    page: Page, app_url: str, dataset: str, tmp_path: Path
) -> None:
    sheet = open_records(page, app_url, dataset)
    sheet.get_by_label("Search messages").fill("parcel")
    expect(sheet).to_contain_text("40 of 121 match")
    sheet.get_by_role("checkbox", name="Select all records on this page").click()
    tick(sheet, 0)
    bar(sheet).get_by_role("button", name="Export 39 selected records").click()
    expect(page.get_by_text("Only 39 selected records")).to_be_visible(timeout=WAIT_MS)
    lines = download_rows(page, tmp_path)
    assert len(lines) == 39
    assert all("parcel" in line for line in lines)

    page.reload()
    expect(page.get_by_text("Only 39 selected records")).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("button", name="Export the whole dataset").click()
    expect(page.get_by_text("96 train · 24 test")).to_be_visible(timeout=WAIT_MS)
    expect(page).not_to_have_url(re.compile("records="), timeout=WAIT_MS)
    page.reload()
    expect(page.get_by_label("What to export")).to_have_value("")
    expect(page.get_by_text("96 train · 24 test")).to_be_visible(timeout=WAIT_MS)


def test_what_a_filter_shows_is_exported_and_known_to_this_tab_only(
    page: Page, phone: Page, app_url: str, dataset: str, tmp_path: Path
) -> None:
    sheet = open_records(page, app_url, dataset, "valid")
    sheet.get_by_label("Search messages").fill("refund")
    expect(sheet).to_contain_text("80 of 121 match")
    sheet.get_by_role("button", name="Export these").click()
    expect(page.get_by_text("Only 80 records: “refund” · Valid")).to_be_visible(timeout=WAIT_MS)
    lines = download_rows(page, tmp_path)
    assert len(lines) == 80
    assert all("refund" in line for line in lines)

    visit(phone, page.url)
    expect(phone.get_by_text("known only to the tab they were chosen in")).to_be_visible(
        timeout=WAIT_MS
    )
    expect(phone.get_by_text("96 train · 24 test")).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("link", name="Open the dataset").click()
    expect(page.get_by_role("button", name=re.compile("^Records"))).to_be_visible()


def download_rows(page: Page, folder: Path) -> list[str]:
    """The rows of both sides of the export that the tab offers."""
    with page.expect_download(timeout=WAIT_MS) as download:
        page.get_by_role("button", name="Download export").click()
    path = folder / "export.zip"
    download.value.save_as(path)
    with zipfile.ZipFile(path) as archive:
        sides = ("train.jsonl", "test.jsonl")
        return [line for name in sides for line in archive.read(name).decode().splitlines()]


def test_a_deleted_record_is_found_by_link_and_by_id_and_restored(
    page: Page, app_url: str, dataset: str
) -> None:
    home = f"{app_url}/api/optimization/datasets/{dataset}/records"
    gone = httpx2.get(home, params={"valid": "true"}).json()[0]["id"]
    httpx2.post(f"{home}/delete", json={"recordIds": [gone]}).raise_for_status()
    sheet = open_records(page, app_url, dataset, f"all&record={gone}")
    detail = sheet.get_by_role("region", name="Record", exact=True)
    expect(detail).to_contain_text("This record was deleted")

    sheet.get_by_label("Search messages").fill(gone)
    expect(sheet).to_contain_text(f"No record {gone} in this list")
    sheet.get_by_role("button", name="Look for it").click()
    expect(detail).to_contain_text("This record was deleted")
    detail.get_by_role("button", name="Restore").click()
    expect(sheet).to_contain_text("Restored 1 record")
    expect(detail).not_to_contain_text("This record was deleted")
    expect(sheet).to_contain_text("1 of 121 match")
    assert len(titles(app_url, dataset)) == NUM_ROWS


def test_generation_starts_from_the_selected_records(
    page: Page, app_url: str, dataset: str
) -> None:
    sheet = open_records(page, app_url, dataset)
    tick(sheet, 1, 2)
    bar(sheet).get_by_role("button", name="Generate from 2 selected records").click()
    dialog = page.get_by_role("dialog", name="Generate records")
    expect(dialog).to_contain_text("Starts from 2 selected records.")


def test_the_list_is_worked_by_keyboard(page: Page, app_url: str, dataset: str) -> None:
    sheet = open_records(page, app_url, dataset)
    page.keyboard.press("j")
    expect(rows(sheet).nth(0).get_by_role("button")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(rows(sheet).nth(1).get_by_role("button")).to_be_focused()
    page.keyboard.press("x")
    expect(bar(sheet)).to_contain_text("1 selected")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(bar(sheet)).to_contain_text("2 selected")
    page.keyboard.press("Enter")
    detail = sheet.get_by_role("region", name="Record", exact=True)
    expect(detail).to_be_visible()
    page.keyboard.press("k")
    expect(rows(sheet).nth(1).get_by_role("button")).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    expect(detail).to_have_count(0)
    page.keyboard.press("?")
    expect(sheet.get_by_label("Keys", exact=True)).to_contain_text("select")
    page.keyboard.press("/")
    expect(sheet.get_by_label("Search messages")).to_be_focused()
    sheet.get_by_role("button", name="Next page").focus()
    page.keyboard.press("Escape")
    expect(sheet.get_by_label("Keys", exact=True)).to_have_count(0)
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)


def test_a_phone_filters_in_a_sheet_and_deletes_at_the_bottom(
    phone: Page, app_url: str, dataset: str
) -> None:
    sheet = open_records(phone, app_url, dataset)
    sheet.get_by_role("button", name="Filters").click()
    filters = phone.get_by_role("dialog", name="Filters")
    filters.get_by_label("Validity").select_option("invalid")
    filters.get_by_role("button", name="Show 1 record").click()
    expect(rows(sheet)).to_have_count(1)
    tick(sheet, 0)
    expect(bar(sheet)).to_be_in_viewport()
    assert phone.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert scan(phone) == []
    bar(sheet).get_by_role("button", name="Delete 1 selected record").click()
    expect(sheet).to_contain_text("Deleted 1 record")
    assert len(titles(app_url, dataset)) == NUM_ROWS


def test_more_records_than_change_at_once_are_a_job_with_progress_and_an_undo(
    page: Page, app_url: str, tmp_path: Path
) -> None:
    number = 20_050
    path = write_lines(tmp_path / "many.jsonl", *map(question, range(number)))
    many = create_dataset(app_url, path, name="many", objective="Say where orders are")
    wait_for_records(app_url, many)
    sheet = open_records(page, app_url, many)
    take_all(sheet)
    expect(bar(sheet)).to_contain_text("20,050 selected")
    bar(sheet).get_by_role("button", name="Delete 20,050 selected records").click()
    expect(sheet).to_contain_text("Records are being deleted")
    expect(sheet).to_contain_text("Deleted 20,050 records", timeout=WAIT_MS)
    expect(sheet).to_contain_text("No records yet")
    sheet.get_by_role("button", name="Undo", exact=True).click()
    expect(sheet).to_contain_text("Undone: deleted 20,050 records", timeout=WAIT_MS)
    expect(sheet).to_contain_text("1–50 of 20,050")
