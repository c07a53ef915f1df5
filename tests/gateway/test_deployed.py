"""Aliases of the gateway: who answers the official client, and what is kept of it."""

import threading
import time
from typing import Any

import openai
import pytest
from pydantic import SecretStr

from rft_app.domain.deployment import (
    Deployment,
    DeploymentChange,
    DeploymentDraft,
    DeployMode,
    Variant,
    pick_variant,
)
from rft_app.domain.grader import ScriptSpec
from rft_app.domain.provider import Model, NewKey, Provider, ProviderKind
from rft_app.errors import ConflictError
from rft_app.services import deployments, providers
from rft_app.services.datasets import create_dataset, delete_dataset, get_dataset
from rft_app.services.deployment_figures import (
    DeploymentReport,
    VariantFigures,
    report_deployment,
)
from rft_app.services.graders import save_grader
from rft_app.services.traffic_grading import grade_waiting
from rft_app.storage.session import reading, unit_of_work
from tests.gateway.conftest import Running, Start, eventually, read_traces
from tests.gateway.test_calls import SAID, stream
from tests.gateway.upstream import PATIENCE_S, Asked, Upstream, chunk, complete

WHY = "a test"


@pytest.fixture
def store(any_database: str) -> None:
    """Figures are those of SQL, which differs."""


def add_provider(name: str, url: str, model: str) -> None:
    provider = Provider(
        name=name, kind=ProviderKind.STORED, base_url=url, models=(Model(name=model),)
    )
    with unit_of_work() as session:
        providers.add_provider(session, provider, NewKey(secret=SecretStr(f"sk-{name}")))


def deploy(base: Upstream, tuned: Upstream, **changes: Any) -> Deployment:
    """Deploy `there/large` beside `here/small`, each at its own endpoint."""
    add_provider("here", base.url, "small")
    add_provider("there", tuned.url, "large")
    draft = DeploymentDraft(
        **{
            "mode": DeployMode.AB_TEST,
            "ab_test_share": 0.5,
            "alias": "support",
            "base_model": "here/small",
            "tuned_model": "there/large",
            "graded_share": 0.0,
            **changes,
        }
    )
    with unit_of_work() as session:
        dataset = create_dataset(session, name="Support", objective="Answer", source="gateway")
        return deployments.deploy(session, dataset.id, draft, reason=WHY)


def ask(gateway: Running, model: str = "support", **more: Any) -> str:
    reply = gateway.client().chat.completions.create(model=model, messages=SAID, **more)
    return reply.choices[0].message.content or ""


def read_report(gateway: Running, deployment: Deployment) -> DeploymentReport:
    """The figures once everything that was answered is in them."""
    read_traces(gateway)
    with reading() as session:
        stored = deployments.get_deployment(session, deployment.id)
        return report_deployment(session, stored)


def by_variant(report: DeploymentReport) -> dict[Variant, VariantFigures]:
    return {one.variant: one for one in report.variants}


def test_an_ab_test_divides_sessions_and_counts_each_model_exactly(
    start: Start, base: Upstream, tuned: Upstream
) -> None:
    deployment = deploy(base, tuned)
    gateway = start(LLM_BASE_URL="")
    client = gateway.client()
    answers: dict[str, set[str | None]] = {}
    for number in range(200):
        session = f"s-{number % 50}"
        reply = client.chat.completions.create(
            model="support", messages=SAID, extra_headers={"x-rft-session": session}
        )
        answers.setdefault(session, set()).add(reply.choices[0].message.content)

    assert all(len(said) == 1 for said in answers.values())
    expected = {
        name: {"Tuned" if pick_variant(deployment.id, name, 0.5) is Variant.TUNED else "Base"}
        for name in answers
    }
    assert answers == expected
    assert len(base.asked) + len(tuned.asked) == 200
    assert {one.json["model"] for one in base.asked} == {"small"}
    assert {one.json["model"] for one in tuned.asked} == {"large"}
    assert {one.headers["authorization"] for one in tuned.asked} == {"Bearer sk-there"}
    report = read_report(gateway, deployment)
    for variant, asked in ((Variant.BASE, base.asked), (Variant.TUNED, tuned.asked)):
        figures = by_variant(report)[variant]
        assert (figures.num_requests, figures.num_errors) == (len(asked), 0)
        assert (figures.input_tokens, figures.output_tokens) == (12 * len(asked), 3 * len(asked))
        assert figures.latency_p50_ms is not None
        assert figures.latency_p95_ms is not None
        assert 0 < figures.latency_p50_ms <= figures.latency_p95_ms
        assert figures.mean_reward is None
    assert not report.is_enough


def test_users_are_sticky_and_calls_without_a_name_are_divided(
    start: Start, base: Upstream, tuned: Upstream
) -> None:
    deploy(base, tuned)
    gateway = start(LLM_BASE_URL="")
    assert len({ask(gateway, user="ada") for _ in range(8)}) == 1
    assert {ask(gateway) for _ in range(40)} == {"Base", "Tuned"}


def test_the_answer_says_who_gave_it_and_its_trace_is_found_by_the_alias(
    start: Start, base: Upstream, tuned: Upstream
) -> None:
    deploy(base, tuned, mode=DeployMode.REPLACE)
    gateway = start(LLM_BASE_URL="")
    raw = gateway.client().chat.completions.with_raw_response.create(
        model="support", messages=SAID, extra_headers={"x-rft-tags": "mine"}
    )
    assert raw.headers["x-rft-alias"] == "support"
    assert raw.headers["x-rft-variant"] == "tuned"
    assert raw.parse().model == "small-2026"
    (trace,) = read_traces(gateway)
    metadata = trace.other["metadata"]
    assert metadata["tags"] == ["mine", "alias:support", "variant:tuned"]
    assert metadata["attributes"]["gateway.alias"] == "support"
    assert metadata["attributes"]["gateway.variant"] == "tuned"
    models = gateway.client().models.retrieve("support")
    assert models.owned_by == "rft-deployment"


def test_a_stream_of_an_alias_goes_through_piece_by_piece(
    start: Start, base: Upstream, tuned: Upstream
) -> None:
    deploy(base, tuned, mode=DeployMode.REPLACE)
    tuned.behave = stream(chunk({"role": "assistant", "content": "Ra"}), chunk({"content": "in"}))
    gateway = start(LLM_BASE_URL="")
    pieces = gateway.client().chat.completions.create(model="support", messages=SAID, stream=True)
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == "Rain"


@pytest.mark.parametrize("how", ["refuses", "is gone"])
def test_an_endpoint_that_dies_is_replaced_by_the_other_and_that_is_told(
    start: Start, base: Upstream, tuned: Upstream, how: str
) -> None:
    deployment = deploy(base, tuned, ab_test_share=0.99)
    if how == "refuses":
        tuned.behave = lambda asked: asked.answer_json({"error": {"message": "no"}}, 503)
    else:
        with unit_of_work() as session:
            stored = providers.get_provider(session, "there").provider
            moved = stored.model_copy(update={"base_url": "http://127.0.0.1:9/v1"})
            secret = NewKey(secret=SecretStr("sk-there"))
            providers.change_provider(session, moved, secret)
    gateway = start(LLM_BASE_URL="")
    assert {ask(gateway) for _ in range(20)} == {"Base"}
    report = read_report(gateway, deployment)
    figures = by_variant(report)
    failed = figures[Variant.TUNED].num_errors
    assert failed >= 15
    assert figures[Variant.TUNED].num_requests == failed
    assert figures[Variant.BASE].num_fallbacks == failed
    assert figures[Variant.BASE].num_requests == 20
    assert figures[Variant.BASE].num_errors == 0
    (error,) = report.errors
    kind = "503" if how == "refuses" else "upstream_unreachable"
    assert (error.variant, error.kind, error.number) == (Variant.TUNED, kind, failed)
    assert any("in the place of the other model" in told for told in report.notes)


def test_an_endpoint_that_dies_under_traffic_costs_no_client_its_answer(
    start: Start, base: Upstream
) -> None:
    with Upstream().running() as tuned:
        tuned.behave = lambda asked: asked.answer_json(complete("Tuned", 10_000 + len(tuned.asked)))
        deployment = deploy(base, tuned)
        gateway = start(LLM_BASE_URL="")
        before = [ask(gateway, user=f"user {number}") for number in range(40)]
        tuned.behave = lambda asked: asked.drop()
    after = [ask(gateway, user=f"user {number}") for number in range(40)]
    assert {*before} == {"Base", "Tuned"}
    assert {*after} == {"Base"}
    report = read_report(gateway, deployment)
    figures = by_variant(report)
    num_tuned = before.count("Tuned")
    assert figures[Variant.TUNED].num_requests == 2 * num_tuned
    assert figures[Variant.TUNED].num_errors == num_tuned
    assert figures[Variant.BASE].num_requests == 80 - num_tuned
    assert figures[Variant.BASE].num_fallbacks == num_tuned
    assert any(
        f"{num_tuned} of the base model's answers are in the place" in said
        for said in (report.notes)
    )


def test_a_fault_of_the_request_is_no_reason_to_ask_the_other(
    start: Start, base: Upstream, tuned: Upstream
) -> None:
    deploy(base, tuned, mode=DeployMode.REPLACE)
    tuned.behave = lambda asked: asked.answer_json({"error": {"message": "too long"}}, 400)
    gateway = start(LLM_BASE_URL="")
    with pytest.raises(openai.BadRequestError, match="too long"):
        ask(gateway)
    assert not base.asked


def test_a_rollback_takes_effect_within_a_second_and_its_history_stays(
    start: Start, base: Upstream, tuned: Upstream
) -> None:
    deployment = deploy(base, tuned, mode=DeployMode.REPLACE)
    gateway = start(LLM_BASE_URL="")
    assert ask(gateway) == "Tuned"
    with unit_of_work() as session:
        deployments.roll_back(session, "support", reason="It is rude.", actor="ci key")
        dataset = get_dataset(session, deployment.dataset_id)
    assert dataset.nodes[6].summary == "rolled back"
    began = time.monotonic()
    while ask(gateway) != "Base":
        assert time.monotonic() < began + 1.5
    assert {ask(gateway) for _ in range(20)} == {"Base"}
    report = read_report(gateway, deployment)
    assert [(one.actor, one.action, one.reason) for one in report.history] == [
        ("ci key", "rolled_back", "It is rude."),
        ("local user", "deployed", WHY),
    ]


def test_more_share_and_promotion_move_traffic_to_the_tuned_model(
    start: Start, base: Upstream, tuned: Upstream
) -> None:
    deploy(base, tuned, ab_test_share=0.01)
    gateway = start(LLM_BASE_URL="")
    assert "Base" in {ask(gateway) for _ in range(5)}
    with unit_of_work() as session:
        change = DeploymentChange(ab_test_share=0.6)
        deployments.adjust(session, "support", change, reason=WHY)
    with unit_of_work() as session:
        promoted = deployments.promote(session, "support", reason=WHY)
    assert (promoted.mode, promoted.tuned_share) == (DeployMode.REPLACE, 1.0)
    eventually(lambda: {ask(gateway) for _ in range(5)} == {"Tuned"})


def grade_by_length(deployment: Deployment) -> None:
    """The grader of the dataset: 1 for the tuned model's answer."""
    source = (
        "def grade(sample, item):\n    return 1.0 if sample['output_text'] == 'Tuned' else 0.2\n"
    )
    with unit_of_work() as session:
        save_grader(session, deployment.dataset_id, ScriptSpec(source=source))


def test_a_shadow_answers_with_the_base_and_grades_the_tuned_model_on_the_same(
    start: Start, base: Upstream, tuned: Upstream
) -> None:
    deployment = deploy(base, tuned, mode=DeployMode.SHADOW, graded_share=1.0)
    grade_by_length(deployment)
    may_go_on = threading.Event()

    def behave(asked: Asked) -> None:
        may_go_on.wait(PATIENCE_S)
        asked.answer_json(complete("Tuned", 10_000 + len(tuned.asked)))

    tuned.behave = behave
    gateway = start(LLM_BASE_URL="")
    assert {ask(gateway) for _ in range(10)} == {"Base"}  # while the tuned model says nothing
    may_go_on.set()
    eventually(lambda: len(tuned.asked) == 10)
    eventually(lambda: len(read_traces(gateway)) == 20)
    while grade_waiting():
        pass
    report = read_report(gateway, deployment)
    figures = by_variant(report)
    assert (figures[Variant.BASE].num_requests, figures[Variant.BASE].num_shadow) == (10, 0)
    assert (figures[Variant.TUNED].num_requests, figures[Variant.TUNED].num_shadow) == (10, 10)
    assert figures[Variant.BASE].mean_reward == pytest.approx(0.2)
    assert figures[Variant.TUNED].mean_reward == 1.0
    assert report.is_paired
    tags = [trace.other["metadata"]["tags"] for trace in read_traces(gateway)]
    assert sum("alias:support" in each for each in tags) == 10
    assert sum("shadow:support" in each for each in tags) == 10
    assert report.difference == pytest.approx(0.8)


def test_a_shadow_that_fails_is_counted_and_changes_no_answer(
    start: Start, base: Upstream, tuned: Upstream
) -> None:
    deployment = deploy(base, tuned, mode=DeployMode.SHADOW)
    tuned.behave = lambda asked: asked.answer_json({"error": {"message": "no"}}, 500)
    gateway = start(LLM_BASE_URL="")
    assert {ask(gateway) for _ in range(3)} == {"Base"}
    eventually(lambda: by_variant(read_report(gateway, deployment))[Variant.TUNED].num_errors == 3)


def test_live_answers_are_graded_and_failures_are_no_zeros(
    start: Start, base: Upstream, tuned: Upstream
) -> None:
    deployment = deploy(base, tuned, graded_share=1.0)
    source = (
        "def grade(sample, item):\n"
        "    if sample['output_text'] == 'Base':\n        raise ValueError('cannot')\n"
        "    return 0.9\n"
    )
    with unit_of_work() as session:
        save_grader(session, deployment.dataset_id, ScriptSpec(source=source))
    gateway = start(LLM_BASE_URL="")
    for _ in range(30):
        ask(gateway)
    read_traces(gateway)
    while grade_waiting():
        pass
    figures = by_variant(read_report(gateway, deployment))
    assert figures[Variant.BASE].mean_reward is None
    assert figures[Variant.BASE].num_failed == len(base.asked)
    assert figures[Variant.TUNED].mean_reward == pytest.approx(0.9)
    assert figures[Variant.TUNED].num_graded == len(tuned.asked)


def test_feedback_counts_for_the_model_that_answered(
    start: Start, base: Upstream, tuned: Upstream
) -> None:
    deployment = deploy(base, tuned, mode=DeployMode.REPLACE)
    gateway = start(LLM_BASE_URL="")
    reply = gateway.client().chat.completions.create(model="support", messages=SAID)
    read_traces(gateway)
    body = {"response_id": reply.id, "value": 0.75}
    assert gateway.http.post(f"{gateway.url}/feedback", json=body).status_code == 202
    figures = by_variant(read_report(gateway, deployment))[Variant.TUNED]
    assert (figures.num_feedback, figures.mean_feedback) == (1, 0.75)


def test_after_a_rollback_calls_are_neither_graded_nor_counted(
    start: Start, base: Upstream, tuned: Upstream
) -> None:
    deployment = deploy(base, tuned, mode=DeployMode.REPLACE, graded_share=1.0)
    grade_by_length(deployment)
    gateway = start(LLM_BASE_URL="")
    assert ask(gateway) == "Tuned"
    with unit_of_work() as session:
        deployments.roll_back(session, deployment.id, reason=WHY)
    eventually(lambda: ask(gateway) == "Base")
    ask(gateway)
    assert read_traces(gateway)[-1].other["metadata"]["tags"] == ["alias:support", "variant:base"]
    while grade_waiting():
        pass
    report = read_report(gateway, deployment)
    figures = by_variant(report)
    assert figures[Variant.BASE].num_requests == figures[Variant.BASE].num_graded == 0
    assert figures[Variant.TUNED].num_requests == len(tuned.asked)
    assert any("rolled back" in told for told in report.notes)


def test_a_restart_keeps_the_figures_and_the_division(
    start: Start, base: Upstream, tuned: Upstream
) -> None:
    deployment = deploy(base, tuned)
    first = start(LLM_BASE_URL="")
    before = {name: ask(first, user=name) for name in "abcdefgh"}
    first.stop()
    second = start(LLM_BASE_URL="")
    assert {name: ask(second, user=name) for name in "abcdefgh"} == before
    report = read_report(second, deployment)
    assert sum(one.num_requests for one in report.variants) == 16


def test_a_deployed_dataset_is_not_deleted_before_its_rollback(
    start: Start, base: Upstream, tuned: Upstream
) -> None:
    deployment = deploy(base, tuned)
    with pytest.raises(ConflictError, match="deployed as support"), unit_of_work() as session:
        delete_dataset(session, deployment.dataset_id)
    with unit_of_work() as session:
        deployments.roll_back(session, deployment.id, reason=WHY)
    with unit_of_work() as session:
        delete_dataset(session, deployment.dataset_id)
