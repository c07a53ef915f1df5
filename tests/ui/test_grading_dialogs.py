"""Versions of a grader and the history of dry runs, in the browser."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import PHONE, new_page, visit
from tests.ui.files import create_dataset, wait_for_records, write_lines

pytestmark = pytest.mark.browser

WAIT_MS = 60_000
GENEROUS = """def grade(sample, item):
    return item["reward"]
"""
STRICT = """def grade(sample, item):
    if "7" in sample["output_text"]:
        raise ValueError("no sevens")
    return item["reward"] / 2
"""


def row(number: int) -> dict[str, Any]:
    """A question with an answer and its recorded reward."""
    return {
        "messages": [
            {"role": "user", "content": f"Where is order {number}?"},
            {"role": "assistant", "content": f"Order {number} is on its way."},
        ],
        "reward": number % 5 / 4,
    }


@pytest.fixture(scope="module")
def dataset(app_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a dataset with two versions of a grader and a dry run by each."""
    path = tmp_path_factory.mktemp("file") / "orders.jsonl"
    write_lines(path, *map(row, range(60)))
    found = create_dataset(app_url, path, name="orders", objective="Say where orders are")
    wait_for_records(app_url, found)
    base = f"{app_url}/api/optimization/datasets/{found}"
    _run(f"{base}/topics/generate", {"numTopics": 2})
    _run(f"{base}/coverage", {})
    for script in (GENEROUS, STRICT):
        saved = httpx2.put(f"{base}/grader", json={"type": "script", "script": script})
        assert saved.status_code == 200, saved.text
        _run(f"{base}/dry-run", {"sampleSize": 60})
    return f"{app_url}/optimization/{found}"


def _run(url: str, body: dict[str, Any]) -> None:
    answer = httpx2.post(url, params={"wait": 60}, json=body, timeout=90)
    assert answer.json()["status"] == "done", answer.text


@pytest.fixture
def visitor(chromium: Browser, app_url: str) -> Iterator[Page]:
    """Somebody at 1440×900."""
    with new_page(chromium, app_url) as page:
        yield page


def open_step(page: Page, dataset: str, step: str) -> Locator:
    """Open a step's dialog by its address."""
    visit(page, f"{dataset}?step={step}")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def test_the_canvas_cannot_be_moved_out_of_sight(visitor: Page, dataset: str) -> None:
    visit(visitor, dataset)
    node = visitor.locator('[data-step="coverage"]')
    expect(node).to_be_in_viewport()
    node.hover()
    for way in ((0, 5000), (5000, 0), (0, -9000), (-9000, 0)):
        visitor.mouse.wheel(*way)
        visitor.evaluate("() => new Promise((next) => requestAnimationFrame(() => next()))")
        expect(node).to_be_in_viewport()


def test_two_versions_are_compared_line_by_line(visitor: Page, dataset: str) -> None:
    dialog = open_step(visitor, dataset, "grader")
    dialog.get_by_role("button", name="Compare script v2").click()
    lines = dialog.get_by_role("table", name="Differences, side by side")
    expect(lines.get_by_role("row").nth(2)).to_contain_text("raise ValueError", timeout=WAIT_MS)
    expect(dialog).to_contain_text("3 lines added, 1 line removed")
    expect(lines).to_contain_text("−")

    dialog.get_by_role("button", name="Swap both").click()
    expect(dialog).to_contain_text("1 line added, 3 lines removed")
    dialog.get_by_role("combobox", name="First version").select_option("1")
    expect(dialog).to_contain_text("No difference")
    dialog.get_by_role("button", name="Back to the editor").click()
    expect(dialog.locator(".cm-content")).to_be_visible()
    for name, words in (("Python file", "def compute_score("), ("OpenAI JSON", '"python"')):
        with visitor.expect_download() as given:
            dialog.get_by_role("button", name=name).click()
        assert words in given.value.path().read_text()


def test_a_file_fills_the_form_and_is_saved_only_when_asked(
    visitor: Page, dataset: str, tmp_path: Path
) -> None:
    dialog = open_step(visitor, dataset, "grader")
    memory = dialog.get_by_label("Memory")
    expect(memory).to_have_value("512")
    chooser = dialog.locator("input[type=file]")
    grader = {"type": "string_check", "name": "a", "operation": "like", "reference": "way"}
    grader["input"] = "{{sample.output_text}}"

    bad = tmp_path / "bad.json"
    bad.write_bytes(orjson.dumps({**grader, "input": "{{item.id}}"}))
    chooser.set_input_files(bad)
    refusal = dialog.get_by_role("alert").filter(has_text="bad.json cannot be loaded.")
    expect(refusal).to_contain_text("`input` must be one place of the answer")
    expect(memory).to_be_visible()

    good = tmp_path / "good.json"
    good.write_bytes(orjson.dumps(grader))
    chooser.set_input_files(good)
    expect(refusal).to_be_hidden()
    expect(dialog.get_by_label("With", exact=True)).to_have_value("way")
    expect(dialog).to_contain_text("Unsaved changes.")
    chooser.set_input_files(bad)
    expect(dialog).to_contain_text("Save or discard your changes before you load a file.")
    dialog.get_by_role("button", name="Discard changes").click()
    expect(memory).to_be_visible()
    expect(dialog).to_contain_text("No unsaved changes.")


def test_unsaved_changes_are_compared_and_not_lost_by_a_restore(
    visitor: Page, dataset: str
) -> None:
    dialog = open_step(visitor, dataset, "grader")
    dialog.get_by_label("Memory").fill("256")
    expect(dialog).to_contain_text("Unsaved changes")
    dialog.get_by_role("button", name="Restore script v1").click()
    expect(dialog).to_contain_text("Save or discard your changes before you restore a version.")

    dialog.get_by_role("button", name=re.compile("Compare script v2")).click()
    settings = dialog.get_by_role("table", name="Settings that differ")
    expect(settings.get_by_role("row", name="Memory in MB")).to_contain_text("256")
    dialog.get_by_role("button", name="Back to the editor").click()
    expect(dialog.get_by_label("Memory")).to_have_value("256")
    dialog.get_by_role("button", name="Discard changes").click()
    expect(dialog).to_contain_text("No unsaved changes.")


def test_a_trial_has_statistics_and_counts_failures_apart(visitor: Page, dataset: str) -> None:
    dialog = open_step(visitor, dataset, "grader")
    editor = dialog.locator(".cm-content")
    script = editor.inner_text()
    editor.press("Control+Enter")
    expect(dialog.locator("details")).to_have_count(5, timeout=WAIT_MS)
    assert editor.inner_text() == script
    expect(dialog.locator('dl[aria-label="Statistics of the trial"]')).to_contain_text("min")

    editor.press("Control+End")
    editor.press_sequentially("x = = 1")
    expect(dialog).to_contain_text("before your last edit")
    expect(dialog).to_contain_text(re.compile(r"Mend line \d+ to save"))
    expect(dialog.get_by_role("button", name="Save as v3")).to_be_disabled()
    dialog.get_by_role("button", name="Discard changes").click()
    expect(dialog).to_contain_text("No unsaved changes.")
    expect(dialog).not_to_contain_text("before your last edit")


def test_a_string_check_can_be_tried_as_it_is_offered(visitor: Page, dataset: str) -> None:
    dialog = open_step(visitor, dataset, "grader")
    dialog.get_by_role("radio", name="String check").click()
    dialog.get_by_role("button", name="Grade 5 records").click()
    expect(dialog.locator("details").first).to_contain_text("Not graded · No reference")
    expect(dialog).to_contain_text("None of these answers could be graded")


def test_an_answer_that_is_pinned_is_tried_again_alone(visitor: Page, dataset: str) -> None:
    dialog = open_step(visitor, dataset, "grader")
    dialog.get_by_role("button", name="Grade 5 records").click()
    graded = dialog.get_by_role("region", name="Graded answers")
    pins = graded.get_by_title("Try this record again next time")
    expect(pins).to_have_count(5)
    record = pins.nth(2).inner_text()
    pins.nth(2).click()
    expect(dialog.get_by_label("These records")).to_have_value(record)
    dialog.get_by_label("Drawn").fill("0")
    dialog.get_by_role("button", name="Grade 1 record").click()
    expect(graded.locator("details")).to_have_count(1)
    expect(graded).to_contain_text(record)
    figures = dialog.locator('dl[aria-label="Statistics of the trial"]')
    expect(figures).to_contain_text("p95")
    expect(dialog).to_contain_text("Asks no model: nothing to pay.")

    dialog.get_by_label("These records").fill("rec_fffff")
    dialog.get_by_role("button", name="Grade 1 record").click()
    expect(dialog.get_by_role("alert")).to_contain_text("There is no record rec_fffff")


def test_graders_that_need_no_reference_are_tried_as_they_are_typed(
    visitor: Page, dataset: str
) -> None:
    dialog = open_step(visitor, dataset, "grader")
    dialog.get_by_role("radio", name="Tool calls").click()
    dialog.get_by_label("Expected calls").fill("[{}]")
    expect(dialog).to_contain_text("call 1 is none")
    dialog.get_by_label("Expected calls").fill("[]")
    in_order = dialog.get_by_role("checkbox", name="Calls count in the order")
    in_order.click()
    expect(in_order).to_be_checked()
    dialog.get_by_role("button", name="Grade 5 records").click()
    expect(dialog.locator('dl[aria-label="Statistics of the trial"]')).to_contain_text("1.00")
    dialog.get_by_role("radio", name="JSON schema").click()
    expect(dialog).to_contain_text("before your last edit")
    dialog.get_by_role("button", name="Grade 5 records").click()
    expect(dialog.locator("details").first).to_contain_text("not JSON")


def test_a_grader_is_attacked_as_it_is_typed(visitor: Page, dataset: str) -> None:
    dialog = open_step(visitor, dataset, "grader")
    dialog.get_by_role("radio", name="Tool calls").click()
    dialog.get_by_label("Expected calls").fill("[]")
    dialog.get_by_role("button", name="Attack it", exact=True).click()
    attacks = dialog.get_by_role("region", name="Attacks", exact=True)
    refusal = attacks.locator('[data-attack="Refusal"]')
    expect(refusal).to_contain_text("Suspicious", timeout=WAIT_MS)
    expect(refusal).to_contain_text("Gets 1.00, no less than the recorded answers with 1.00")
    expect(attacks.locator('[data-attack="Reference pasted"]')).to_contain_text("5 not applicable")
    expect(dialog).to_contain_text("5 records · 8 suspicious")

    refusal.locator("summary").first.click()
    expect(refusal.locator("details").first).to_contain_text("I'm sorry, but I can't help")
    dialog.get_by_label("Expected calls").fill('[{"name": "find", "arguments": {}}]')
    expect(dialog).to_contain_text("before your last edit")
    expect(refusal).to_contain_text("Suspicious")


def test_two_runs_are_compared_and_the_same_records_paired(visitor: Page, dataset: str) -> None:
    dialog = open_step(visitor, dataset, "dry_run")
    dialog.get_by_role("button", name="History").click()
    history = dialog.get_by_role("table", name="History of dry runs")
    expect(history.get_by_role("row")).to_have_count(3)
    expect(dialog).to_contain_text("Graded with script v1, then with script v2.")
    expect(history.get_by_role("row", name="Run 1")).to_contain_text("stale")
    expect(history.get_by_role("row", name="Run 2")).not_to_contain_text("stale")
    expect(dialog).to_contain_text(re.compile(r"\d+ records in both: 0 better, \d+ worse"))
    expect(dialog).to_contain_text("records only in run 1")
    rules = dialog.get_by_role("table", name="Rules of both runs")
    expect(rules.get_by_role("row", name="Grading failures")).to_contain_text("changed")

    history.get_by_role("button", name="Run 1").click()
    expect(dialog.get_by_role("combobox", name="Which run")).to_contain_text("Run 1")
    verdict = dialog.get_by_role("region", name="Verdict")
    expect(verdict).to_contain_text("Graded by script v1; the grader is script v2 now.")


def test_failures_are_listed_by_kind_with_a_remedy(visitor: Page, dataset: str) -> None:
    dialog = open_step(visitor, dataset, "dry_run")
    kinds = dialog.get_by_role("list", name="Failures by kind")
    expect(kinds).to_contain_text("handle this case in the grader")
    kinds.get_by_role("button", name="Show").click()
    expect(dialog.locator("details").first).to_contain_text("no sevens")
    expect(dialog).to_contain_text("One kind of failure only.")


def test_a_rollout_of_a_topic_opens_its_record_and_back_leads_to_it(
    visitor: Page, dataset: str
) -> None:
    dialog = open_step(visitor, dataset, "dry_run")
    bar = dialog.get_by_title(re.compile("Show the rollouts of ")).last
    topic = bar.inner_text()
    bar.click()
    menu = dialog.get_by_role("combobox", name=re.compile("^Topic"))
    expect(menu).to_have_value(topic)
    cards = dialog.locator("#dry-run-rollouts details")
    expect(cards).not_to_have_count(0)
    expect(cards.filter(has_not_text=topic)).to_have_count(0)

    opener = dialog.get_by_title("Open this record").first
    record_id = opener.inner_text()
    opener.click()
    record = visitor.get_by_role("dialog", name="Records").get_by_role("region", name="Record")
    expect(record.get_by_text("Conversation")).to_be_visible()
    expect(record).to_contain_text(record_id)

    visitor.go_back()
    expect(menu).to_have_value(topic)


def test_rollouts_by_lot_are_the_same_again_and_others_after_a_draw(
    visitor: Page, dataset: str
) -> None:
    def draw() -> list[str]:
        return dialog.get_by_title("Open this record").all_inner_texts()

    dialog = open_step(visitor, dataset, "dry_run")
    dialog.get_by_role("radio", name="Random").click()
    expect(dialog).to_contain_text("draw 1")
    first = draw()
    dialog.get_by_role("button", name="Another 10").click()
    expect(dialog).to_contain_text("draw 2")
    other = draw()
    assert len(first) == len(other) == 10
    assert first != other
    dialog = open_step(visitor, dataset, "dry_run")
    dialog.get_by_role("radio", name="Random").click()
    expect(dialog).to_contain_text("draw 2")
    assert draw() == other


def test_comparisons_fit_a_phone(chromium: Browser, app_url: str, dataset: str) -> None:
    with new_page(chromium, app_url, PHONE) as phone:
        for step, name in (("grader", "Compare script v2"), ("dry_run", "History")):
            dialog = open_step(phone, dataset, step)
            dialog.get_by_role("button", name=name).click()
            expect(dialog.get_by_role("combobox").nth(1)).to_be_visible()
            right = "found => Math.max(...found.map(one => one.getBoundingClientRect().right))"
            assert dialog.locator("table, select").evaluate_all(right) <= 390, step
