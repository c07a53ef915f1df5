"""Keys in the intake panel, without a browser."""

import asyncio
from pathlib import Path

import pytest
import reflex as rx

from rft_app.services.intake_keys import list_keys
from rft_app.settings import get_settings
from rft_app.storage.session import reading
from rft_app.ui.state.intake_keys import IntakeKeysState


@pytest.fixture
def panel(database: Path) -> IntakeKeysState:
    root = rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    found = root.get_substate(IntakeKeysState.get_full_name().split("."))
    assert isinstance(found, IntakeKeysState)
    asyncio.run(IntakeKeysState.load.fn(found))
    return found


def create(panel: IntakeKeysState, name: str) -> None:
    panel.name = name
    asyncio.run(IntakeKeysState.create.fn(panel))


def test_a_new_key_shows_once_and_leaves_when_it_is_revoked(panel: IntakeKeysState) -> None:
    assert "Everybody" in panel.who_may_send
    create(panel, "checkout")
    [key] = panel.keys
    assert panel.created.startswith(key.beginning.removesuffix("…"))
    assert (panel.who_may_send, panel.name) == ("", "")
    assert key.about == "created just now · never used"

    asyncio.run(IntakeKeysState.load.fn(panel))
    assert panel.created == ""

    IntakeKeysState.ask_revoke.fn(panel, key.id)
    assert "last key" in panel.consequence
    asyncio.run(IntakeKeysState.revoke.fn(panel))
    assert (panel.keys, panel.revoking.id) == ([], "")
    assert "Everybody" in panel.who_may_send
    with reading() as session:
        assert [each.is_active for each in list_keys(session)] == [False]


def test_a_key_of_the_settings_shows_without_an_id(
    panel: IntakeKeysState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RFT_OTLP_KEYS", "of-settings")
    get_settings.cache_clear()
    create(panel, "checkout")
    of_settings, created = panel.keys
    assert (of_settings.id, of_settings.name) == ("", "RFT_OTLP_KEYS")
    IntakeKeysState.ask_revoke.fn(panel, created.id)
    assert panel.consequence.startswith("1 other key goes on")


def test_a_name_that_cannot_be_is_told(panel: IntakeKeysState) -> None:
    create(panel, " ")
    assert "Name the key" in panel.fault
    assert (panel.keys, panel.created) == ([], "")
