"""The dialog of step 7: deploy a model, call it as a client, look, promote, go back."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx2
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import PHONE, new_page, serve, visit
from tests.gateway.upstream import Upstream, complete
from tests.ui.files import create_dataset, wait_for_records, write_lines

pytestmark = pytest.mark.browser

WAIT_MS = 30_000
GRADER = "def grade(sample, item):\n    return 1.0 if sample.output_text == 'Tuned' else 0.25\n"


class Place(NamedTuple):
    """The server that these tests share."""

    url: str
    dataset: str
    """Address of the dataset's page."""
    dataset_id: str


def row(number: int) -> dict[str, Any]:
    """A good row."""
    said = [
        {"role": "user", "content": f"Where is parcel {number}?"},
        {"role": "assistant", "content": "On its way."},
    ]
    return {"messages": said}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A dataset, and providers of a base and a tuned model on loopback."""
    folder = tmp_path_factory.mktemp("deploying")
    with (
        Upstream().running() as base,
        Upstream().running() as tuned,
        serve(folder / "data") as url,
    ):
        base.behave = lambda asked: asked.answer_json(complete("Base", len(base.asked)))
        tuned.behave = lambda asked: asked.answer_json(complete("Tuned", 10_000 + len(tuned.asked)))
        for name, at, model in (("here", base.url, "small"), ("there", tuned.url, "small-tuned")):
            body = {"name": name, "baseUrl": at, "models": [{"name": model}], "apiKey": "sk-x"}
            assert httpx2.post(f"{url}/api/providers", json=body).status_code == 201
        path = write_lines(folder / "parcels.jsonl", *map(row, range(12)))
        found = create_dataset(url, path, name="parcels", objective="Answer parcel questions")
        wait_for_records(url, found)
        script = {"type": "script", "script": GRADER}
        saved = httpx2.put(f"{url}/api/optimization/datasets/{found}/grader", json=script)
        assert saved.status_code == 200, saved.text
        yield Place(url, f"{url}/optimization/{found}", found)


@pytest.fixture
def visitor(chromium: Browser, place: Place) -> Iterator[Page]:
    """Somebody at 1440×900."""
    with new_page(chromium, place.url) as page:
        yield page


def open_deploy(page: Page, place: Place) -> Locator:
    visit(page, f"{place.dataset}?step=deploy")
    dialog = page.get_by_role("dialog", name="Deploy")
    expect(dialog.get_by_role("heading", name="Endpoint")).to_be_visible(timeout=WAIT_MS)
    return dialog


def figure(dialog: Locator, name: str) -> Locator:
    """The figures of both models in one line."""
    header = dialog.page.get_by_role("rowheader", name=name, exact=True)
    return dialog.get_by_role("row").filter(has=header).get_by_role("cell")


def call(place: Place, number: int) -> str:
    """One call of the alias by a client."""
    body = {"model": "small", "messages": [{"role": "user", "content": f"Hello {number}"}]}
    answer = httpx2.post(f"{place.url}/gateway/v1/chat/completions", json=body)
    assert answer.status_code == 200, answer.text
    return answer.headers["x-rft-variant"]


def type_reason(dialog: Locator, words: str) -> None:
    dialog.get_by_label("Reason", exact=True).fill(words)


def test_a_model_is_deployed_looked_at_promoted_and_rolled_back(
    visitor: Page, place: Place
) -> None:
    dialog = open_deploy(visitor, place)
    dialog.get_by_role("button", name="Deploy", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("Name the tuned model")
    fill_in(dialog)
    dialog.get_by_role("button", name="Deploy", exact=True).click()
    expect(dialog.get_by_role("table", name="Figures of both models")).to_be_visible()
    expect(dialog).to_contain_text("50% of traffic")
    expect(dialog).to_contain_text("No evidence yet")
    expect(figure(dialog, "Latency p50")).to_have_text(["–", "–"])
    look_at_figures(dialog, [call(place, number) for number in range(60)])
    promote(dialog)
    while {call(place, number) for number in range(3)} != {"tuned"}:
        pass  # the gateway knows within a second
    type_reason(dialog, "a complaint")
    dialog.get_by_role("button", name="Roll back", exact=True).click()
    expect(dialog.get_by_role("button", name="Deploy", exact=True)).to_be_visible()
    expect(dialog).to_contain_text("a complaint")
    expect(dialog).to_contain_text("Figures of the last deployment")


def fill_in(dialog: Locator) -> None:
    """An A/B test by half, all of it graded."""
    dialog.get_by_label("Base model", exact=True).select_option("small")
    dialog.get_by_label("Tuned model", exact=True).select_option("small-tuned")
    dialog.get_by_label("Share of the calls", exact=True).fill("50")
    dialog.get_by_label("Answers to grade", exact=True).fill("100")
    type_reason(dialog, "first try")


def look_at_figures(dialog: Locator, answered: list[str]) -> None:
    """They are written and graded by others, some moments later."""
    numbers = [str(answered.count(variant)) for variant in ("base", "tuned")]
    refresh = dialog.get_by_role("button", name="Refresh", exact=True)
    for name in ("Requests", "Graded"):
        cells = figure(dialog, name)
        for _ in range(60):
            if cells.all_text_contents() == numbers:
                break
            refresh.click()
            dialog.page.wait_for_timeout(500)
        expect(cells).to_have_text(numbers)
    expect(figure(dialog, "Mean reward").first).to_contain_text("0.25")
    expect(figure(dialog, "Mean reward").last).to_contain_text("1.00")
    expect(dialog).to_contain_text("Enough evidence: there/small-tuned is better than here/small")


def promote(dialog: Locator) -> None:
    button = dialog.get_by_role("button", name="Promote", exact=True)
    button.click()
    expect(dialog.get_by_text("Give a reason; it is kept in the history.")).to_be_visible()
    type_reason(dialog, "enough evidence")
    button.click()
    expect(button).to_have_count(0)
    expect(dialog).to_contain_text("100% of traffic")
    expect(dialog).to_contain_text("local user promoted · Replace")


def test_a_running_deployment_fits_a_phone_and_leads_to_the_next_dataset(
    place: Place, chromium: Browser
) -> None:
    body = {
        "mode": "ab_test",
        "abTestRatio": 0.25,
        "alias": "parcel-bot",
        "baseModel": "small",
        "tunedModel": "small-tuned",
    }
    address = f"{place.url}/api/optimization/datasets/{place.dataset_id}/deploy"
    made = httpx2.post(address, json=body)
    assert made.status_code == 201, made.text
    with new_page(chromium, place.url, PHONE) as page:
        dialog = open_deploy(page, place)
        expect(dialog).to_contain_text("parcel-bot")
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        type_reason(dialog, "more")
        dialog.get_by_label("Tuned share", exact=True).fill("40")
        dialog.get_by_role("button", name="Adjust", exact=True).click()
        expect(dialog).to_contain_text("local user adjusted · A/B test, 40%")
        type_reason(dialog, "look closer")
        dialog.get_by_label("Answers to grade", exact=True).fill("30")
        dialog.get_by_role("button", name="Adjust", exact=True).click()
        expect(dialog.get_by_text("look closer", exact=True)).to_be_visible()
        running = httpx2.get(f"{place.url}/api/optimization/deployments/parcel-bot").json()
        assert running["deployment"]["gradedShare"] == 0.3
        assert running["deployment"]["tunedShare"] == 0.4
        dialog.get_by_role("link", name="New dataset from this traffic", exact=True).click()
        expect(page).to_have_url(
            f"{place.url}/optimization/new?source=traces&with_tag=alias%3Aparcel-bot"
        )
        expect(page.get_by_role("heading", name="New dataset", exact=True)).to_be_visible()
        chosen = page.get_by_role("tab", name="From gateway traces", exact=True)
        expect(chosen).to_have_attribute("aria-selected", "true")


def test_each_of_several_deployments_can_be_looked_at(place: Place, visitor: Page) -> None:
    address = f"{place.url}/api/optimization/datasets/{place.dataset_id}/deploy"
    for alias in ("first-bot", "second-bot"):
        body = {"mode": "new_endpoint", "alias": alias, "tunedModel": "small-tuned"}
        made = httpx2.post(address, json=body)
        assert made.status_code == 201, made.text
    dialog = open_deploy(visitor, place)
    chosen = dialog.get_by_label("Deployment", exact=True)
    for alias in ("first-bot", "second-bot"):
        chosen.select_option(f"{alias} · New endpoint, 100% of traffic")
        expect(dialog.get_by_role("definition").get_by_text(alias, exact=True)).to_be_visible()
