"""One record is edited in the browser: in fields and as JSON, saved, undone, guarded."""

import re
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.ui.files import chat, create_dataset, wait_for_records, write_lines
from tests.ui.test_records import open_records, rows, titles

pytestmark = pytest.mark.browser


@pytest.fixture
def dataset(app_url: str, tmp_path: Path) -> str:
    """Id of a dataset with eight records and two topics."""
    tool = {"type": "function", "function": {"name": "find_order", "parameters": {}}}
    last = {**chat(7), "tools": [tool], "weight": 3}
    path = write_lines(tmp_path / "rows.jsonl", *map(chat, range(7)), last)
    found = create_dataset(app_url, path, name="orders", objective="Say where orders are")
    wait_for_records(app_url, found)
    home = f"{app_url}/api/optimization/datasets/{found}"
    httpx2.put(f"{home}/topics", json={"topics": {"Parcels": {}, "Refunds": {}}}).raise_for_status()
    return found


def edit_first(page: Page, app_url: str, dataset: str) -> Locator:
    sheet = open_records(page, app_url, dataset)
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(sheet.get_by_role("list", name="Turns")).to_be_visible()
    return sheet


def save(sheet: Locator) -> None:
    sheet.get_by_role("button", name="Save record").click()
    expect(sheet.get_by_role("list", name="Turns")).to_have_count(0)


def test_a_turn_is_edited_in_its_field_and_steps_go_out_of_date(
    page: Page, app_url: str, dataset: str
) -> None:
    sheet = edit_first(page, app_url, dataset)
    sheet.get_by_label("Text of turn 1").fill("Where is my red kettle?")
    sheet.get_by_label("Topic", exact=True).select_option("Refunds")
    save(sheet)
    expect(sheet).to_contain_text("Edited a record")
    expect(sheet).to_contain_text("Out of date now: Topics")
    expect(rows(sheet).first).to_contain_text("Where is my red kettle?")
    expect(rows(sheet).first).to_contain_text("Refunds")
    expect(rows(sheet)).to_have_count(8)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Out of date").first).to_be_visible()

    sheet = open_records(page, app_url, dataset)
    sheet.get_by_role("button", name="Undo one of the latest changes").click()
    page.get_by_role("menuitem", name="Edited a record").click()
    expect(sheet).to_contain_text("Undone: edited a record")
    assert "Where is my red kettle?" not in titles(app_url, dataset)
    assert len(titles(app_url, dataset)) == 8


def test_a_tool_call_is_added_and_a_fault_in_it_names_its_place(
    page: Page, app_url: str, dataset: str
) -> None:
    sheet = edit_first(page, app_url, dataset)
    sheet.get_by_role("button", name="Add a tool call").click()
    sheet.get_by_label("Tool called in turn 2").fill("find_order")
    sheet.get_by_label("Arguments in turn 2").fill("{id: 7}")
    sheet.get_by_role("button", name="Save record").click()
    expect(sheet).to_contain_text("Turn 2 (assistant), call 1: the arguments must be a JSON object")
    sheet.get_by_label("Arguments in turn 2").fill('{"id": 7}')
    sheet.get_by_role("button", name="Move turn 2 up").click()
    expect(sheet.get_by_label("Role of turn 1")).to_have_value("assistant")
    sheet.get_by_role("button", name="Move turn 1 down").click()
    save(sheet)
    expect(sheet.get_by_role("region", name="Record", exact=True)).to_contain_text("find_order")


def test_json_goes_over_into_the_form_and_back(page: Page, app_url: str, dataset: str) -> None:
    sheet = edit_first(page, app_url, dataset)
    sheet.get_by_role("radio", name="JSON").click()
    editor = sheet.get_by_label("The record as JSON")
    expect(editor).to_contain_text('"messages"')
    expect(editor).to_contain_text('"name": "find_order"')
    editor.fill('{"messages": [{"role": "user" "content": "x"}]}')
    sheet.get_by_role("button", name="Save record").click()
    expect(sheet.get_by_role("alert")).to_contain_text("Line 1, column")
    editor.fill(
        '{"messages": [{"role": "user", "content": "Is it here?"}], "metadata": {"shop": 3}}'
    )
    sheet.get_by_role("radio", name="Form").click()
    expect(sheet.get_by_label("Text of turn 1")).to_have_value("Is it here?")
    sheet.get_by_label("Reference").fill("Yes")
    save(sheet)
    answer = httpx2.get(
        f"{app_url}/api/optimization/datasets/{dataset}/records", params={"search": "Is it here"}
    ).json()
    assert len(answer) == 1
    assert "shop" in str(answer[0])


def test_an_invalid_version_is_saved_only_when_asked_twice(
    page: Page, app_url: str, dataset: str
) -> None:
    sheet = edit_first(page, app_url, dataset)
    sheet.get_by_label("Text of turn 2").fill("")
    sheet.get_by_role("button", name="Save record").click()
    expect(sheet).to_contain_text("Turn 2: A message has neither text nor tool calls.")
    assert len(titles(app_url, dataset)) == 8
    sheet.get_by_role("button", name="Save it as invalid").click()
    expect(sheet).to_contain_text("Edited a record")
    assert len(titles(app_url, dataset)) == 7


def test_what_is_not_saved_is_kept_and_asked_about(page: Page, app_url: str, dataset: str) -> None:
    sheet = edit_first(page, app_url, dataset)
    sheet.get_by_label("Text of turn 1").fill("Half a thou")
    expect(sheet).to_contain_text("Not saved yet")
    rows(sheet).nth(4).get_by_role("button").click()
    expect(sheet).to_contain_text("Save or discard what you changed here first.")
    sheet.get_by_role("button", name="Close", exact=True).click()
    question = page.get_by_role("dialog", name="Close without saving?")
    question.get_by_role("button", name="Close without saving").click()
    expect(sheet).to_have_count(0)
    page.get_by_role("button", name="Records 8").click()
    expect(sheet.get_by_label("Text of turn 1")).to_have_value("Half a thou")
    sheet.get_by_role("button", name="Discard changes").click()
    expect(sheet.get_by_role("list", name="Turns")).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)


def test_an_edit_of_what_changed_meanwhile_says_so(page: Page, app_url: str, dataset: str) -> None:
    sheet = edit_first(page, app_url, dataset)
    sheet.get_by_label("Text of turn 1").fill("Mine")
    home = f"{app_url}/api/optimization/datasets/{dataset}/records"
    ids = [each["id"] for each in httpx2.get(home).json()]
    httpx2.post(f"{home}/delete", json={"recordIds": ids[:1]}).raise_for_status()
    sheet.get_by_role("button", name="Save record").click()
    expect(sheet).to_contain_text("was edited or deleted since you opened it")
    expect(sheet.get_by_label("Text of turn 1")).to_have_value("Mine")


def test_on_a_phone_a_record_is_edited_in_its_form(phone: Page, app_url: str, dataset: str) -> None:
    sheet = open_records(phone, app_url, dataset)
    rows(sheet).first.get_by_role("button").click()
    sheet.get_by_role("button", name=re.compile("^Edit")).click()
    sheet.get_by_label("Text of turn 1").fill("Where is my blue kettle?")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    save(sheet)
    expect(sheet).to_contain_text("Edited a record")
    sheet.get_by_role("button", name="Back to the list").click()
    expect(rows(sheet).first).to_contain_text("Where is my blue kettle?")
    assert "Where is my blue kettle?" in titles(app_url, dataset)
