"""What the front end is built of."""

from tests.browser import ROOT


def test_a_fresh_build_leaves_the_pinned_packages_as_they_are() -> None:
    """Reflex writes them on one line; any other form it rewrites in every new clone."""
    pinned = (ROOT / "reflex.lock" / "package.json").read_text(encoding="utf-8")
    assert pinned.startswith('{"name": "reflex", "type": "module", ')
    assert "\n" not in pinned
