"""The dialogs over the canvas, in the browser: what a person reads after each action."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import new_page, settle, visit
from tests.ui.files import create_dataset, wait_for_records, write_lines

pytestmark = pytest.mark.browser

SUBJECTS = ("refund my parcel", "change the delivery address", "track the lost package")
WAIT_MS = 60_000


def row(number: int) -> dict[str, Any]:
    """A good row with a reference and a recorded reward."""
    subject = SUBJECTS[number % 3]
    return {
        "messages": [
            {"role": "system", "content": "Answer briefly. " * 60},
            {"role": "user", "content": f"Please {subject}, number {number}."},
            {"role": "assistant", "content": f"Done: {subject} {number}."},
        ],
        "reference": f"Done: {subject} {number}.",
        "reward": number % 5 / 4,
    }


def no_user(number: int) -> dict[str, Any]:
    """A row whose record is invalid."""
    return {"messages": [{"role": "assistant", "content": f"Hello {number}."}]}


@pytest.fixture(scope="module")
def dataset(app_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a dataset with 60 good and 2 invalid records and one line that is no JSON."""
    path = tmp_path_factory.mktemp("file") / "parcels.jsonl"
    write_lines(path, *map(row, range(60)), no_user(0), no_user(1), b'{"messages": [')
    found = create_dataset(app_url, path, name="mail", objective="Answer parcel questions")
    wait_for_records(app_url, found)
    return f"{app_url}/optimization/{found}"


@pytest.fixture(scope="module")
def visitor(chromium: Browser, app_url: str) -> Iterator[Page]:
    """One visitor who goes through all steps in order, as the tests below do."""
    with new_page(chromium, app_url) as page:
        yield page


def open_step(page: Page, dataset: str, query: str) -> Locator:
    """Open a dialog by its address."""
    visit(page, f"{dataset}?{query}")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def test_extract_names_reasons_and_bad_lines_and_opens_the_records(
    visitor: Page, dataset: str
) -> None:
    dialog = open_step(visitor, dataset, "step=extract")
    expect(dialog).to_contain_text("62 in all")
    expect(dialog.get_by_role("table", name="Bad lines of the file")).to_contain_text("not_json")
    dialog.get_by_role("button", name="Show the records with no_user_turn").click()

    visitor.wait_for_url(re.compile("records=reason"))
    overlay = visitor.get_by_role("dialog", name="Records")
    expect(overlay).to_contain_text("2 of 62 match")


def test_topics_are_found_with_a_chosen_number(visitor: Page, dataset: str) -> None:
    dialog = open_step(visitor, dataset, "step=topics")
    dialog.get_by_role("radio", name="Choose").click()
    dialog.get_by_label("How many topics").fill("3")
    dialog.get_by_role("button", name="Find topics").click()

    topics = dialog.get_by_role("tree", name="Topics").get_by_role("treeitem")
    expect(topics).to_have_count(3, timeout=WAIT_MS)
    topics.nth(1).click()
    expect(dialog.get_by_role("table", name="Records of the topic")).to_contain_text("Please")
    expect(dialog).to_contain_text("20 records · 33%")


def test_coverage_shows_its_division(visitor: Page, dataset: str) -> None:
    dialog = open_step(visitor, dataset, "step=coverage")
    dialog.get_by_role("button", name="Analyze coverage").click()
    expect(dialog).to_contain_text("Balance 1.00 = 33% ÷ 33%", timeout=WAIT_MS)
    dialog.get_by_role("radio", name="Table").click()
    expect(dialog.get_by_role("table", name="Share of each topic")).to_contain_text("on target")


def test_a_grader_is_checked_tried_and_saved_as_versions(visitor: Page, dataset: str) -> None:
    dialog = open_step(visitor, dataset, "step=grader")
    editor = dialog.locator(".cm-content")
    _type(visitor, editor, "def grade(sample, item)\n    return 1")
    expect(dialog).to_contain_text("expected ':' in line 1, column 24")

    _type(visitor, editor, 'def grade(sample, item):\nreturn item["reward"]')
    expect(dialog).to_contain_text("No syntax error.")
    dialog.get_by_role("button", name="Grade 5 records").click()
    expect(dialog.locator("details")).to_have_count(5, timeout=WAIT_MS)
    dialog.get_by_role("button", name="Save as v1").click()
    expect(dialog).to_contain_text("No unsaved changes.")

    editor.click()
    visitor.keyboard.type("# ")
    expect(dialog).to_contain_text("Unsaved changes")
    visitor.keyboard.press("Escape")
    visitor.keyboard.press("Escape")
    question = visitor.get_by_role("dialog", name="Close without saving?")
    expect(question).to_be_visible(timeout=WAIT_MS)
    question.get_by_role("button", name="Cancel").click()
    dialog.get_by_role("button", name="Discard changes").click()
    expect(dialog).to_contain_text("No unsaved changes.")


def test_an_unsaved_grader_is_asked_about_before_the_page_is_left(
    visitor: Page, dataset: str
) -> None:
    dialog = open_step(visitor, dataset, "step=grader")
    _type(visitor, dialog.locator(".cm-content"), "def grade(sample, item):\nreturn 0.5")
    expect(dialog).to_contain_text("Unsaved changes")
    visitor.keyboard.press("Control+k")
    visitor.get_by_role("option", name="All datasets").click()
    question = visitor.get_by_role("dialog", name="Leave without saving?")
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_have_count(0)
    expect(dialog).to_contain_text("return 0.5")
    assert visitor.evaluate("!dispatchEvent(new Event('beforeunload', { cancelable: true }))")

    visitor.keyboard.press("Control+k")
    visitor.get_by_role("option", name="All datasets").click()
    question.get_by_role("button", name="Leave without saving").click()
    visitor.wait_for_url(re.compile(r"/optimization/?$"))
    visitor.get_by_role("link", name="mail", exact=True).click()
    visitor.wait_for_url(dataset)
    visitor.locator('[data-step="grader"]').click()
    expect(dialog).to_contain_text("return 0.5")
    dialog.get_by_role("button", name="Discard changes").click()
    expect(dialog).to_contain_text("No unsaved changes.")
    dialog.get_by_role("button", name="Close").click()
    visitor.get_by_role("link", name="Datasets").first.click()
    visitor.wait_for_url(re.compile(r"/optimization/?$"))


def _type(page: Page, editor: Locator, text: str) -> None:
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def test_a_dry_run_ends_in_a_verdict_with_its_rules(visitor: Page, dataset: str) -> None:
    dialog = open_step(visitor, dataset, "step=dry_run")
    dialog.get_by_role("button", name="Start dry run").click()
    verdict = dialog.get_by_role("region", name="Verdict")
    expect(verdict).to_contain_text("GO", timeout=WAIT_MS)
    rules = dialog.get_by_role("table", name="Rules of the verdict")
    expect(rules.get_by_role("row", name="Mean reward")).to_contain_text("0.50")
    expect(dialog.get_by_role("img", name="Histogram of 60 rewards")).to_be_visible()

    dialog.get_by_role("radio", name="Worst").click()
    expect(dialog.locator("details").first).to_contain_text("0.00")
    dialog.get_by_role("radio", name="Failed").click()
    expect(dialog).to_contain_text("The grader failed on none.")


def test_records_are_searched_and_walked_by_keyboard(visitor: Page, dataset: str) -> None:
    overlay = open_step(visitor, dataset, "records=all")
    expect(overlay).to_contain_text("62 records")
    visitor.keyboard.press("/")
    visitor.keyboard.type("lost package")
    expect(overlay).to_contain_text("20 of 62 match")

    overlay.locator("[data-item]").first.click()
    record = overlay.get_by_role("region", name="Record")
    first = record.locator("b.font-mono").inner_text()
    expect(record).to_contain_text("Show 960 characters")
    visitor.keyboard.press("j")
    expect(record.locator("b.font-mono")).not_to_have_text(first)
    record.get_by_role("tab", name="Rollouts").click()
    expect(record.locator("details")).to_have_count(1)

    visitor.keyboard.press("Escape")
    expect(record).to_have_count(0)
    visitor.keyboard.press("Escape")
    expect(visitor.get_by_role("dialog")).to_have_count(0)


def test_what_is_chosen_for_training_and_deploying_is_kept(either: Page, dataset: str) -> None:
    dialog = open_step(either, dataset, "step=train")
    share = dialog.get_by_label("Share to train on")
    other = "70" if share.input_value() != "70" else "85"
    share.fill(other)
    share.press("Tab")
    dialog.get_by_role("radio", name="High").click()
    expect(dialog.get_by_role("radio", name="High")).to_be_checked()
    expect(dialog).to_contain_text("Ready to train?")
    dialog.get_by_role("radio", name="Standard").click()
    expect(dialog.get_by_role("radio", name="Standard")).to_be_checked()
    expect(dialog).to_contain_text("training step")
    expect(dialog.get_by_role("button", name="Start training")).to_be_visible()

    dialog = open_step(either, dataset, "step=deploy")
    dialog.get_by_role("radio", name="Replace").click()
    expect(dialog.get_by_label("Share of the calls", exact=True)).to_have_count(0)
    expect(dialog.get_by_role("button", name="Deploy", exact=True)).to_be_enabled()
    assert either.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0

    dialog = open_step(either, dataset, "step=train")
    expect(dialog.get_by_label("Share to train on")).to_have_value(other)
    dialog = open_step(either, dataset, "step=deploy")
    dialog.get_by_role("radio", name="A/B test").click()
    expect(dialog.get_by_label("Share of the calls", exact=True)).to_be_visible()


def test_dialogs_fit_a_phone(phone: Page, dataset: str) -> None:
    for query in ("step=extract", "step=dry_run", "records=all"):
        open_step(phone, dataset, query)
        settle(phone)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, query
