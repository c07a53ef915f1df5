"""From a gap to new records, in the browser: plan, run, review, and where they end up."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import PHONE, new_page, serve, visit
from tests.llm.provider import FakeProvider, Json, Served, refuse, say_json
from tests.ui.files import create_dataset, wait_for_records, write_lines
from tests.ui.screens import run_rft
from tests.ui.test_accessibility import scan

pytestmark = pytest.mark.browser

WAIT_MS = 60_000
SUBJECTS = {"refund my broken kettle": 24, "track the parcel to Oslo": 6}
EASY = ("Hello, could you kindly", "It is urgent:", "My neighbour wants you to")
Place = tuple[str, str, "Writer"]


class Writer:
    """A model that rewords; it can be told to fail, to repeat its source, or to wait."""

    def __init__(self) -> None:
        self.is_failing = False
        self.is_repeating = False
        self._gate = threading.Event()
        self._num_free = -1

    def close_after(self, num_calls: int) -> None:
        """Answer so many calls; let further ones wait."""
        self._gate.clear()
        self._num_free = num_calls

    def open(self) -> None:
        """Let all go on."""
        self._num_free = -1
        self._gate.set()

    def __call__(self, request: Json, number: int) -> Served:
        """One reply."""
        if self._num_free == 0:
            self._gate.wait(30)
        self._num_free = max(-1, self._num_free - 1)
        if self.is_failing:
            return refuse(402, "no credit left", code="insufficient_quota")
        asked = request["messages"][1]["content"]
        count = int(_find(r"in (\d+) ways", asked))
        said = _find(r"USER: (.*)", asked)
        texts = [said if self.is_repeating else _reword(said, number, n) for n in range(count)]
        return say_json({"variations": [{"user_messages": [t], "answer": None} for t in texts]})


def _find(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None, text
    return found[1]


def _reword(said: str, number: int, n: int) -> str:
    words = " ".join(f"q{number}{n}{letter}z" for letter in "abcdefgh")
    return f"{EASY[n % 3]} {said.removeprefix('Please ')} {words}"


def row(subject: str, number: int) -> dict[str, Any]:
    """A good row with a reference."""
    return {
        "messages": [
            {"role": "system", "content": "Answer briefly. " * 60},
            {"role": "user", "content": f"Please {subject}, number {number}."},
            {"role": "assistant", "content": f"Done: {subject} {number}."},
        ],
        "reference": f"Done: {subject} {number}.",
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The app with a provider: its address, that of a dataset with two topics, the model."""
    folder, writer = tmp_path_factory.mktemp("generation"), Writer()
    with FakeProvider(writer).running() as provider:
        settings = {
            "RFT_LLM_BASE_URL": provider.url,
            "RFT_LLM_API_KEY": "sk-test",
            "RFT_LLM_MODELS": "good=1/10, local",
            "RFT_LLM_PRICES_DATE": "2026-11-01",
            "RFT_LLM_MAX_ATTEMPTS": "1",
            "RFT_LLM_CONCURRENCY": "1",
            "RFT_TEXT_FEATURES": "tfidf",
        }
        with serve(folder / "data", settings=settings) as url:
            yield url, _make_dataset(url, folder), writer


def _make_dataset(url: str, folder: Path) -> str:
    rows = [row(subject, n) for subject, times in SUBJECTS.items() for n in range(times)]
    lines = write_lines(folder / "requests.jsonl", *rows)
    found = create_dataset(url, lines, name="requests", objective="Answer requests")
    wait_for_records(url, found)
    run_rft(folder / "data", "run", found, "--until", "coverage", "--num-topics", "2")
    return f"{url}/optimization/{found}"


@pytest.fixture(scope="module")
def visitor(chromium: Browser, place: Place) -> Iterator[Page]:
    """One visitor who goes the whole way, in the order of the tests below."""
    with new_page(chromium, place[0]) as page:
        yield page


def open_dialog(page: Page, dataset: str, name: str) -> Locator:
    """Open one of the two dialogs by its address."""
    visit(page, f"{dataset}?dialog={name}")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def test_coverage_leads_to_a_plan_with_its_cost(visitor: Page, place: Place) -> None:
    visit(visitor, f"{place[1]}?step=coverage")
    visitor.get_by_role("button", name="Generate to fill gaps").click()
    dialog = visitor.get_by_role("dialog", name="Generate records")
    plan = dialog.get_by_role("table", name="Plan by topic")
    expect(plan.get_by_role("row")).to_have_count(3)
    expect(dialog).to_contain_text("18 would be needed; a synthetic share of at most 30% allows 12")
    expect(dialog).to_contain_text("Prices of 2026-11-01")
    expect(dialog.get_by_role("button", name="Generate 12 records")).to_be_enabled()


def test_a_strategy_that_the_records_do_not_allow_says_why(visitor: Page) -> None:
    dialog = visitor.get_by_role("dialog")
    expect(dialog.get_by_role("radio", name="Tool chain")).to_be_disabled()
    expect(dialog).to_contain_text("No valid record of this dataset has tools.")


def test_settings_change_the_plan_and_impossible_ones_are_named(visitor: Page) -> None:
    dialog = visitor.get_by_role("dialog")
    dialog.get_by_label("Largest synthetic share").fill("0")
    expect(dialog).to_contain_text("A percentage from 1 to 100")
    expect(dialog.get_by_role("button", name="Generate 12 records")).to_be_disabled()
    dialog.get_by_label("Largest synthetic share").fill("100")
    expect(dialog.get_by_role("button", name="Generate 18 records")).to_be_enabled()
    dialog.get_by_label("Model").select_option("local")
    expect(dialog).to_contain_text("local has no known price")
    dialog.get_by_label("Model").select_option("good")
    dialog.get_by_label("Largest synthetic share").fill("30")
    expect(dialog.get_by_role("button", name="Generate 12 records")).to_be_enabled()


def test_a_topic_can_be_left_out(visitor: Page) -> None:
    dialog = visitor.get_by_role("dialog")
    boxes = dialog.get_by_role("table", name="Plan by topic").get_by_role("checkbox")
    dialog.get_by_role("row").filter(has_text="12").get_by_role("checkbox").click()
    expect(dialog).to_contain_text("Nothing to generate: the plan says why.")
    expect(boxes).to_have_count(2)
    dialog.get_by_role("checkbox", checked=False).first.click()
    expect(dialog.get_by_role("button", name="Generate 12 records")).to_be_enabled()


def test_a_run_that_fails_says_how_to_mend_it(visitor: Page, place: Place) -> None:
    dialog, writer = visitor.get_by_role("dialog"), place[2]
    writer.is_failing = True
    dialog.get_by_role("button", name="Generate 12 records").click()
    expect(dialog).to_contain_text("The run failed.", timeout=WAIT_MS)
    expect(dialog).to_contain_text("Top up the provider's account.")
    writer.is_failing = False


def test_a_cancelled_run_keeps_what_was_paid(visitor: Page, place: Place) -> None:
    dialog, writer = visitor.get_by_role("dialog"), place[2]
    writer.close_after(1)
    dialog.get_by_role("button", name="Generate 12 records").click()
    expect(dialog).to_contain_text("3 of 12 records generated", timeout=WAIT_MS)
    cancel = dialog.get_by_role("button", name="Cancel")
    cancel.click()
    expect(cancel).to_be_disabled()
    writer.open()
    expect(dialog).to_contain_text("The run was cancelled.", timeout=WAIT_MS)
    expect(dialog).to_contain_text(re.compile(r"[12] calls? paid, <?\$0.0"))
    expect(dialog).to_contain_text(re.compile("[36] generated records wait for review"))


def test_a_run_makes_the_rest_which_waits_for_review(visitor: Page) -> None:
    dialog = visitor.get_by_role("dialog")
    dialog.get_by_role("button", name=re.compile(r"Generate [69] records")).click()
    expect(dialog).to_contain_text("Nothing to generate", timeout=WAIT_MS)
    expect(dialog).to_contain_text("made, ")
    expect(dialog.get_by_role("radio", name="Review")).to_contain_text("12")
    assert not scan(visitor)


def test_the_review_shows_what_was_changed(visitor: Page) -> None:
    visitor.get_by_role("dialog").get_by_role("radio", name="Review").click()
    dialog = visitor.get_by_role("dialog", name="Review generated records")
    expect(dialog).to_contain_text("0 of 12 reviewed")
    parts = dialog.get_by_role("list", name="Differences")
    expect(parts.locator("ins").first).to_contain_text("kindly")
    expect(parts.locator("del").first).to_contain_text("Please")
    expect(dialog.get_by_role("list", name="Checks")).to_contain_text("No near-duplicate")
    assert not scan(visitor)


def test_the_keyboard_moves_accepts_rejects_and_undoes(visitor: Page) -> None:
    dialog = visitor.get_by_role("dialog")
    rows = dialog.get_by_role("list", name="Generated records").get_by_role("button")
    visitor.keyboard.press("j")
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
    visitor.keyboard.press("k")
    expect(rows.nth(0)).to_have_attribute("aria-current", "true")
    visitor.keyboard.press("a")
    expect(dialog).to_contain_text("1 of 12 reviewed")
    expect(dialog).to_contain_text(re.compile("Accepted as rec_"))
    visitor.keyboard.press("r")
    expect(dialog).to_contain_text("2 of 12 reviewed")
    dialog.get_by_role("button", name="Take it back").click()
    expect(dialog).to_contain_text("1 of 12 reviewed")


def test_an_edited_record_is_accepted_with_its_text(visitor: Page) -> None:
    dialog = visitor.get_by_role("dialog")
    visitor.keyboard.press("e")
    box = dialog.get_by_label("User")
    box.fill("")
    dialog.get_by_role("button", name="Save and accept").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    box.fill("Where is my silver teapot?")
    visitor.keyboard.press("Escape")
    question = visitor.get_by_role("dialog", name="Close without saving?")
    question.get_by_role("button", name="Cancel").click()
    dialog.get_by_role("button", name="Save and accept").click()
    expect(dialog).to_contain_text("2 of 12 reviewed")
    expect(dialog).to_contain_text("Edited and accepted as rec_")


def test_a_record_can_be_made_again(visitor: Page, place: Place) -> None:
    dialog, writer = visitor.get_by_role("dialog"), place[2]
    rows = dialog.get_by_role("list", name="Generated records")
    before = rows.locator('[aria-current="true"]').inner_text().splitlines()[0]
    writer.is_repeating = True
    visitor.keyboard.press("g")
    expect(dialog).to_contain_text("Made again", timeout=WAIT_MS)
    writer.is_repeating = False
    expect(rows).not_to_contain_text(before)
    expect(dialog.get_by_role("radio", name="Faults")).to_contain_text("1")
    dialog.get_by_role("radio", name="Faults").click()
    checks = dialog.get_by_role("list", name="Checks")
    expect(checks).to_contain_text("100% the same as")
    expect(checks).to_contain_text("Please ")
    link = checks.get_by_role("link", name=re.compile("^Open rec_"))
    with visitor.expect_popup() as opened:
        link.click()
    records = opened.value.get_by_role("dialog", name="Records")
    expect(records.get_by_text(link.inner_text()).first).to_be_visible()
    opened.value.close()
    dialog.get_by_role("radio", name="Waiting").click()


def test_all_that_pass_are_accepted_and_found_among_the_records(
    visitor: Page, place: Place
) -> None:
    dialog = visitor.get_by_role("dialog")
    dialog.get_by_role("button", name="Accept all 9 that pass").click()
    expect(dialog).to_contain_text("9 records accepted.", timeout=WAIT_MS)
    expect(dialog).to_contain_text("11 of 12 reviewed")

    visit(visitor, f"{place[1]}?records=all")
    overlay = visitor.get_by_role("dialog", name="Records")
    overlay.get_by_label("Source").select_option("generated")
    expect(overlay).to_contain_text("11 of 41 match")
    expect(overlay).to_contain_text("Where is my silver teapot?")


def test_on_a_phone_the_review_is_a_list_and_then_one_record(
    chromium: Browser, place: Place
) -> None:
    with new_page(chromium, place[0], PHONE) as phone:
        plan = open_dialog(phone, place[1], "generate").get_by_role("table", name="Plan by topic")
        expect(plan).to_be_visible()
        dialog = open_dialog(phone, place[1], "review")
        row = dialog.get_by_role("list", name="Generated records").get_by_role("button").first
        expect(dialog.get_by_role("button", name="Accept", exact=True)).to_be_hidden()
        row.click()
        expect(dialog.get_by_role("button", name="Reject")).to_be_visible()
        expect(row).to_be_hidden()
        width = phone.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"]
        assert not scan(phone)
        dialog.get_by_role("button", name="Back to the list").click()
        expect(row).to_be_visible()
