"""The grader's page, and the saved grader beside people, in the browser."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import PHONE, visit
from tests.ui.files import create_dataset, wait_for_records, write_lines

pytestmark = pytest.mark.browser

WAIT_MS = 60_000
BY_REWARD = """def grade(sample, item):
    return item["reward"]
"""
NUM_RATED = 24


def row(number: int) -> dict[str, Any]:
    """A question with an answer and its recorded reward."""
    return {
        "messages": [
            {"role": "user", "content": f"Where is order {number}?"},
            {"role": "assistant", "content": f"Order {number} is on its way."},
        ],
        "reward": number % 2,
    }


def make_dataset(app_url: str, folder: Path) -> str:
    """A dataset without a grader; returns its id."""
    path = write_lines(folder / "orders.jsonl", *map(row, range(40)))
    found = create_dataset(app_url, path, name="orders", objective="Say where orders are")
    wait_for_records(app_url, found)
    return found


def rate(app_url: str, dataset: str) -> None:
    """Ann calls every other answer good; the first she calls bad, whatever it is worth."""
    records = httpx2.get(
        f"{app_url}/api/optimization/datasets/{dataset}/records", params={"limit": 40}
    ).json()
    for number, record in enumerate(records[:NUM_RATED]):
        is_good = number and record["reward"] == 1
        body = {
            "datasetId": dataset,
            "recordId": record["id"],
            "reviewer": "Ann",
            "thumb": "up" if is_good else "down",
            "note": "" if number else "the wrong order",
        }
        assert httpx2.post(f"{app_url}/api/training/feedback", json=body).status_code == 200


def save_grader(app_url: str, dataset: str, script: str = BY_REWARD) -> None:
    saved = httpx2.put(
        f"{app_url}/api/optimization/datasets/{dataset}/grader",
        json={"type": "script", "script": script},
    )
    assert saved.status_code == 200, saved.text


def card(page: Page, title: str) -> Locator:
    """A card of the page by its title."""
    heading = page.get_by_role("heading", name=title, exact=True)
    return page.locator("section").filter(has=heading).last


def open_lab(page: Page, app_url: str, dataset: str) -> None:
    visit(page, f"{app_url}/optimization/{dataset}/grader")
    expect(page.get_by_role("heading", name="Grader", exact=True)).to_be_visible()


def test_a_grader_is_saved_compared_with_people_and_goes_out_of_date(
    page: Page, app_url: str, tmp_path: Path
) -> None:
    dataset = make_dataset(app_url, tmp_path)
    open_lab(page, app_url, dataset)
    people = card(page, "Compare with people")
    expect(people).to_contain_text("Nobody rated an answer yet")
    rate_link = people.get_by_role("link", name="Rate answers")
    expect(rate_link).to_have_attribute("href", f"/training?tab=feedback&dataset={dataset}")

    rate(app_url, dataset)
    expect(people).to_contain_text("Save as v1 first", timeout=WAIT_MS)
    save_grader(app_url, dataset)
    people.get_by_role("button", name=f"Grade {NUM_RATED} answers", exact=True).click()
    table = people.get_by_role("table", name="People and grader")
    expect(table.get_by_role("row").nth(1)).to_contain_text("People: good")
    expect(people).to_contain_text(f"{NUM_RATED} of {NUM_RATED} rated answers graded")
    figures = people.locator("dl[aria-label='Agreement']")
    expect(figures).to_contain_text(f"n = {NUM_RATED}")
    expect(figures).to_contain_text("Unknown below 20 records; there are 0.")
    expect(people).to_contain_text("Passed means 0.50 or more, as the grader has no threshold.")
    worst = people.get_by_role("region", name="Disagreements")
    expect(worst).to_contain_text("Ann: thumb down: the wrong order")

    save_grader(app_url, dataset, "def grade(sample, item):\n    return 0.5\n")
    expect(people).to_contain_text("Out of date", timeout=WAIT_MS)
    expect(people).to_contain_text("These are figures of script v1; the grader is script v2 now.")
    expect(people.get_by_role("button", name=f"Grade {NUM_RATED} answers")).to_be_enabled()


def test_what_is_typed_in_the_dialog_is_there_on_the_page(
    page: Page, app_url: str, tmp_path: Path
) -> None:
    dataset = make_dataset(app_url, tmp_path)
    save_grader(app_url, dataset)
    visit(page, f"{app_url}/optimization/{dataset}?step=grader")
    dialog = page.get_by_role("dialog")
    memory = dialog.get_by_label("Memory")
    expect(memory).to_have_value("512")
    memory.fill("256")
    expect(dialog).to_contain_text("Unsaved changes.")
    dialog.get_by_role("link", name="Open as a page").click()
    expect(page).to_have_url(f"{app_url}/optimization/{dataset}/grader")
    expect(page.get_by_role("heading", name="Grader", exact=True)).to_be_visible()
    expect(page.get_by_label("Memory")).to_have_value("256")
    expect(page.get_by_text("Unsaved changes.")).to_be_visible()

    page.get_by_role("link", name="Training", exact=True).click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Leave without saving?")
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_be_hidden()

    page.get_by_role("button", name="Save as v2", exact=True).click()
    expect(page.get_by_text("No unsaved changes.")).to_be_visible(timeout=WAIT_MS)
    card(page, "Versions").get_by_role("button", name="Compare script v2").click()
    expect(page.get_by_role("button", name="Back to the editor")).to_be_visible()
    page.get_by_role("button", name="Back to the editor").click()
    page.get_by_role("button", name="Go to the dry run").click()
    expect(page).to_have_url(f"{app_url}/optimization/{dataset}?step=dry_run")


def test_the_lab_works_by_keyboard(page: Page, app_url: str, tmp_path: Path) -> None:
    dataset = make_dataset(app_url, tmp_path)
    save_grader(app_url, dataset)
    open_lab(page, app_url, dataset)
    page.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("region", name="Graded answers")).to_be_visible(timeout=WAIT_MS)
    page.keyboard.press("Control+End")
    page.keyboard.type("\ndef broken(:")
    expect(page.get_by_text("Mend line")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_role("button", name="Save as v2", exact=True)).to_be_disabled()


def test_the_lab_fits_a_phone(phone: Page, app_url: str, tmp_path: Path) -> None:
    dataset = make_dataset(app_url, tmp_path)
    save_grader(app_url, dataset)
    rate(app_url, dataset)
    open_lab(phone, app_url, dataset)
    people = card(phone, "Compare with people")
    people.get_by_role("button", name=f"Grade {NUM_RATED} answers", exact=True).click()
    expect(people.get_by_role("table", name="People and grader")).to_be_visible(timeout=WAIT_MS)
    expect(phone.get_by_role("button", name="Go to the dry run")).to_be_in_viewport()
    width = phone.evaluate("document.documentElement.scrollWidth")
    assert width == PHONE["width"]


def test_a_dataset_that_is_not_there_is_said_to_be_so(page: Page, app_url: str) -> None:
    visit(page, f"{app_url}/optimization/ds_0000000000000000/grader")
    expect(page.get_by_text("This dataset is not there")).to_be_visible()
