"""What a training came to, on its page in the browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from rft_app.cli.installation import ensure_schema
from rft_app.storage.session import unit_of_work
from rft_app.storage.tables import TrainingRunRow
from tests.browser import new_page, serve, visit
from tests.pipeline.graded_dataset import DATASET
from tests.services.training_world import follow_script, order, prepare, work

pytestmark = pytest.mark.browser


def test_a_training_that_is_done_shows_what_it_came_to(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, chromium: Browser
) -> None:
    data_dir.mkdir()
    ensure_schema()
    prepare(monkeypatch)
    follow_script(says={"base": "0.25", "tuned": "0.75"})
    run = work(order())
    with unit_of_work() as session:
        row = session.get_one(TrainingRunRow, run.id)
        row.base_model = "/models/larger"
        session.add(row)
    with serve(data_dir, with_worker=False) as url, new_page(chromium, url) as page:
        visit(page, f"{url}/optimization/{DATASET}/training/{run.id}")
        expect(page.get_by_text("Tokens of an answer: base 4.0, tuned 2.5.")).to_be_visible()
        expect(page.get_by_text("These records chose the checkpoint, too")).to_be_visible()
        command = page.get_by_role("region", name="Command that serves it")
        expect(command).to_contain_text("vllm serve /models/larger --enable-lora")
        expect(page.get_by_role("link", name="Add as provider")).to_have_attribute(
            "href", "/settings"
        )
        pairs = page.get_by_role("region", name="Base and tuned answers")
        expect(pairs.get_by_role("deletion").first).to_have_text("25")
        expect(pairs.get_by_role("insertion").first).to_have_text("75")
