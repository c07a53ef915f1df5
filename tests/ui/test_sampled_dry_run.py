"""Dry runs whose answers the embedded model gives: offline, in the browser, on real questions."""

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from rft_app.llm.embedded import find_obstacle
from tests.browser import new_page, serve, visit
from tests.ui.files import create_dataset, wait_for_records, write_lines

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_obstacle() != "", reason="the embedded model is not installed"),
]
MODEL = "smollm2-135m"
WAIT_MS = 300_000
FINAL_NUMBER = """import re

def grade(sample, item):
    found = re.findall(r"-?\\d[\\d,]*", sample.output_text)
    return float(bool(found) and found[-1].replace(",", "") == item["reference"])
"""
ONE_OF_FOUR = """import json

def grade(sample, item):
    try:
        label = json.loads(sample.output_text)["label"]
    except (ValueError, KeyError, TypeError):
        return 0.0
    return 1.0 if label == item["reference"] else 0.25
"""
LABELS = {
    "card_delivery_estimate": "delivery",
    "lost_or_stolen_card": "lost",
    "exchange_rate": "exchange",
    "cancel_transfer": "cancel",
}


@pytest.fixture(scope="module")
def embedded_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose only provider is the embedded model."""
    with serve(tmp_path_factory.mktemp("embedded"), settings={"RFT_EMBEDDED_MODEL": "on"}) as url:
        yield url


@pytest.fixture
def visitor(chromium: Browser, embedded_url: str) -> Iterator[Page]:
    """Somebody at 1440×900."""
    with new_page(chromium, embedded_url) as page:
        yield page


def prepare(url: str, folder: Path, name: str, rows: list[dict[str, Any]], script: str) -> str:
    """A dataset with a grader, whose next step is the dry run; returns its address."""
    write_lines(folder / "rows.jsonl", *rows)
    found = create_dataset(url, folder / "rows.jsonl", name=name, objective=name)
    wait_for_records(url, found)
    base = f"{url}/api/optimization/datasets/{found}"
    for step, body in (("topics/generate", {"numTopics": 2}), ("coverage", {})):
        answer = httpx2.post(f"{base}/{step}", params={"wait": 60}, json=body, timeout=90)
        assert answer.json()["status"] == "done", answer.text
    saved = httpx2.put(f"{base}/grader", json={"type": "script", "script": script})
    assert saved.status_code == 200, saved.text
    return f"{url}/optimization/{found}"


def run(page: Page, dataset: str, **wanted: str) -> Locator:
    """Choose the embedded model in the dialog, run, and wait for the verdict."""
    visit(page, f"{dataset}?step=dry_run")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Answers", exact=True).select_option(MODEL)
    expect(dialog.get_by_label("Longest answer", exact=True)).to_have_value("512")
    for label, text in wanted.items():
        dialog.get_by_label(label.replace("_", " "), exact=True).fill(text)
    calls = int(wanted["Records"]) * int(wanted["Rollouts_per_record"])
    expect(dialog).to_contain_text(f"asks {MODEL} {calls} times, free")
    dialog.get_by_role("button", name="Start dry run").click()
    k = wanted["Rollouts_per_record"]
    expect(dialog).to_contain_text(f"{k} answers each of {MODEL}", timeout=WAIT_MS)
    return dialog


def read_report(dataset: str) -> dict[str, Any]:
    """The report over REST."""
    base = dataset.replace("/optimization/", "/api/optimization/datasets/")
    return httpx2.get(f"{base}/dry-run").json()


def list_rewards(dataset: str) -> dict[str, list[float]]:
    """The rewards of each record's answers."""
    base = dataset.replace("/optimization/", "/api/optimization/datasets/")
    picked = httpx2.get(f"{base}/dry-run/rollouts/random", params={"limit": 100}).json()
    found: dict[str, list[float]] = {}
    for one in picked:
        found.setdefault(one["recordId"], []).append(one["score"])
    return found


def test_answers_are_sampled_graded_and_counted(
    visitor: Page, embedded_url: str, tmp_path: Path
) -> None:
    rows = [
        {"messages": [{"role": "user", "content": f"Say a word with {n} letters."}]}
        for n in range(3, 13)
    ]
    script = "def grade(sample, item):\n    return len(sample.output_text) % 7 / 6\n"
    dataset = prepare(embedded_url, tmp_path, "Words", rows, script)
    dialog = run(visitor, dataset, Records="4", Rollouts_per_record="3", Longest_answer="8")
    expect(dialog).to_contain_text("pass@3")
    expect(dialog).to_contain_text("cut off at 8 tokens")
    report = read_report(dataset)
    assert (report["records"], report["rollouts"], report["failed"]) == (4, 12, 0)
    assert report["sampler"]["paid"]["costUsd"] == 0
    dialog.get_by_role("button", name="Settings", exact=True).click()
    expect(dialog.get_by_label("Answers", exact=True)).to_have_value(MODEL)
    expect(dialog).to_contain_text("at the pace of run 1")


def test_school_mathematics_is_too_hard_for_it(
    visitor: Page, embedded_url: str, shared_data: Path, tmp_path: Path
) -> None:
    with (shared_data / "gsm8k" / "test.jsonl").open() as file:
        found = [orjson.loads(line) for line in islice(file, 40)]
    rows = [
        {
            "messages": [{"role": "user", "content": one["question"]}],
            "reference": one["answer"].rsplit("#### ", 1)[1].replace(",", ""),
        }
        for one in found
    ]
    dataset = prepare(embedded_url, tmp_path, "Mathematics", rows, FINAL_NUMBER)
    dialog = run(visitor, dataset, Records="6", Rollouts_per_record="2", Longest_answer="256")
    expect(dialog).to_contain_text("NO_GO")
    report = read_report(dataset)
    assert report["diagnosis"]["verdict"] == "NO_GO"
    assert report["statistics"]["mean"] <= 0.25, "of twelve answers some are right by chance"


def test_four_labels_with_a_shot_in_the_prompt_can_be_learnt(
    visitor: Page, embedded_url: str, shared_data: Path, tmp_path: Path
) -> None:
    with (shared_data / "banking77" / "train.csv").open() as file:
        found = [row for row in csv.DictReader(file) if row["category"] in LABELS]
    by_label = {name: [r["text"] for r in found if r["category"] == name] for name in LABELS}
    shot = [
        {"role": "user", "content": "I lost my card"},
        {"role": "assistant", "content": '{"label": "lost"}'},
    ]
    rule = 'Reply only with JSON like {"label": "X"} where X is delivery, lost, exchange or cancel.'
    rows = [
        {
            "messages": [
                {"role": "system", "content": rule},
                *shot,
                {"role": "user", "content": text},
            ],
            "reference": label,
        }
        for category, label in LABELS.items()
        for text in by_label[category][:8]
    ]
    dataset = prepare(embedded_url, tmp_path, "Intents", rows, ONE_OF_FOUR)
    run(visitor, dataset, Records="16", Rollouts_per_record="6", Longest_answer="12")
    report = read_report(dataset)
    assert report["learnableShare"] >= 0.15, report["statistics"]
    assert report["diagnosis"]["verdict"] != "NO_GO", report["diagnosis"]
    assert report["failed"] == 0
    assert report["statistics"]["scoreFractions"]["eqOne"] > 0, "some labels are right"
    rewards = list_rewards(dataset)
    assert len(rewards) == 16
    assert any(max(some) == 1 > min(some) for some in rewards.values()), "right and wrong"
