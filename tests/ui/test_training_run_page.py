"""The page of a training in the browser: what is there without one, and how the dialog leads on."""

from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import PHONE, new_page, serve, visit
from tests.gateway.upstream import Upstream
from tests.ui.files import create_dataset, wait_for_records, write_lines

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def dataset_url(app_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    rows = [{"prompt": f"Question {number}?", "completion": "Yes"} for number in range(40)]
    path = write_lines(tmp_path_factory.mktemp("file") / "few.jsonl", *rows)
    found = create_dataset(app_url, path, name="few", objective="Learn")
    wait_for_records(app_url, found)
    return f"{app_url}/optimization/{found}"


def test_an_address_without_a_training_says_so(page: Page, dataset_url: str) -> None:
    visit(page, f"{dataset_url}/training/train_none")
    expect(page.get_by_role("heading", name="This training is not there")).to_be_visible()
    page.get_by_role("link", name="All datasets").last.click()
    expect(page.get_by_role("heading", name="Datasets", exact=True)).to_be_visible()


def test_what_keeps_a_training_from_starting_is_said(page: Page, dataset_url: str) -> None:
    visit(page, f"{dataset_url}?step=train")
    dialog = page.get_by_role("dialog")
    start = dialog.get_by_role("button", name="Start training")
    expect(start).to_be_disabled()
    expect(start).to_have_attribute("title", "Something keeps it from starting: see the checks")
    expect(dialog.get_by_text("no grader", exact=False).first).to_be_visible()

    dialog.get_by_text("Advanced").click()
    steps = dialog.get_by_label("Number of steps")
    steps.fill("none")
    steps.press("Tab")
    expect(dialog.get_by_role("alert")).to_contain_text("num_steps")
    steps.fill("7")
    steps.press("Tab")
    expect(dialog.get_by_text("7 training steps")).to_be_visible()
    expect(dialog.get_by_text("1 set by hand")).to_be_visible()


@pytest.fixture(scope="module")
def service_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dataset on a server with a provider, which may have a fine-tuning API."""
    folder = tmp_path_factory.mktemp("service")
    with Upstream().running() as upstream, serve(folder / "data") as url:
        body = {"name": "tuner", "baseUrl": upstream.url, "models": [{"name": "small"}]}
        made = httpx2.post(f"{url}/api/providers", json={**body, "apiKey": "sk-x"})
        assert made.status_code == 201, made.text
        rows = [{"prompt": f"Question {number}?", "completion": "Yes"} for number in range(40)]
        path = write_lines(folder / "few.jsonl", *rows)
        found = create_dataset(url, path, name="few", objective="Learn")
        wait_for_records(url, found)
        yield f"{url}/optimization/{found}"


def test_a_provider_can_be_chosen_and_says_what_it_means(
    chromium: Browser, service_url: str
) -> None:
    with new_page(chromium, service_url.split("/optimization")[0]) as page:
        visit(page, f"{service_url}?step=train")
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("radio", name="This machine", exact=True)).to_be_checked()
        expect(dialog.get_by_role("radiogroup", name="Preset")).to_be_visible()
        dialog.get_by_role("radio", name="Provider's fine-tuning API", exact=True).click()
        expect(dialog).to_contain_text("Before you choose this")
        expect(dialog.get_by_label("Provider", exact=True)).to_contain_text("tuner")
        expect(dialog).to_contain_text("time and price unknown")
        expect(dialog.get_by_role("radiogroup", name="Preset")).to_have_count(0)

        visit(page, f"{service_url}?step=train")
        kept = dialog.get_by_role("radio", name="Provider's fine-tuning API", exact=True)
        expect(kept).to_be_checked()
        dialog.get_by_role("radio", name="This machine", exact=True).click()
        expect(dialog.get_by_role("radiogroup", name="Preset")).to_be_visible()
        expect(dialog.get_by_label("Provider", exact=True)).to_have_count(0)


def test_the_choice_of_a_provider_fits_a_phone(chromium: Browser, service_url: str) -> None:
    with new_page(chromium, service_url.split("/optimization")[0], PHONE) as phone:
        visit(phone, f"{service_url}?step=train")
        dialog = phone.get_by_role("dialog")
        dialog.get_by_role("radio", name="Provider's fine-tuning API", exact=True).click()
        expect(dialog.get_by_label("Provider", exact=True)).to_be_visible()
        assert phone.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        dialog.get_by_role("radio", name="This machine", exact=True).click()
        expect(dialog.get_by_label("Provider", exact=True)).to_have_count(0)
