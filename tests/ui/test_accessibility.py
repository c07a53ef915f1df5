"""A scan of every screen by axe-core; serious and critical findings fail."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import ROOT
from tests.ui.screens import Screen, Theme, looks, open_browser, serve_demo, show

pytestmark = pytest.mark.browser

AXE = ROOT / "tools" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
Served = tuple[str, list[Screen]]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The app with the demo; its address and screens."""
    with serve_demo(tmp_path_factory.mktemp("demo")) as found:
        yield found


def scan(page: Page) -> list[str]:
    """What axe-core finds grave, each with the first element it concerns."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']} ({rule['impact']}, {len(rule['nodes'])} times): {rule['help']} "
        f"at {rule['nodes'][0]['html'][:200]}: {rule['nodes'][0].get('failureSummary', '')}"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
    ]


@pytest.mark.parametrize(("size", "theme"), list(looks()))
def test_no_screen_has_grave_faults(
    chromium: Browser, served: Served, size: str, theme: Theme
) -> None:
    url, screens = served
    faults: list[str] = []
    with open_browser(chromium, size, theme) as context:
        for screen in screens:
            with show(context, url, screen) as page:
                faults.extend(f"{screen.name}: {fault}" for fault in scan(page))
    assert not faults, "\n\n".join(faults)


def test_a_picture_without_words_is_found(chromium: Browser, served: Served) -> None:
    url, screens = served
    with (
        open_browser(chromium, "wide", "dark") as context,
        show(context, url, screens[0]) as page,
    ):
        page.evaluate("document.body.append(new Image())")
        assert any(found.startswith("image-alt") for found in scan(page))
