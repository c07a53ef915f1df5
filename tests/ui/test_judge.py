"""A model as grader, in the browser: written, tried, saved, compared, and run with its cost."""

import re
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import PHONE, new_page, serve, visit
from tests.llm.provider import FakeProvider, Json, Served, refuse, say, say_json
from tests.ui.files import create_dataset, wait_for_records, write_lines
from tests.ui.screens import run_rft
from tests.ui.test_accessibility import scan

pytestmark = pytest.mark.browser

WAIT_MS = 60_000
PROMPT = "From 1 to 5, how friendly is this? {{sample.output_text}}"


class Model:
    """A judge that gives 4; it can be told to have no credit."""

    def __init__(self) -> None:
        self.is_failing = False
        self.label = ""
        """Given in the place of the score."""
        self.asked: list[Json] = []

    def __call__(self, request: Json, number: int) -> Served:
        """One reply, sometimes in a fence."""
        self.asked.append(request)
        if self.label:
            return say_json({"reasoning": "Kind and short.", "score": self.label})
        if self.is_failing:
            return refuse(402, "empty account", code="insufficient_quota")
        reply = {"reasoning": "Kind and short.", "score": "4"}
        fenced = say(f'```json\n{{"reasoning": "{reply["reasoning"]}", "score": 4}}\n```')
        return fenced if number % 2 else say_json(reply)


def row(number: int) -> dict[str, Any]:
    """A question with an answer."""
    return {
        "messages": [
            {"role": "user", "content": f"Where is order {number}?"},
            {"role": "assistant", "content": f"Order {number} is on its way."},
        ]
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Model]]:
    """The address of a dataset before its grader, and the model."""
    folder, model = tmp_path_factory.mktemp("judge"), Model()
    with FakeProvider(model).running() as provider:
        settings = {
            "RFT_LLM_BASE_URL": provider.url,
            "RFT_LLM_MODELS": "good=1/10, local",
            "RFT_LLM_PRICES_DATE": "2026-11-01",
            "RFT_TEXT_FEATURES": "tfidf",
        }
        with serve(folder / "data", settings=settings) as url:
            lines = write_lines(folder / "orders.jsonl", *map(row, range(30)))
            found = create_dataset(url, lines, name="orders", objective="Say where orders are")
            wait_for_records(url, found)
            run_rft(folder / "data", "run", found, "--until", "coverage", "--num-topics", "2")
            yield f"{url}/optimization/{found}", model


def test_a_judge_is_written_tried_saved_compared_and_run(
    chromium: Browser, place: tuple[str, Model]
) -> None:
    dataset, model = place
    with new_page(chromium, dataset.split("/optimization")[0]) as page:
        write_and_try(page, dataset, model)
        save_two_versions(page)
        run_dry(page, dataset, model)


def write_and_try(page: Page, dataset: str, model: Model) -> None:
    """A fault is named with its place, a failing provider with its remedy."""
    visit(page, f"{dataset}?step=grader")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="Judge").click()
    editor = dialog.get_by_role("textbox", name="Judge's prompt")
    editor.fill("Friendly?\n{{answer}}")
    expect(dialog).to_contain_text("no variable {{answer}}", timeout=WAIT_MS)
    expect(dialog).to_contain_text("(line 2, column 1)")
    expect(dialog.get_by_role("button", name="Save as v1")).to_be_disabled()
    editor.fill(PROMPT)
    place = dialog.locator(".cm-place").first  # the mark of the old fault may still cut it in two
    expect(place).to_contain_text("{{sample.output_text", timeout=WAIT_MS)
    dialog.get_by_label("Lowest score").fill("1")
    dialog.get_by_label("Highest score").fill("5")
    dialog.get_by_label("Model", exact=True).select_option("good")
    expect(dialog.get_by_role("button", name="Save as v1")).to_be_enabled(timeout=WAIT_MS)

    model.is_failing = True
    dialog.get_by_role("button", name="Grade 5 records").click()
    expect(dialog.get_by_text("Not graded · The provider refused")).to_have_count(
        5, timeout=WAIT_MS
    )
    expect(dialog).to_contain_text("Top up the provider's account.")
    expect(dialog).to_contain_text("Nothing was paid", timeout=WAIT_MS)
    model.is_failing = False
    dialog.get_by_role("button", name="Grade 5 records").click()
    expect(dialog.get_by_text("Kind and short.")).to_have_count(5, timeout=WAIT_MS)
    expect(dialog.locator('dl[aria-label="Statistics of the trial"]')).to_contain_text("0.75")
    expect(dialog).to_contain_text("5 calls paid · 5,500 tokens · $0.01")
    assert not scan(page)


def save_two_versions(page: Page) -> None:
    """A version each, compared by prompt and settings."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Save as v1").click()
    expect(dialog).to_contain_text("No unsaved changes.", timeout=WAIT_MS)
    dialog.get_by_role("radio", name="Script").click()
    dialog.get_by_role("radio", name="Judge").click()
    expect(dialog.get_by_role("textbox", name="Judge's prompt")).to_contain_text("how friendly")
    dialog.get_by_label("Temperature").fill("0.5")
    dialog.get_by_role("textbox", name="Judge's prompt").fill(f"{PROMPT}\nBe strict.")
    save = dialog.get_by_role("button", name="Save as v2")
    expect(save).to_be_enabled(timeout=WAIT_MS)
    save.click()
    compare = dialog.get_by_role("button", name="Compare judge v2")
    expect(compare).to_be_visible(timeout=WAIT_MS)
    compare.click()
    settings = dialog.get_by_role("table", name="Settings that differ")
    expect(settings.get_by_role("row", name="Temperature")).to_contain_text("0.5", timeout=WAIT_MS)
    lines = dialog.get_by_role("table", name="Differences, side by side")
    expect(lines).to_contain_text("Be strict.")


def run_dry(page: Page, dataset: str, model: Model) -> None:
    """The cost stands beside the button, then in the report; a failing provider stops the run."""
    visit(page, f"{dataset}?step=dry_run")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Asks good 30 times, about $0.0", timeout=WAIT_MS)
    expect(dialog).to_contain_text("prices of 2026-11-01")
    expect(dialog).to_contain_text("30 calls, about")
    dialog.get_by_label("Records").fill("20")
    expect(dialog).to_contain_text("Asks good 20 times", timeout=WAIT_MS)
    model.is_failing = True
    dialog.get_by_role("button", name="Start dry run").click()
    expect(dialog).to_contain_text("The last run failed.", timeout=WAIT_MS)
    expect(dialog).to_contain_text("Top up the provider's account.")
    model.is_failing = False
    dialog.get_by_role("button", name="Start dry run").click()
    expect(dialog).to_contain_text(
        re.compile("good: 20 calls paid · 22,000 tokens · [$]0.04"), timeout=WAIT_MS
    )
    report = httpx2.get(
        f"{dataset.replace('/optimization/', '/api/optimization/datasets/')}/dry-run"
    )
    assert report.json()["statistics"]["mean"] == 0.75


def test_a_judge_with_a_system_prompt_gives_labels(
    chromium: Browser, place: tuple[str, Model]
) -> None:
    dataset, model = place
    with new_page(chromium, dataset.split("/optimization")[0]) as page:
        visit(page, f"{dataset}?step=grader")
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("radio", name="Judge").click()
        dialog.get_by_role("textbox", name="Judge's prompt").fill(PROMPT)
        unfold(dialog, "System prompt").fill("You read letters of {{item.nothing")
        expect(dialog).to_contain_text("is not closed", timeout=WAIT_MS)
        dialog.get_by_role("textbox", name="System prompt").fill("You read letters.")
        labels = unfold(dialog, "Labels")
        labels.fill('{"good": 1, "Good.": 0}')
        expect(dialog).to_contain_text("cannot be told from another one", timeout=WAIT_MS)
        expect(dialog.get_by_label("Lowest score", exact=True)).to_have_count(0)
        labels.fill('{"kind": 1, "rude": 0.25}')
        save = dialog.get_by_role("button", name=re.compile("^Save as v"))
        expect(save).to_be_enabled(timeout=WAIT_MS)
        expect(unfold(dialog, "Output schema")).to_contain_text('"rude"')
        model.label = "Rude"
        dialog.get_by_role("button", name="Grade 5 records").click()
        statistics = dialog.locator('dl[aria-label="Statistics of the trial"]')
        expect(statistics).to_contain_text("0.25", timeout=WAIT_MS)
        asked = model.asked[-1]["messages"]
        assert asked[0] == {"role": "system", "content": "You read letters."}
        form = model.asked[-1]["response_format"]["json_schema"]["schema"]
        assert form["properties"]["score"]["enum"] == ["kind", "rude"]
        assert not scan(page)
        save.click()
        wait_for_labels(page, dataset, {"kind": 1.0, "rude": 0.25})
        expect(dialog).to_contain_text("No unsaved changes.", timeout=WAIT_MS)
        model.label = ""


def wait_for_labels(page: Page, dataset: str, labels: dict[str, float]) -> None:
    """Wait until the saved grader has them."""
    address = f"{dataset.replace('/optimization/', '/api/optimization/datasets/')}/grader"
    deadline = time.monotonic() + WAIT_MS / 1000
    while (httpx2.get(address).json() or {}).get("labelRewards") != labels:
        assert time.monotonic() < deadline, "It was not saved."
        page.wait_for_timeout(100)


def unfold(dialog: Locator, name: str) -> Locator:
    """Open a part of the form that is edited seldom; returns its editor."""
    part = dialog.locator("details").filter(has=dialog.page.locator("summary", has_text=name))
    part.locator("summary").first.click()
    return part.get_by_role("textbox", name=name, exact=True)


def test_the_form_of_a_judge_fits_a_phone(chromium: Browser, place: tuple[str, Model]) -> None:
    dataset, _ = place
    with new_page(chromium, dataset.split("/optimization")[0], PHONE) as phone:
        visit(phone, f"{dataset}?step=grader")
        dialog = phone.get_by_role("dialog")
        dialog.get_by_role("radio", name="Judge").click()
        expect(dialog.get_by_role("textbox", name="Judge's prompt")).to_be_visible(timeout=WAIT_MS)
        right = "found => Math.max(...found.map(one => one.getBoundingClientRect().right))"
        assert dialog.locator("input, select, .cm-editor").evaluate_all(right) <= 390
        assert not scan(phone)
