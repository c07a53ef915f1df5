"""A scan of every screen by axe-core; serious and critical findings fail."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import ROOT, Theme
from tests.ui.screens import SIZES, Screen, open_browser, serve_demo, show

pytestmark = pytest.mark.browser

AXE = ROOT / "tools" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
Served = tuple[str, list[Screen]]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The app with the demo; its address and screens."""
    with serve_demo(tmp_path_factory.mktemp("demo")) as found:
        yield found


def scan(page: Page, rule: str | None = None) -> list[str]:
    """What axe-core finds grave, by one rule or all, each with the first element it concerns."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    options = {"resultTypes": ["violations"], **({"runOnly": [rule]} if rule else {})}
    found = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{rule['id']} ({rule['impact']}, {len(rule['nodes'])} times): {rule['help']} "
        f"at {rule['nodes'][0]['html'][:200]}: {rule['nodes'][0].get('failureSummary', '')}"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
    ]


def turn(page: Page, theme: Theme) -> None:
    """Change the theme of a page that is open."""
    page.evaluate("theme => { document.documentElement.className = theme }", theme)


def resize(page: Page, size: str) -> None:
    """Give an open page another size and wait until it is drawn."""
    page.set_viewport_size(SIZES[size])
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_no_screen_has_grave_faults_at_either_size_in_either_theme(
    chromium: Browser, served: Served
) -> None:
    url, screens = served
    faults: list[str] = []
    with open_browser(chromium, url, "wide", "dark") as context:
        for screen in screens:
            with show(context, url, screen) as page:
                for size in SIZES:  # one load: the layout follows the width by itself
                    resize(page, size)
                    found = scan(page)
                    turn(page, "light")
                    found += scan(page, "color-contrast")
                    turn(page, "dark")
                    faults.extend(f"{screen.name}, {size}: {fault}" for fault in found)
    assert not faults, "\n\n".join(faults)


def test_faint_words_are_found_in_the_light_theme_alone(chromium: Browser, served: Served) -> None:
    url, screens = served
    with (
        open_browser(chromium, url, "wide", "dark") as context,
        show(context, url, screens[0]) as page,
    ):
        page.get_by_role("heading").first.evaluate("each => { each.style.color = '#eee' }")
        assert not scan(page, "color-contrast")
        turn(page, "light")
        assert scan(page, "color-contrast")


def test_a_picture_without_words_is_found(chromium: Browser, served: Served) -> None:
    url, screens = served
    with (
        open_browser(chromium, url, "wide", "dark") as context,
        show(context, url, screens[0]) as page,
    ):
        page.evaluate("document.body.append(new Image())")
        assert any(found.startswith("image-alt") for found in scan(page))
