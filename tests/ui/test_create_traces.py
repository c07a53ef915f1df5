"""From stored traces to a dataset, in the browser."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from rft_app.traces.guide import GUIDE
from tests.browser import PHONE, new_page, visit
from tests.ui.files import create_dataset, wait_for_records, write_lines

pytestmark = pytest.mark.browser

PROMPT = "You are an airline agent. You can help travellers book or cancel flights."
CALL = {"id": "c", "type": "function", "function": {"name": "find_flight", "arguments": "{}"}}


def make_trace(number: int) -> dict[str, Any]:
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": PROMPT},
        {"role": "user", "content": f"Please cancel my flight number {number}."},
    ]
    if number % 3:
        messages += [
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "c", "content": "LX 1"},
            {"role": "assistant", "content": "Done."},
        ]
    return {
        "trace_id": f"t{number}",
        "messages": messages,
        "model": "large" if number % 2 else "small",
        "timestamp": 1_760_000_000 + number,
    }


@pytest.fixture(scope="module")
def stored_url(own_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A server on which a file of 90 traces was imported; 60 of them have an answer."""
    path = write_lines(
        tmp_path_factory.mktemp("file") / "flights.jsonl", *map(make_trace, range(90))
    )
    found = create_dataset(own_url, path, name="Flights", objective="Book")
    wait_for_records(own_url, found)
    return own_url


def rows(page: Page) -> Locator:
    return page.get_by_role("list", name="Traces").get_by_role("checkbox")


def create_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Create Dataset & Start →")


def test_all_that_match_but_one_become_a_dataset(
    chromium: Browser, stored_url: str, tmp_path: Path
) -> None:
    with new_page(chromium, stored_url) as page:
        visit(page, f"{stored_url}/optimization/new")
        expect(page.get_by_text("Matching: 60 of 90")).to_be_visible()
        expect(create_button(page)).to_be_disabled()
        expect(page.get_by_text("Select at least one trace.")).to_be_visible()
        page.get_by_label("Model").select_option("large")
        expect(page.get_by_text("Matching: 30 of 90")).to_be_visible()

        page.get_by_role("checkbox", name="Select all 30").click()
        expect(page.get_by_text("30 selected")).to_be_visible()
        rows(page).nth(1).click()
        expect(page.get_by_text("29 selected")).to_be_visible()
        expect(page.get_by_text("all that match, minus 1")).to_be_visible()

        expect(page.get_by_role("heading", name="Airline agent")).to_be_visible()
        expect(page.get_by_text("29 of 29 share it")).to_be_visible()
        expect(page.get_by_text("find_flight")).to_be_visible()
        expect(page.get_by_label("Name")).to_have_value("airline-agent")
        expect(page.get_by_label("Objective")).to_have_value(
            "Help travellers book or cancel flights."
        )
        expect(page.get_by_role("radio", name="Every answer 58")).to_be_visible()
        create_button(page).click()
        page.wait_for_url(re.compile(r"/optimization/ds_"))
        expect(page.get_by_text("29 valid records")).to_be_visible()


def test_what_a_person_typed_is_not_overwritten(chromium: Browser, stored_url: str) -> None:
    with new_page(chromium, stored_url) as page:
        visit(page, f"{stored_url}/optimization/new")
        page.get_by_label("Name").fill("mine")
        rows(page).first.click()
        expect(page.get_by_label("Objective")).to_have_value(
            "Help travellers book or cancel flights."
        )
        expect(page.get_by_label("Name")).to_have_value("mine")


def test_pages_turn_and_keep_the_rows_that_were_picked(chromium: Browser, stored_url: str) -> None:
    with new_page(chromium, stored_url) as page:
        visit(page, f"{stored_url}/optimization/new")
        expect(rows(page)).to_have_count(50)
        rows(page).first.click()
        page.get_by_role("button", name="Next page").click()
        expect(rows(page)).to_have_count(10)
        expect(page.get_by_text("1 selected")).to_be_visible()
        rows(page).last.click()
        page.get_by_role("button", name="Previous page").click()
        expect(rows(page).first).to_be_checked()
        expect(page.get_by_text("2 selected")).to_be_visible()
        page.get_by_role("button", name="Clear selection").click()
        expect(page.get_by_text("0 selected")).to_be_visible()


def test_on_a_phone_a_search_without_a_match_offers_the_way_back(
    chromium: Browser, stored_url: str
) -> None:
    with new_page(chromium, stored_url, PHONE) as page:
        visit(page, f"{stored_url}/optimization/new")
        page.get_by_label("Search traces").fill("hotel")
        expect(page.get_by_text("No trace matches")).to_be_visible()
        page.get_by_role("button", name="Clear filters").last.click()
        expect(page.get_by_text("Matching: 90 of 90")).to_be_visible()
        expect(page.get_by_label("Search traces")).to_have_value("")


def test_the_format_guide_shows_a_row_of_every_shape(page: Page, app_url: str) -> None:
    visit(page, f"{app_url}/optimization/new?source=upload")
    page.get_by_role("button", name="View Format Guide").click()
    guide = page.get_by_role("dialog", name="Format guide")
    expect(guide.get_by_text("preferred_output").first).to_be_visible()
    expect(guide.locator("pre")).to_have_count(len(GUIDE))
    page.keyboard.press("Escape")
    expect(guide).to_be_hidden()
    expect(page.get_by_text("Drop a file here, or choose one")).to_be_visible()
