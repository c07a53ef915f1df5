"""Keys that are created and revoked, on both databases."""

import asyncio
import time
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from rft_app.errors import InvalidInputError, NotFoundError
from rft_app.services import intake_keys, refreshed
from rft_app.services.active_keys import ActiveKeys
from rft_app.settings import get_settings
from rft_app.storage import intake_keys as stored
from rft_app.storage.session import reading, unit_of_work

pytestmark = pytest.mark.usefixtures("any_database")


def create(name: str = "checkout") -> tuple[str, str]:
    """The id of a new key, and the key."""
    with unit_of_work() as session:
        created, key = intake_keys.create_key(session, name)
    return created.id or "", key


def revoke(key_id: str) -> None:
    with unit_of_work() as session:
        intake_keys.revoke_key(session, key_id)


def may_send(key: str = "") -> bool:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return asyncio.run(intake_keys.find_sender(headers.get)) is not None


def test_a_key_is_asked_for_from_its_creation_until_the_last_is_revoked() -> None:
    assert may_send()
    first, key = create()
    second, other = create("other")
    assert [may_send(), may_send("rft_guess"), may_send(key), may_send(other)] == [
        False,
        False,
        True,
        True,
    ]
    revoke(first)
    assert [may_send(key), may_send(other)] == [False, True]
    revoke(second)
    assert may_send()


def test_the_key_itself_is_stored_nowhere() -> None:
    _, key = create()
    with reading() as session:
        [row] = session.connection().execute(text("SELECT * FROM intake_key"))
        [listed] = intake_keys.list_keys(session)
    assert key not in str([bytes(each) if isinstance(each, memoryview) else each for each in row])
    assert listed.beginning == key[:8]
    assert len(key) - len(listed.beginning) >= 24


def test_keys_of_the_settings_go_on_and_are_not_revoked_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RFT_OTLP_KEYS", "of-settings")
    get_settings.cache_clear()
    key_id, _ = create()
    revoke(key_id)
    with reading() as session:
        found = intake_keys.list_keys(session)
        assert intake_keys.count_keys(session) == 1
    assert [(key.id, key.name, key.is_active) for key in found] == [
        (None, "RFT_OTLP_KEYS", True),
        (key_id, "checkout", False),
    ]
    assert [may_send("of-settings"), may_send()] == [True, False]


def test_what_a_key_was_last_used_is_noted() -> None:
    _, key = create()

    def find_last_use() -> object:
        with reading() as session:
            return intake_keys.list_keys(session)[0].last_used_at

    assert find_last_use() is None
    may_send("rft_guess")
    may_send(key)
    deadline = time.monotonic() + 30
    while find_last_use() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_key_needs_a_name_and_only_one_that_is_there_is_revoked() -> None:
    for name in ("  ", "x" * 101, "two\nlines"):
        with pytest.raises(InvalidInputError):
            create(name)
    with pytest.raises(NotFoundError):
        revoke("key_none")


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], dict[bytes, str]]]:
    """What the database answers, one after the other."""
    answers: list[Callable[[], dict[bytes, str]]] = []
    monkeypatch.setattr(stored, "list_digests", lambda _session: answers.pop(0)())
    return answers


def test_the_database_is_asked_once_a_second(
    lookups: list[Callable[[], dict[bytes, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    lookups += [lambda: {b"a": "key_a"}, lambda: {b"b": "key_b"}]
    keys = ActiveKeys()
    assert [asyncio.run(keys.read()) for _ in range(50)] == [{b"a": "key_a"}] * 50
    monkeypatch.setattr(refreshed, "FRESH_S", 0)
    assert asyncio.run(keys.read()) == {b"b": "key_b"}


def test_keys_are_remembered_while_the_database_is_gone(
    lookups: list[Callable[[], dict[bytes, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> dict[bytes, str]:
        raise OperationalError("SELECT", {}, OSError("gone"))

    lookups += [lambda: {b"a": "key_a"}, fail, lambda: {}]
    monkeypatch.setattr(refreshed, "FRESH_S", 0)
    keys = ActiveKeys()
    assert [asyncio.run(keys.read()) for _ in range(3)] == [{b"a": "key_a"}, {b"a": "key_a"}, {}]


def test_nobody_is_let_in_because_the_first_answer_takes_its_time(
    lookups: list[Callable[[], dict[bytes, str]]],
) -> None:
    def answer_late() -> dict[bytes, str]:
        time.sleep(2 * refreshed.PATIENCE_S)
        return {b"a": "key_a"}

    lookups.append(answer_late)
    assert asyncio.run(ActiveKeys().read()) == {b"a": "key_a"}
