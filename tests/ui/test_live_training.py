"""The page of a training that goes on, in the browser: it is finished early, and stopped."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx2
import orjson
import pytest
from playwright.sync_api import Browser, Page, expect

from rft_app.llm.embedded import find_obstacle
from tests.bank_questions import GRADER, list_rows
from tests.browser import PHONE, new_page, serve, visit
from tests.trainers.scripted_python import write_scripted_python
from tests.ui.files import create_dataset, wait_for_records, write_lines

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_obstacle() != "", reason="the embedded model is not installed"),
]
WAIT_MS = 60_000
ORDER = {"hyperparameters": {"settings": {"num_steps": 5, "num_compared": 4, "num_validated": 4}}}


class Place(NamedTuple):
    """A server whose trainer waits at its third step until somebody wants something else."""

    url: str
    data: Path
    dataset_id: str

    def train(self) -> str:
        """Begin a training; returns the address of its page."""
        (self.data / "training" / "script.json").write_bytes(orjson.dumps({"wait": [3]}))
        address = f"{self.url}/api/optimization/datasets/{self.dataset_id}/train"
        made = httpx2.post(address, json=ORDER, timeout=30)
        assert made.status_code == 202, made.text
        return f"{self.url}/optimization/{self.dataset_id}/training/{made.json()['id']}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("live")
    data = folder / "data"
    (data / "training").mkdir(parents=True)
    python = write_scripted_python(folder / "python")
    settings = {"RFT_EMBEDDED_MODEL": "on", "RFT_TRAINER_PYTHON": str(python)}
    with serve(data, settings=settings) as url:
        path = write_lines(folder / "bank.jsonl", *list_rows())
        found = create_dataset(url, path, name="bank", objective="Label questions")
        wait_for_records(url, found)
        script = {"type": "script", "script": GRADER}
        saved = httpx2.put(f"{url}/api/optimization/datasets/{found}/grader", json=script)
        assert saved.status_code == 200, saved.text
        yield Place(url, data, found)


def open_live(page: Page, place: Place) -> None:
    """Begin a training and look at it while it waits."""
    visit(page, place.train())
    expect(page.get_by_text("step 2 of 5", exact=False)).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text("Training", exact=True).first).to_be_visible()


def test_a_training_is_finished_early_and_compared(chromium: Browser, place: Place) -> None:
    with new_page(chromium, place.url) as page:
        open_live(page, place)
        page.get_by_role("button", name="Finish now", exact=True).click()
        expect(page.get_by_text("Trained", exact=True)).to_be_visible(timeout=WAIT_MS)
        expect(page.get_by_text("step 2", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Finish now", exact=True)).to_have_count(0)
        expect(page.get_by_role("table", name="Base and tuned answers")).to_be_visible()


def test_a_training_is_stopped_on_a_phone(chromium: Browser, place: Place) -> None:
    with new_page(chromium, place.url, PHONE) as phone:
        open_live(phone, place)
        assert phone.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        phone.get_by_role("button", name="Stop run", exact=True).click()
        expect(phone.get_by_text("Stopped", exact=True)).to_be_visible(timeout=WAIT_MS)
        expect(phone.get_by_role("button", name="Go on", exact=True)).to_be_visible()
