"""The whole loop in the browser: dry run, training, comparison, A/B test, calls, figures, back.

The embedded model answers. Where `RFT_TRAINER_PYTHON` names the trainer's environment it really
trains; else the trainer follows a script and leaves an adapter of random numbers. With `RFT_FILM`,
a folder, each stage leaves a picture there: those of the README are of a real training.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import openai
import orjson
import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from rft_app.llm.embedded import find_obstacle
from tests.bank_questions import (
    GRADER,
    QUESTIONS,
    list_many_rows,
    list_rows,
    make_row,
    write_answer,
)
from tests.browser import new_page, serve, settle, visit
from tests.llm.adapters import make_weights, write_adapter
from tests.trainers.scripted_python import write_scripted_python
from tests.ui.test_deploying import figure, type_reason
from tests.ui.test_sampled_dry_run import prepare

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_obstacle() != "", reason="the embedded model is not installed"),
]
TRAINER, FILM = os.environ.get("RFT_TRAINER_PYTHON", ""), os.environ.get("RFT_FILM", "")
NUM_STEPS = os.environ.get("RFT_FILM_STEPS", "60") if TRAINER else "3"
NUM_COMPARED = "42" if TRAINER else "12"
NUM_CALLS = 200 if TRAINER else 30
MAX_TOKENS = 16 if TRAINER else 3
WAIT_MS = 60_000
TRAINING_MS = 3_600_000 if TRAINER else 120_000
ALIAS = "bank"


class Place(NamedTuple):
    """A server with the embedded model and a dataset that can be learnt."""

    url: str
    dataset: str
    """Address of the dataset's page."""


class Camera:
    """Takes a picture at each stage, where somebody wants them."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._num_taken = 0

    def take(self, name: str, height: int = 900) -> None:
        """Keep what the page shows now, from its top."""
        self._num_taken += 1
        if FILM:
            settle(self._page)
            self._page.wait_for_timeout(500)  # until nothing moves; no outcome depends on it
            path = Path(FILM, f"loop-{self._num_taken}-{name}.png")
            clip: FloatRect = {"x": 0, "y": 0, "width": 1440, "height": height}
            self._page.screenshot(path=path, animations="disabled", clip=clip)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Questions to a bank; two of three recorded answers are wrong."""
    data = tmp_path / "data"
    settings = {
        "RFT_EMBEDDED_MODEL": "on",
        "RFT_TEXT_FEATURES": "tfidf",
        "RFT_TRAINER_PYTHON": TRAINER or str(write_scripted_python(tmp_path / "python")),
    }
    (data / "training").mkdir(parents=True)
    if not TRAINER:
        adapter = write_adapter(tmp_path / "adapter", make_weights())
        says = {"base": "I do not know", "tuned": write_answer("lost")}
        script = {"says": says, "adapter": str(adapter)}
        (data / "training" / "script.json").write_bytes(orjson.dumps(script))
    rows = list_many_rows() if TRAINER else list_rows()
    for number, row in enumerate(rows):
        if number % 3:
            row["messages"][-1]["content"] = write_answer("none")
    with serve(data, settings=settings) as url:
        yield Place(url, prepare(url, tmp_path, "Bank questions", rows, GRADER))


def test_the_whole_loop_is_walked_in_the_browser(chromium: Browser, place: Place) -> None:
    with new_page(chromium, place.url) as page:
        camera = Camera(page)
        run_dry(page, place, camera)
        train(page, place, camera)
        dialog = deploy(page, place, camera)
        answered = call(place, NUM_CALLS)
        look_at_figures(dialog, answered)
        camera.take("figures")
        type_reason(dialog, "enough seen")
        dialog.get_by_role("button", name="Roll back", exact=True).click()
        expect(dialog).to_contain_text("local user rolled back")
        wait_for_base(place)
        assert Counter(call(place, 10)) == {"base": 10}
        camera.take("rolled-back")
        visit(page, place.dataset)
        expect(page.get_by_text("Deploy", exact=True).first).to_be_visible()
        camera.take("canvas")


def run_dry(page: Page, place: Place, camera: Camera) -> None:
    """Recorded answers promise that there is something to learn."""
    visit(page, f"{place.dataset}?step=dry_run")
    dialog = page.get_by_role("dialog", name="Dry run")
    dialog.get_by_role("button", name="Start dry run", exact=True).click()
    verdict = dialog.get_by_role("region", name="Verdict")
    said = verdict.get_by_text(re.compile("^(GO|CAUTION)$"))
    expect(said).to_be_visible(timeout=WAIT_MS)
    camera.take("dry-run")


def train(page: Page, place: Place, camera: Camera) -> None:
    """Train, look at the page meanwhile, and read the comparison."""
    visit(page, f"{place.dataset}?step=train")
    dialog = page.get_by_role("dialog")
    fill_in_training(dialog)
    camera.take("before-training")
    dialog.get_by_role("button", name="Start training", exact=True).click()
    page.wait_for_url(re.compile("/training/train_"))
    if TRAINER:  # a scripted one is done before anybody could look
        half = re.compile(rf"step ({int(NUM_STEPS) // 2}|{int(NUM_STEPS) // 2 + 1}) of {NUM_STEPS}")
        expect(page.get_by_text(half)).to_be_visible(timeout=TRAINING_MS)
        camera.take("training")
    expect(page.get_by_text("Trained", exact=True)).to_be_visible(timeout=TRAINING_MS)
    expect(page.get_by_role("heading", name="Against the base model", exact=True)).to_be_visible()
    expect(page.get_by_role("table", name="Base and tuned answers")).to_be_visible()
    if not TRAINER:
        expect(page.get_by_text("12 better, 0 worse, 0 the same", exact=False)).to_be_visible()
    camera.take("comparison", height=680)  # what follows names a folder of the test


def fill_in_training(dialog: Locator) -> None:
    """Few steps, each record often enough."""
    values = {"Number of steps": NUM_STEPS, "Records compared": NUM_COMPARED}
    dialog.locator("summary", has_text="Advanced").click()
    for number, (label, text) in enumerate(values.items(), 1):
        field = dialog.get_by_label(label, exact=True)
        field.fill(text)
        field.press("Tab")
        expect(dialog.get_by_text(f"{number} set by hand")).to_be_visible()
    if TRAINER:
        share = dialog.get_by_label("Share to train on", exact=True)
        share.fill("70")
        share.press("Tab")
        expect(dialog).to_contain_text("98 records")
    epochs = dialog.get_by_label("Epochs", exact=True)
    epochs.fill("20")
    epochs.press("Tab")
    expect(dialog).to_contain_text(f"{NUM_STEPS} training steps")
    dialog.locator("summary", has_text="Advanced").click()


def deploy(page: Page, place: Place, camera: Camera) -> Locator:
    """Half of the calls of the alias go to what was trained, and all answers are graded."""
    visit(page, f"{place.dataset}?step=deploy")
    dialog = page.get_by_role("dialog", name="Deploy")
    choose_models(dialog)
    dialog.get_by_label("Alias", exact=True).fill(ALIAS)
    dialog.get_by_label("Share of the calls", exact=True).fill("50")
    dialog.get_by_label("Answers to grade", exact=True).fill("100")
    type_reason(dialog, "half of the calls, to compare")
    camera.take("deploy")
    dialog.get_by_role("button", name="Deploy", exact=True).click()
    expect(dialog.get_by_role("table", name="Figures of both models")).to_be_visible()
    expect(dialog).to_contain_text("50% of traffic")
    return dialog


def choose_models(dialog: Locator) -> None:
    """The form begins with a model that proved better; a real one may not have."""
    base, tuned = (dialog.get_by_label(f"{one} model", exact=True) for one in ("Base", "Tuned"))
    expect(base).to_contain_text("smollm2-135m")
    if TRAINER and not tuned.input_value():
        base.select_option("smollm2-135m")
        tuned.select_option(tuned.locator("option").last.get_attribute("value"))
    expect(base).not_to_have_value("")
    expect(tuned).not_to_have_value("")


def call(place: Place, number: int) -> list[str]:
    """Who answered so many calls by the official client."""
    questions = [text for some in zip(*QUESTIONS.values(), strict=True) for text in some]
    with openai.OpenAI(
        base_url=f"{place.url}/gateway/v1",
        api_key="sk-client",
        max_retries=0,
        timeout=WAIT_MS / 1000,
        http_client=httpx2.Client(trust_env=False),
    ) as client:
        answered: list[str] = []
        for asked in range(number):
            messages: Any = make_row(questions[asked % len(questions)], "")["messages"][:-1]
            answer = client.chat.completions.with_raw_response.create(
                model=ALIAS, messages=messages, max_tokens=MAX_TOKENS, temperature=0
            )
            assert answer.parse().choices[0].message.role == "assistant"
            answered.append(answer.headers["x-rft-variant"])
    return answered


def look_at_figures(dialog: Locator, answered: list[str]) -> None:
    """What each model did stands there as the client counted it, once all is written and graded."""
    numbers = [str(answered.count(variant)) for variant in ("base", "tuned")]
    assert "0" not in numbers, "So many fair coins fall on both sides."
    refresh = dialog.get_by_role("button", name="Refresh", exact=True)
    skipped = [f"0{number} skipped" for number in numbers]  # live calls have no reference
    for name, shown in (("Requests", numbers), ("Graded", skipped)):
        cells = figure(dialog, name)
        for _ in range(120):
            if cells.all_text_contents() == shown:
                break
            refresh.click()
            dialog.page.wait_for_timeout(500)
        expect(cells).to_have_text(shown)
    expect(figure(dialog, "Errors")).to_have_text([re.compile("^0"), re.compile("^0")])


def wait_for_base(place: Place) -> None:
    """The gateway knows within a second."""
    for _ in range(100):
        if set(call(place, 3)) == {"base"}:
            return
    raise AssertionError("The tuned model goes on to answer.")
