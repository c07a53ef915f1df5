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
    """A server on which a file of 240 traces was imported; 160 of them have an answer."""
    path = write_lines(
        tmp_path_factory.mktemp("file") / "flights.jsonl", *map(make_trace, range(240))
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
        expect(page.get_by_text("Matching: 160 of 240")).to_be_visible()
        expect(create_button(page)).to_be_disabled()
        expect(page.get_by_text("Select at least one trace.")).to_be_visible()
        page.get_by_label("Model").select_option("large")
        expect(page.get_by_text("Matching: 80 of 240")).to_be_visible()

        page.get_by_role("checkbox", name="Select all 80").click()
        expect(page.get_by_text("80 selected")).to_be_visible()
        rows(page).nth(1).click()
        expect(page.get_by_text("79 selected")).to_be_visible()
        expect(page.get_by_text("all that match, minus 1")).to_be_visible()

        expect(page.get_by_role("heading", name="Airline agent")).to_be_visible()
        expect(page.get_by_text("79 of 79 share it")).to_be_visible()
        expect(page.get_by_text("find_flight")).to_be_visible()
        expect(page.get_by_label("Name")).to_have_value("airline-agent")
        expect(page.get_by_label("Objective")).to_have_value(
            "Help travellers book or cancel flights."
        )
        expect(page.get_by_role("radio", name="Every answer 158")).to_be_visible()
        create_button(page).click()
        page.wait_for_url(re.compile(r"/optimization/ds_"))
        expect(page.get_by_text("79 valid records")).to_be_visible()


def test_what_a_person_typed_is_not_overwritten(chromium: Browser, stored_url: str) -> None:
    with new_page(chromium, stored_url) as page:
        visit(page, f"{stored_url}/optimization/new")
        page.get_by_label("Name").fill("mine")
        rows(page).first.click()
        expect(page.get_by_label("Objective")).to_have_value(
            "Help travellers book or cancel flights."
        )
        expect(page.get_by_label("Name")).to_have_value("mine")


def test_scrolling_goes_on_and_keeps_the_rows_that_were_picked(
    chromium: Browser, stored_url: str
) -> None:
    with new_page(chromium, stored_url) as page:
        visit(page, f"{stored_url}/optimization/new")
        expect(rows(page)).to_have_count(150)
        rows(page).first.click()
        rows(page).last.scroll_into_view_if_needed()
        expect(page.get_by_text("51–160")).to_be_visible()
        expect(page.get_by_text("1 selected")).to_be_visible()
        rows(page).last.click()
        rows(page).first.scroll_into_view_if_needed()
        expect(page.get_by_text("1–150")).to_be_visible()
        expect(rows(page).first).to_be_checked()
        expect(page.get_by_text("2 selected")).to_be_visible()
        page.get_by_role("button", name="Clear selection").click()
        expect(page.get_by_text("0 selected")).to_be_visible()


def test_a_sample_of_what_matches_becomes_a_dataset(chromium: Browser, stored_url: str) -> None:
    with new_page(chromium, stored_url, PHONE) as page:
        visit(page, f"{stored_url}/optimization/new")
        page.get_by_role("button", name="Filters 1").click()
        page.get_by_label("Model").select_option("large")
        expect(page.get_by_text("Matching: 80 of 240")).to_be_visible()
        page.get_by_role("button", name="Sample").click()
        page.get_by_label("Size of the sample").fill("12")
        page.get_by_label("How the sample is drawn").select_option("stratified")
        page.get_by_role("button", name="Draw").click()
        expect(page.get_by_text("12 selected")).to_be_visible()
        page.get_by_label("Name").fill("few")
        page.get_by_label("Objective").fill("Cancel flights")
        expect(page.get_by_text("then extracts 12 records.")).to_be_visible()
        create_button(page).click()
        page.wait_for_url(re.compile(r"/optimization/ds_"))


def test_values_are_previewed_then_replaced_in_the_dataset(
    chromium: Browser, stored_url: str
) -> None:
    with new_page(chromium, stored_url) as page:
        visit(page, f"{stored_url}/optimization/new")
        page.get_by_text("Personal values").click()
        page.get_by_role("button", name="Add a pattern of your own").click()
        page.get_by_label("Name of the pattern").fill("flight")
        page.get_by_label("Pattern", exact=True).fill("(?=number)")
        page.get_by_label("Name of the pattern").focus()
        expect(page.get_by_text("The pattern FLIGHT cannot be used")).to_be_visible()
        page.get_by_label("Pattern", exact=True).fill("number [0-9]+")
        expect(page.get_by_text("1 kind replaced")).to_be_visible()
        expect(page.get_by_text("The pattern FLIGHT cannot be used")).to_be_hidden()
        page.get_by_role("checkbox", name="number 239.").click()
        page.get_by_role("button", name="Preview on selected traces").click()
        expect(page.get_by_text("1 of 1 trace would change.")).to_be_visible()
        expect(page.get_by_role("list", name="Before and after")).to_contain_text("<FLIGHT_1>")
        page.get_by_label("Name", exact=True).fill("private")
        page.get_by_label("Objective").fill("Cancel flights")
        create_button(page).click()
        page.wait_for_url(re.compile(r"/optimization/ds_"))
        expect(page.get_by_text("1 valid record")).to_be_visible()
        visit(page, f"{page.url.split('?')[0]}?records=all")
        expect(page.get_by_role("table").get_by_text("my flight <FLIGHT_1>")).to_be_visible()


def test_on_a_phone_a_search_without_a_match_offers_the_way_back(
    chromium: Browser, stored_url: str
) -> None:
    with new_page(chromium, stored_url, PHONE) as page:
        visit(page, f"{stored_url}/optimization/new")
        page.get_by_label("Search traces").fill("hotel")
        expect(page.get_by_text("No trace matches")).to_be_visible()
        page.get_by_role("button", name="Clear filters").last.click()
        expect(page.get_by_text("Matching: 240 of 240")).to_be_visible()
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
