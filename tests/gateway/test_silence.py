"""A model of an alias that says nothing: the other one answers, and that is told."""

import threading
from collections.abc import Iterator

import openai
import pytest

from rft_app.cli import deploying
from rft_app.domain.deployment import DeployMode, Variant
from rft_app.gateway import resting
from tests.gateway.conftest import Start, eventually
from tests.gateway.test_deployed import ask, by_variant, deploy, read_report
from tests.gateway.upstream import PATIENCE_S, Asked, Upstream


@pytest.fixture
def hanging(tuned: Upstream, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    """The tuned model's endpoint, which takes calls and says nothing; it rests for long."""
    monkeypatch.setattr(resting, "REST_S", 1_000.0)
    is_over = threading.Event()
    tuned.behave = lambda asked: is_over.wait(PATIENCE_S)
    yield tuned
    is_over.set()


def test_who_says_nothing_is_replaced_and_rests(
    start: Start,
    base: Upstream,
    hanging: Upstream,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deployment = deploy(base, hanging, mode=DeployMode.REPLACE)
    gateway = start(LLM_BASE_URL="", GATEWAY_FALLBACK_S="0.3")
    assert [ask(gateway) for _ in range(4)] == ["Base"] * 4
    assert len(hanging.asked) == 1
    report = read_report(gateway, deployment)
    (error,) = report.errors
    assert (error.variant, error.kind, error.number) == (Variant.TUNED, "upstream_timeout", 4)
    assert by_variant(report)[Variant.BASE].num_fallbacks == 4
    monkeypatch.setattr("rft_app.cli.installation.ensure_schema", lambda: None)
    deploying.deployments("support")
    assert "4 errors of the tuned model: upstream_timeout" in capsys.readouterr().out


def test_a_stream_that_begins_without_a_word_is_replaced_too(
    start: Start, base: Upstream, hanging: Upstream
) -> None:
    wait = hanging.behave

    def behave(asked: Asked) -> None:
        asked.begin_stream()
        wait(asked)

    hanging.behave = behave
    deploy(base, hanging, mode=DeployMode.REPLACE)
    gateway = start(LLM_BASE_URL="", GATEWAY_FALLBACK_S="0.3")
    assert ask(gateway) == "Base"


def test_a_client_that_leaves_unheard_is_counted_and_the_next_one_is_answered(
    start: Start, base: Upstream, hanging: Upstream
) -> None:
    deployment = deploy(base, hanging, mode=DeployMode.REPLACE)
    gateway = start(LLM_BASE_URL="")
    impatient = gateway.client(timeout=0.5).chat.completions
    with pytest.raises(openai.APITimeoutError):
        impatient.create(model="support", messages=[{"role": "user", "content": "Hello"}])
    eventually(
        lambda: by_variant(read_report(gateway, deployment))[Variant.TUNED].num_left_waiting == 1
    )
    assert [ask(gateway) for _ in range(3)] == ["Base"] * 3
    assert len(hanging.asked) == 1
    report = read_report(gateway, deployment)
    figures = by_variant(report)[Variant.TUNED]
    assert (figures.num_requests, figures.num_cancelled, figures.num_errors) == (4, 1, 3)
    assert any("1 client left while waiting for the tuned model" in told for told in report.notes)
