"""An attack by a slow judge, in the browser: its progress, and Cancel, which stops the calls."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import new_page, serve, visit
from tests.llm.provider import FakeProvider, Json, Served, say_json
from tests.ui.files import create_dataset, wait_for_records, write_lines
from tests.ui.screens import run_rft
from tests.ui.test_accessibility import scan

pytestmark = pytest.mark.browser

WAIT_MS = 60_000
NUM_FREE = 5


class SlowJudge:
    """Judges five answers at once, and the others when it is let."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()

    def __call__(self, request: Json, number: int) -> Served:
        if number >= NUM_FREE:
            self.may_go_on.wait(WAIT_MS / 1000)
        return say_json({"reasoning": "Fine.", "score": 1})


def row(number: int) -> dict[str, Any]:
    """A question with an answer."""
    return {
        "messages": [
            {"role": "user", "content": f"Where is order {number}?"},
            {"role": "assistant", "content": f"Order {number} is on its way."},
        ]
    }


@pytest.fixture
def place(tmp_path: Any) -> Iterator[tuple[str, SlowJudge, FakeProvider]]:
    """The address of a dataset before its grader, the judge, and what it was asked."""
    judge = SlowJudge()
    with FakeProvider(judge).running() as provider:
        settings = {
            "RFT_LLM_BASE_URL": provider.url,
            "RFT_LLM_MODELS": "good=1/10",
            "RFT_LLM_CONCURRENCY": "2",
            "RFT_TEXT_FEATURES": "tfidf",
        }
        with serve(tmp_path / "data", settings=settings) as url:
            lines = write_lines(tmp_path / "orders.jsonl", *map(row, range(8)))
            found = create_dataset(url, lines, name="orders", objective="Say where orders are")
            wait_for_records(url, found)
            run_rft(tmp_path / "data", "run", found, "--until", "coverage", "--num-topics", "2")
            yield f"{url}/optimization/{found}", judge, provider
            judge.may_go_on.set()


def test_an_attack_shows_its_progress_and_is_cancelled(
    chromium: Browser, place: tuple[str, SlowJudge, FakeProvider]
) -> None:
    dataset, judge, provider = place
    with new_page(chromium, dataset.split("/optimization")[0]) as page:
        begin(page, dataset)
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text(f"{NUM_FREE} of 45 answers graded", timeout=WAIT_MS)
        bar = dialog.get_by_role("progressbar", name="Progress of the attack", exact=True)
        expect(bar).to_have_attribute("aria-valuenow", "11")
        assert not scan(page)
        dialog.get_by_role("button", name="Cancel attack", exact=True).click()
        expect(dialog.get_by_role("button", name="Cancelling…", exact=True)).to_be_disabled()
        judge.may_go_on.set()

        expect(dialog).to_contain_text(
            "Cancelled with 7 of 45 answers graded; a part says nothing, so none is shown.",
            timeout=WAIT_MS,
        )
        expect(dialog).to_contain_text("7 calls paid")
        expect(bar).to_have_count(0)
        expect(dialog.get_by_role("button", name="Attack it", exact=True)).to_be_enabled()
        assert len(provider.requests) == NUM_FREE + 2, "none but those that were under way"

        dialog.get_by_role("button", name="Attack it", exact=True).click()
        dialog.get_by_role("button", name="Ask the judge", exact=True).click()
        attacks = dialog.get_by_role("region", name="Attacks", exact=True)
        expect(attacks.locator('[data-attack="Refusal"]')).to_contain_text(
            "Suspicious", timeout=WAIT_MS
        )
        expect(dialog).not_to_contain_text("Cancelled with")


def begin(page: Page, dataset: str) -> None:
    """Write a judge, see what it costs, and let it be attacked."""
    visit(page, f"{dataset}?step=grader")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="Judge").click()
    dialog.get_by_role("textbox", name="Judge's prompt").fill("Good? {{sample.output_text}}")
    expect(dialog.get_by_role("button", name="Save as v1")).to_be_enabled(timeout=WAIT_MS)
    dialog.get_by_role("button", name="Attack it", exact=True).click()
    expect(dialog).to_contain_text("Asks good 45 times", timeout=WAIT_MS)
    dialog.get_by_role("button", name="Ask the judge", exact=True).click()
