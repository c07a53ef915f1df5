"""Who is left alone for a while, and who tries first."""

import time

import pytest

from rft_app.gateway import resting
from rft_app.gateway.relay import LEFT_WAITING, Call
from rft_app.gateway.resting import Rests

KEY = ("dep_1", "tuned")


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> Rests:
    monkeypatch.setattr(resting, "REST_S", 1_000.0)
    return Rests()


def make_call(fault: tuple[str, str] | None = None, *, has_begun: bool = False) -> Call:
    call = Call("chat/completions", "", [], b"{}")
    call.fault, call.has_begun = fault, has_begun
    return call


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (("upstream_unreachable", ""), "upstream_unreachable"),
        (("not_available", ""), "upstream_unreachable"),
        (("upstream_timeout", ""), "upstream_timeout"),
        (LEFT_WAITING, "upstream_timeout"),
    ],
)
def test_who_cannot_be_reached_or_is_silent_rests(
    rests: Rests, fault: tuple[str, str], kind: str
) -> None:
    rests.note(KEY, make_call(fault), time.monotonic())
    told = rests.find_fault(KEY, make_call())
    assert told is not None
    assert told[0] == kind
    assert rests.find_fault(("dep_1", "base"), make_call()) is None


@pytest.mark.parametrize(
    "call",
    [
        make_call(),
        make_call(LEFT_WAITING, has_begun=True),
        make_call(("upstream_timeout", ""), has_begun=True),
        make_call(("upstream_broken", "")),
    ],
)
def test_who_has_said_something_does_not(rests: Rests, call: Call) -> None:
    rests.note(KEY, call, time.monotonic())
    assert rests.find_fault(KEY, make_call()) is None


def test_one_client_that_leaves_tells_nothing_where_another_was_answered(rests: Rests) -> None:
    began = time.monotonic()
    rests.note(KEY, make_call(), began)
    rests.note(KEY, make_call(LEFT_WAITING), began - 1)
    assert rests.find_fault(KEY, make_call()) is None


def test_after_a_rest_one_call_tries_for_all(rests: Rests, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resting, "REST_S", 0.0)
    rests.note(KEY, make_call(("upstream_timeout", "")), time.monotonic())
    first, second = make_call(), make_call()
    assert rests.find_fault(KEY, first) is None
    assert rests.find_fault(KEY, second) is not None
    first.fault = ("upstream_timeout", "")
    rests.note(KEY, first, time.monotonic())
    assert rests.find_fault(KEY, second) is None
    assert rests.find_fault(KEY, make_call()) is not None
    second.has_begun = True  # its answer grows
    assert rests.find_fault(KEY, make_call()) is None
    assert rests.find_fault(KEY, make_call()) is None
