"""Providers in the settings: added with a preset, tested, changed, offered, removed."""

from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import PHONE, new_page, serve, visit
from tests.llm.provider import FakeProvider, Json, Served, refuse, say
from tests.ui.test_accessibility import scan

pytestmark = pytest.mark.browser

SECRET = "sk-very-secret-indeed"
WAIT_MS = 60_000


def answer(request: Json, number: int) -> Served:
    """One model works, the other has a wrong key and says so in full."""
    if request["model"] == "big":
        return say("ready")
    return refuse(401, f"Incorrect API key provided: {SECRET}")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, FakeProvider]]:
    """The address of an installation without a provider, and a provider."""
    with FakeProvider(answer).running() as provider:
        provider.models = Served(b'{"data": [{"id": "big"}, {"id": "small"}, {"id": "odd"}]}')
        with serve(tmp_path_factory.mktemp("providers") / "data") as url:
            yield url, provider


@pytest.fixture
def visitor(chromium: Browser, place: tuple[str, FakeProvider]) -> Iterator[Page]:
    with httpx2.Client(base_url=place[0]) as client:
        for one in client.get("/api/providers").json():
            client.delete(f"/api/providers/{one['name']}").raise_for_status()
    with new_page(chromium, place[0]) as found:
        yield found


def open_settings(page: Page, url: str) -> None:
    visit(page, f"{url}/settings")
    expect(page.get_by_role("button", name="Add provider", exact=True)).to_be_enabled()


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def fill_in(page: Page, url: str) -> None:
    """Name, address and key, begun with a preset."""
    page.get_by_role("button", name="Add provider", exact=True).click()
    form = dialog(page)
    form.get_by_role("button", name="vLLM", exact=True).click()
    expect(form.get_by_label("Base URL", exact=True)).to_have_value("http://127.0.0.1:8000/v1")
    form.get_by_label("Name", exact=True).fill("lab")
    form.get_by_label("Base URL", exact=True).fill(url)
    form.get_by_role("radio", name="Stored", exact=True).click()
    form.get_by_label("The key", exact=True).fill(SECRET)


def test_a_provider_is_added_tested_changed_and_removed(  # noqa: PLR0915  # one journey
    visitor: Page, place: tuple[str, FakeProvider]
) -> None:
    provider = place[1]
    open_settings(visitor, place[0])
    expect(visitor.get_by_text("No provider yet")).to_be_visible()
    fill_in(visitor, provider.url)
    form = dialog(visitor)
    form.get_by_role("button", name="Fetch models", exact=True).click()
    expect(form.get_by_text("3 models listed")).to_be_visible(timeout=WAIT_MS)
    form.get_by_role("button", name="big", exact=True).click()
    expect(form.get_by_label("Name of model 1", exact=True)).to_have_value("big")
    form.get_by_role("button", name="odd", exact=True).click()
    expect(form.get_by_label("Name of model 2", exact=True)).to_have_value("odd")
    form.get_by_label("Price in of model 1", exact=True).fill("1.25")
    form.get_by_label("Price out of model 1", exact=True).fill("10")
    form.get_by_role("button", name="Test", exact=True).click()
    expect(form.get_by_text("big answered in")).to_be_visible(timeout=WAIT_MS)
    assert provider.keys[-1] == f"Bearer {SECRET}"
    assert not scan(visitor)
    form.get_by_role("button", name="Add provider", exact=True).click()
    table = visitor.get_by_role("table", name="Models of lab", exact=True)
    expect(table).to_contain_text("big1.2510oddunknownunknown")
    expect(visitor.get_by_text("stored, encrypted")).to_be_visible()
    assert SECRET not in visitor.content()
    expect(visitor.locator("[data-sonner-toast]")).to_have_count(0)
    assert not scan(visitor)

    visitor.get_by_role("button", name="Edit lab", exact=True).click()
    form.get_by_role("button", name="Take out model 1", exact=True).click()
    expect(form.get_by_label("Name of model 1", exact=True)).to_have_value("odd")
    form.get_by_label("Calls at a time", exact=True).fill("0")
    form.get_by_role("button", name="Save changes", exact=True).click()
    expect(form.get_by_text("greater than or equal to 1").first).to_be_visible()
    form.get_by_label("Calls at a time", exact=True).fill("3")
    form.get_by_role("button", name="Save changes", exact=True).click()
    expect(visitor.get_by_text("3 calls at a time")).to_be_visible()
    visitor.get_by_role("button", name="Test lab", exact=True).click()
    wrong = visitor.get_by_text("401: Incorrect API key provided: •••")
    expect(wrong).to_be_visible(timeout=WAIT_MS)
    assert provider.keys[-1] == f"Bearer {SECRET}", "the key was kept"
    assert SECRET not in visitor.content()

    visitor.get_by_role("button", name="Remove lab", exact=True).click()
    expect(dialog(visitor)).to_contain_text("No judge asks it now.")
    dialog(visitor).get_by_role("button", name="Remove", exact=True).click()
    expect(visitor.get_by_text("No provider yet")).to_be_visible()


def test_of_listed_models_one_is_taken_and_of_several_some_must_be_chosen(
    visitor: Page, place: tuple[str, FakeProvider], monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = place[1]
    open_settings(visitor, place[0])
    fill_in(visitor, provider.url)
    form = dialog(visitor)
    form.get_by_role("button", name="Fetch models", exact=True).click()
    expect(form.get_by_text("3 models listed")).to_be_visible(timeout=WAIT_MS)
    form.get_by_role("button", name="Add provider", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text("No model is chosen")
    monkeypatch.setattr(provider, "models", Served(b'{"data": [{"id": "only"}]}'))
    form.get_by_role("button", name="Fetch models", exact=True).click()
    expect(form.get_by_label("Name of model 1", exact=True)).to_have_value("only", timeout=WAIT_MS)
    form.get_by_role("button", name="Add provider", exact=True).click()
    expect(visitor.get_by_role("table", name="Models of lab", exact=True)).to_contain_text("only")


def test_another_address_asks_for_the_key_again(
    visitor: Page, place: tuple[str, FakeProvider]
) -> None:
    url, provider = place
    settings = {"name": "lab", "baseUrl": provider.url, "apiKey": SECRET}
    httpx2.post(f"{url}/api/providers", json=settings).raise_for_status()
    open_settings(visitor, place[0])
    visitor.get_by_role("button", name="Edit lab", exact=True).click()
    form = dialog(visitor)
    form.get_by_label("Base URL", exact=True).fill("http://127.0.0.1:9/v1")
    form.get_by_role("button", name="Save changes", exact=True).click()
    expect(form.get_by_text("Give the key again for the new one.").first).to_be_visible()
    form.get_by_role("radio", name="None", exact=True).click()
    form.get_by_role("button", name="Save changes", exact=True).click()
    expect(visitor.get_by_text("http://127.0.0.1:9/v1")).to_be_visible()


def test_the_settings_work_on_a_phone(chromium: Browser, place: tuple[str, FakeProvider]) -> None:
    with new_page(chromium, place[0], PHONE) as page:
        open_settings(page, place[0])
        fill_in(page, place[1].url)
        dialog(page).get_by_role("button", name="Close", exact=True).click()
        expect(dialog(page)).to_have_count(0)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], "nothing is wider than the screen"
