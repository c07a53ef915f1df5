"""What goes into a dataset and comes out of it, in the browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import visit
from tests.ui.files import chat, create_dataset, wait_for_records, write_lines

pytestmark = pytest.mark.browser
WAIT_MS = 60_000


@pytest.fixture
def dataset(app_url: str, tmp_path: Path) -> str:
    """Address of a dataset with eight records."""
    path = write_lines(tmp_path / "first.jsonl", *map(chat, range(8)))
    found = create_dataset(app_url, path, name="orders", objective="Say where orders are")
    wait_for_records(app_url, found)
    return f"{app_url}/optimization/{found}"


def open_dialog(page: Page, address: str, name: str) -> Locator:
    visit(page, address)
    menu = page.get_by_role("button", name=re.compile("^(Data|More)$")).locator("visible=true")
    menu.click()
    page.get_by_role("menuitem", name=name).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def no_scroll(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_records_are_replaced_restored_and_replaced_again(
    either: Page, dataset: str, tmp_path: Path
) -> None:
    path = write_lines(tmp_path / "second.jsonl", *map(chat, range(20, 23)), b"{oops")
    dialog = open_dialog(either, dataset, "Import records…")
    either.set_input_files("input[type=file]", path)
    expect(dialog.get_by_text("3 parsed")).to_be_visible()
    dialog.get_by_role("radio", name="Replace them").click()
    expect(dialog).to_contain_text("Archives 8 records once the file is read")
    no_scroll(either)
    dialog.get_by_role("button", name="Replace 8 records").click()
    expect(dialog).to_contain_text("3 rows imported.", timeout=WAIT_MS)
    expect(dialog.get_by_role("list", name="Bad lines")).to_contain_text("Line 4")

    dialog.get_by_role("button", name="Show snapshots").click()
    snapshots = either.get_by_role("dialog", name="Snapshots")
    expect(snapshots.get_by_role("list", name="Snapshots")).to_contain_text("8 records")
    chosen = snapshots.get_by_role("region", name="Chosen snapshot")
    expect(chosen.get_by_role("table", name="Difference by topic")).to_contain_text("+3")
    no_scroll(either)
    chosen.get_by_role("button", name="Restore this snapshot…").click()
    question = either.get_by_role("dialog", name="Restore 8 records?")
    expect(question).to_contain_text("archives 3 records and brings back 8")
    question.get_by_role("button", name="Restore").click()
    expect(snapshots).to_contain_text("8 records brought back and 3 archived", timeout=WAIT_MS)
    expect(chosen).to_contain_text("They hold exactly the same records.")

    lines = snapshots.get_by_role("list", name="Snapshots").get_by_role("button")
    expect(lines).to_have_count(2)
    lines.first.click()
    expect(chosen.get_by_role("heading", name="Before a restore")).to_be_visible()
    either.keyboard.press("Escape")
    expect(either.get_by_text("8 valid records")).to_be_visible()


def test_a_file_is_added_and_the_rest_stays(page: Page, dataset: str, tmp_path: Path) -> None:
    dialog = open_dialog(page, dataset, "Import records…")
    path = write_lines(tmp_path / "more.jsonl", *map(chat, range(20, 25)))
    page.set_input_files("input[type=file]", path)
    dialog.get_by_role("button", name="Add records").click()
    expect(dialog).to_contain_text("5 rows imported.", timeout=WAIT_MS)
    expect(dialog).to_contain_text("Every line of the file could be used.")
    dialog.get_by_role("button", name="Show the records").click()
    expect(page.get_by_role("dialog", name="Records")).to_contain_text("13 records")


def test_recorded_answers_are_imported_in_the_browser(
    page: Page, dataset: str, tmp_path: Path
) -> None:
    rows = [{"question": f"Where is order {n}?", "output": "Gone.", "reward": 0} for n in range(9)]
    dialog = open_dialog(page, dataset, "Import records…")
    dialog.get_by_role("radio", name="Rollouts").click()
    page.set_input_files("input[type=file]", write_lines(tmp_path / "answers.jsonl", *rows))
    expect(dialog.get_by_text("Answers to records")).to_be_visible()
    dialog.get_by_role("button", name="Import rollouts").click()
    expect(dialog).to_contain_text("8 answers imported.", timeout=WAIT_MS)
    expect(dialog.get_by_role("list", name="Bad lines")).to_contain_text("no record")


def test_a_file_waits_in_a_closed_dialog_and_can_be_dropped(
    page: Page, dataset: str, tmp_path: Path
) -> None:
    dialog = open_dialog(page, dataset, "Import records…")
    path = write_lines(tmp_path / "more.jsonl", chat(30))
    page.set_input_files("input[type=file]", path)
    expect(dialog.get_by_text("1 parsed")).to_be_visible()
    page.keyboard.press("Escape")
    dialog = open_dialog(page, dataset, "Import records…")
    expect(dialog.get_by_text("1 parsed")).to_be_visible()
    dialog.get_by_role("button", name="Remove this file").click()
    expect(dialog).to_contain_text("Drop a file here")
    page.set_input_files("input[type=file]", path)
    expect(dialog.get_by_text("1 parsed")).to_be_visible()


def test_records_are_downloaded(page: Page, dataset: str, tmp_path: Path) -> None:
    visit(page, dataset)
    page.get_by_role("button", name="Data", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Download records").click()
    path = tmp_path / "records.jsonl"
    download.value.save_as(path)
    assert len(path.read_bytes().splitlines()) == 8


def test_a_snapshot_is_kept_by_hand_and_named(page: Page, dataset: str) -> None:
    dialog = open_dialog(page, dataset, "Snapshots…")
    expect(dialog).to_contain_text("No snapshots yet")
    dialog.get_by_label("Name of the next snapshot").fill("before the purge")
    dialog.get_by_role("button", name="Keep the current records").click()
    line = dialog.get_by_role("list", name="Snapshots").get_by_role("button")
    expect(line).to_contain_text("before the purge")
    expect(dialog).to_contain_text("They hold exactly the same records.")


def test_a_deleted_dataset_in_an_open_tab_is_said_to_be_gone(
    page: Page, phone: Page, dataset: str
) -> None:
    visit(page, f"{dataset}?dialog=snapshots")
    expect(page.get_by_role("dialog")).to_be_visible()
    visit(phone, f"{dataset}/settings")
    phone.get_by_role("button", name="Delete dataset…").click()
    confirm = phone.get_by_role("dialog", name="Delete orders?")
    expect(confirm.get_by_role("button", name="Delete dataset")).to_be_disabled()
    confirm.get_by_label("Type the dataset's name to confirm").fill("orders")
    confirm.get_by_role("button", name="Delete dataset").click()
    phone.wait_for_url(re.compile(r"/optimization/?$"))
    expect(page.get_by_text("This dataset is not there")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_settings_are_saved_and_guarded(either: Page, dataset: str) -> None:
    visit(either, f"{dataset}/settings")
    expect(either.get_by_label("Name")).to_have_value("orders")
    no_scroll(either)
    either.get_by_label("Objective").fill("Say where every order is")
    either.get_by_role("link", name="Back to the canvas").click()
    question = either.get_by_role("dialog", name="Leave without saving?")
    question.get_by_role("button", name="Cancel").click()
    either.get_by_role("button", name="Save changes").click()
    expect(either.get_by_role("button", name="Save changes")).to_be_disabled()
    either.get_by_role("link", name="Back to the canvas").click()
    either.wait_for_url(dataset)
    visit(either, f"{dataset}/settings")
    expect(either.get_by_label("Objective")).to_have_value("Say where every order is")

    either.get_by_label("Name").fill("dropped")
    either.get_by_role("link", name="Back to the canvas").click()
    question.get_by_role("button", name="Leave without saving").click()
    either.wait_for_url(dataset)


def test_a_reset_starts_over_and_keeps_the_records(page: Page, dataset: str) -> None:
    visit(page, f"{dataset}/settings")
    page.get_by_role("button", name="Reset pipeline…").click()
    question = page.get_by_role("dialog", name="Reset the pipeline?")
    expect(question).to_contain_text("The 8 records")
    question.get_by_role("button", name="Reset pipeline").click()
    page.wait_for_url(dataset)
    expect(page.locator('[data-step="extract"]')).to_have_attribute("data-status", "ready")
    expect(page.get_by_text("8 valid records")).to_be_visible()


def test_a_dataset_is_duplicated_from_its_card(page: Page, app_url: str, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "first.jsonl", *map(chat, range(8)))
    found = create_dataset(app_url, path, name="to be copied", objective="Say where orders are")
    wait_for_records(app_url, found)
    visit(page, f"{app_url}/optimization")
    page.get_by_role("button", name="More actions for to be copied", exact=True).click()
    page.get_by_role("menuitem", name="Duplicate").click()
    copy = page.get_by_role("article", name=re.compile("^to be copied copy"))
    expect(copy).to_contain_text("8 records", timeout=WAIT_MS)
    expect(copy).to_contain_text("Next: topics")


def test_values_of_added_rows_are_previewed_then_replaced(
    either: Page, dataset: str, tmp_path: Path
) -> None:
    said = {"role": "user", "content": "I am zoe@example.com"}
    row = {"messages": [said, {"role": "assistant", "content": "Hello"}]}
    path = write_lines(tmp_path / "more.jsonl", row)
    dialog = open_dialog(either, dataset, "Import records…")
    either.set_input_files("input[type=file]", path)
    expect(dialog.get_by_text("1 parsed")).to_be_visible()
    dialog.get_by_text("Personal values").click()
    dialog.get_by_role("checkbox", name="E-mail").click()
    dialog.get_by_role("button", name="Preview on this file").click()
    expect(dialog.get_by_text("1 of 1 row would change.")).to_be_visible()
    expect(dialog.get_by_role("list", name="Before and after")).to_contain_text("<EMAIL_1>")
    no_scroll(either)
    dialog.get_by_role("button", name="Add records").click()
    expect(dialog).to_contain_text("1 row imported.", timeout=WAIT_MS)
    dialog.get_by_role("button", name="Import another file").click()
    expect(dialog.get_by_text("1 kind replaced")).to_be_visible()
    visit(either, dataset)
    expect(either.get_by_text("9 valid records")).to_be_visible(timeout=WAIT_MS)
    visit(either, f"{dataset}?records=all")
    expect(either.get_by_text("I am <EMAIL_1>").first).to_be_visible(timeout=WAIT_MS)
