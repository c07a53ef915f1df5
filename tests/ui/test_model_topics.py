"""Topics and categorising by a model in the browser: made, looked at, taken; and when it fails."""

import re
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import PHONE, new_page, serve, visit
from tests.llm.provider import FAILURES, FakeProvider, Json, Served, refuse, say_json
from tests.services.test_model_categorising import sort_into_last
from tests.ui.files import create_dataset, wait_for_records, write_lines
from tests.ui.test_accessibility import scan
from tests.ui.test_topics import STRANGE, front, names, open_topics, row

pytestmark = pytest.mark.browser

WAIT_MS = 60_000
TREE = say_json(
    {
        "topics": [
            {"path": ["Money"], "description": "What it costs.", "keywords": []},
            {"path": ["Money", "Refund"], "description": "Money back.", "keywords": ["refund"]},
            {"path": ["Delivery"], "description": "Where it is.", "keywords": ["parcel"]},
            {"path": ["Other"], "description": "All else.", "keywords": []},
            {"path": ["Rest"], "description": "What fits nowhere.", "keywords": []},
        ]
    }
)


class Model:
    """A model that makes a tree and sorts; it can be told to fail or to wait."""

    def __init__(self) -> None:
        self.failure: Served | None = None
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, request: Json, number: int) -> Served:
        """One reply."""
        self.gate.wait(30)
        if self.failure is not None:
            return self.failure
        is_tree = "topic tree" in request["messages"][0]["content"]
        return TREE if is_tree else sort_into_last(request, number)


Place = tuple[str, str, Model]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The app with a provider: its address, that of a dataset without topics, the model."""
    folder, model = tmp_path_factory.mktemp("model"), Model()
    with FakeProvider(model).running() as provider:
        settings = {
            "RFT_LLM_BASE_URL": provider.url,
            "RFT_LLM_MODELS": "good=1/10, local",
            "RFT_LLM_MAX_ATTEMPTS": "1",
            "RFT_TEXT_FEATURES": "tfidf",
        }
        with serve(folder / "data", settings=settings) as url:
            rows = [row(f"Where is my parcel {n}, the parcel?") for n in range(20)]
            lines = write_lines(folder / "parcels.jsonl", *rows, *map(row, STRANGE))
            found = create_dataset(url, lines, name="parcels", objective="Answer")
            wait_for_records(url, found)
            yield url, f"{url}/optimization/{found}", model


@pytest.fixture(scope="module")
def visitor(chromium: Browser, place: Place) -> Iterator[Page]:
    """One visitor who goes the whole way, in the order of the tests below."""
    with new_page(chromium, place[0]) as page:
        yield page


def open_suggestion(page: Page, dataset: str) -> Locator:
    """The dialog that makes topics, with the model chosen."""
    visit(page, f"{dataset}?step=topics")
    front(page).get_by_role("button", name=re.compile("^(Suggest|Template or model)")).first.click()
    front(page).get_by_role("radio", name="Model").click()
    return front(page)


def test_a_provider_without_credit_is_told_with_the_remedy(visitor: Page, place: Place) -> None:
    place[2].failure = refuse(402, "empty account")
    dialog = open_suggestion(visitor, place[1])
    expect(dialog.get_by_label("Model", exact=True)).to_contain_text("$1 in, $10 out")
    dialog.get_by_role("button", name="Ask the model").click()
    alert = dialog.get_by_role("alert")
    expect(alert).to_contain_text("Top up the provider's account.", timeout=WAIT_MS)
    expect(alert).to_contain_text("Nothing was paid.")
    expect(dialog.get_by_role("button", name="Ask the model")).to_be_enabled()


@pytest.mark.parametrize("name", ["no patience", "a fault", "nothing", "nonsense"])
def test_other_failures_say_what_came(visitor: Page, place: Place, name: str) -> None:
    place[2].failure, said = FAILURES[name]
    dialog = front(visitor)
    dialog.get_by_role("button", name="Ask the model").click()
    expect(dialog.get_by_role("alert")).to_contain_text(said, timeout=WAIT_MS)
    place[2].failure = None


def test_cancelled_while_the_model_thinks_the_tree_stays_as_it_is(
    visitor: Page, place: Place
) -> None:
    dialog, model = front(visitor), place[2]
    model.gate.clear()
    dialog.get_by_role("button", name="Ask the model").click()
    expect(dialog).to_contain_text("Asking good for topics", timeout=WAIT_MS)
    dialog.get_by_role("button", name="Cancel", exact=True).first.click()
    expect(dialog).to_contain_text("stopping")
    model.gate.set()
    expect(dialog.get_by_role("alert")).to_contain_text("was cancelled", timeout=WAIT_MS)
    expect(dialog.get_by_role("alert")).to_contain_text("1 call paid, <$0.01.")


def test_a_proposal_is_looked_at_and_found_again_in_another_tab(
    visitor: Page, chromium: Browser, place: Place
) -> None:
    dialog = front(visitor)
    dialog.get_by_label("Instructions").fill("Keep money apart")
    dialog.get_by_role("button", name="Ask the model").click()
    topics = dialog.get_by_role("list", name="Proposed topics").get_by_role("listitem")
    expect(topics).to_have_count(5, timeout=WAIT_MS)
    expect(topics.nth(1)).to_contain_text("Money back.")
    expect(dialog).to_contain_text("1 call paid, <$0.01.")
    assert not scan(visitor)

    with new_page(chromium, place[0]) as other:
        dialog = open_suggestion(other, place[1])
        expect(dialog).to_contain_text("last proposal")
        dialog.get_by_role("button", name="Show it").click()
        expect(dialog.get_by_role("list", name="Proposed topics")).to_contain_text("Money back.")


def test_the_proposal_is_taken_and_records_go_into_it(visitor: Page) -> None:
    front(visitor).get_by_role("button", name="Take these topics").click()
    expect(names(visitor)).to_have_text(["Money", "Refund", "Delivery", "Other", "Rest"])
    expect(front(visitor)).to_contain_text("24 records categorised", timeout=WAIT_MS)
    front(visitor).get_by_role("button", name="Suggest topics").click()
    expect(front(visitor).get_by_role("radio", name="Model")).to_be_visible()
    expect(front(visitor)).not_to_contain_text("last proposal")


def test_a_dialog_in_front_that_was_left_open_does_not_come_back(
    visitor: Page, place: Place
) -> None:
    open_topics(visitor, place[1])
    expect(front(visitor).get_by_role("tree", name="Topics")).to_be_visible()


def categorise_all(page: Page) -> Locator:
    """The dialog for placing records, all of them chosen."""
    front(page).get_by_role("button", name=re.compile("^Categorise")).first.click()
    front(page).get_by_role("radio", name=re.compile("^All")).click()
    return front(page)


def test_a_model_that_fails_while_records_are_placed_is_told(visitor: Page, place: Place) -> None:
    place[2].failure = refuse(401, "wrong key")
    open_topics(visitor, place[1])
    dialog = categorise_all(visitor)
    expect(dialog).to_contain_text("wait in the review queue")
    dialog.get_by_label("Model for unsure records").select_option("good")
    expect(dialog).to_contain_text("at most 2 calls")
    assert not scan(visitor)
    dialog.get_by_role("button", name="Categorise 24 records").click()
    dialog = front(visitor)
    expect(dialog).to_contain_text("Categorising ended early.", timeout=WAIT_MS)
    expect(dialog).to_contain_text("Check RFT_LLM_API_KEY")
    expect(dialog).to_contain_text("What was placed stays. Nothing was paid.")
    place[2].failure = None


def test_a_model_places_what_words_and_meaning_leave_unsure(visitor: Page, place: Place) -> None:
    dialog = categorise_all(visitor)
    dialog.get_by_role("button", name="Categorise 24 records").click()
    dialog = front(visitor)
    expect(dialog).to_contain_text("24 records categorised, all sure.", timeout=WAIT_MS)
    expect(dialog).to_contain_text("4 by a model")
    expect(dialog).to_contain_text("1 call paid, <$0.01.")


def expect_in_sight(control: Locator) -> None:
    """A long price must not push the control over the edge."""
    control.select_option("good")
    box = control.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= PHONE["width"] - 16


def test_on_a_phone_the_dialogs_fit(chromium: Browser, place: Place) -> None:
    with new_page(chromium, place[0], PHONE) as phone:
        expect_in_sight(open_suggestion(phone, place[1]).get_by_label("Model", exact=True))
        assert not scan(phone)
        phone.keyboard.press("Escape")
        expect_in_sight(categorise_all(phone).get_by_label("Model for unsure records"))
        assert not scan(phone)
