"""Beginning deployments and changing them: what is refused, what is remembered."""

from typing import Any

import pytest

from rft_app.domain.deployment import DeploymentChange, DeploymentDraft, DeployMode
from rft_app.domain.pipeline import StepStatus
from rft_app.domain.provider import Model, NewKey, Provider, ProviderKind
from rft_app.errors import ConflictError, InvalidInputError, NotFoundError
from rft_app.services import providers
from rft_app.services.datasets import create_dataset, get_dataset
from rft_app.services.deployment_figures import report_deployment
from rft_app.services.deployments import adjust, deploy, get_deployment, promote, roll_back
from rft_app.services.resetting import reset_pipeline
from rft_app.services.routes import read_routes
from rft_app.storage.deployments import list_deployments
from rft_app.storage.session import reading, unit_of_work


@pytest.fixture
def dataset(any_database: str) -> str:
    provider = Provider(
        name="mine",
        kind=ProviderKind.STORED,
        base_url="http://127.0.0.1:9/v1",
        models=(Model(name="small"), Model(name="small-tuned"), Model(name="other")),
    )
    with unit_of_work() as session:
        providers.add_provider(session, provider, NewKey())
        return create_dataset(session, name="Café bot!", objective="Answer").id


def draft(**changes: Any) -> DeploymentDraft:
    known = {"base_model": "mine/small", "tuned_model": "small-tuned", **changes}
    return DeploymentDraft(**known)


def test_without_an_alias_the_base_models_callers_need_no_change(dataset: str) -> None:
    with unit_of_work() as session:
        made = deploy(session, dataset, draft(ab_test_share=0.3))
        node = get_dataset(session, dataset).nodes[6]
    assert (made.alias, made.base_model, made.tuned_model) == (
        "small",
        "mine/small",
        "mine/small-tuned",
    )
    assert (node.status, node.summary) == (StepStatus.ACTIVE, "30% of traffic")


def test_a_new_endpoint_is_named_after_its_dataset(dataset: str) -> None:
    with unit_of_work() as session:
        made = deploy(session, dataset, draft(mode=DeployMode.NEW_ENDPOINT, base_model=""))
    assert (made.alias, made.base_model, made.tuned_share) == ("caf-bot", None, 1.0)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"alias": "other"}, "'other' is the name of a model of mine"),
        ({"alias": "mine/other"}, "is the name of a model of mine"),
        ({"alias": "small", "mode": DeployMode.NEW_ENDPOINT}, "needs a name that no model has"),
    ],
)
def test_an_alias_takes_no_other_models_calls(
    dataset: str, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConflictError, match=told), unit_of_work() as session:
        deploy(session, dataset, draft(**changes))
    with reading() as session:
        assert not list_deployments(session)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"tuned_model": "gone"}, "The tuned model: There is no model 'gone'. Choose one of"),
        ({"tuned_model": ""}, "Name the tuned model"),
        ({"base_model": ""}, "Name the base model"),
        ({"base_model": "small-tuned"}, "are the same"),
        ({"alias": "my bot"}, "An alias is the model name that clients send"),
    ],
)
def test_what_cannot_be_deployed_is_told(dataset: str, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInputError, match=told), unit_of_work() as session:
        deploy(session, dataset, draft(**changes))


def test_one_model_under_two_names_is_not_compared_with_itself(dataset: str) -> None:
    again = Provider(
        name="again",
        kind=ProviderKind.STORED,
        base_url="http://127.0.0.1:9/v1/",
        models=(Model(name="small"),),
    )
    with unit_of_work() as session:
        providers.add_provider(session, again, NewKey())
    told = "are the same, mine/small and again/small"
    with pytest.raises(InvalidInputError, match=told), unit_of_work() as session:
        deploy(session, dataset, draft(tuned_model="again/small"))


def test_one_alias_has_one_active_deployment_and_may_be_used_again(dataset: str) -> None:
    with unit_of_work() as session:
        first = deploy(session, dataset, draft(alias="bot"))
    with pytest.raises(ConflictError, match="has an active deployment"), unit_of_work() as session:
        deploy(session, dataset, draft(alias="bot"))
    with unit_of_work() as session:
        roll_back(session, "bot", reason="worse")
    with reading() as session:
        assert read_routes(session)["bot"].pick("anybody") == "base"
    with unit_of_work() as session:
        second = deploy(session, dataset, draft(alias="bot"))
        assert get_deployment(session, "bot").id == second.id != first.id


def test_changes_want_a_reason_and_an_active_deployment(dataset: str) -> None:
    with unit_of_work() as session:
        deploy(session, dataset, draft(alias="bot"))
    with unit_of_work() as session:
        with pytest.raises(InvalidInputError, match="Give a reason"):
            promote(session, "bot", reason=" ")
        with pytest.raises(InvalidInputError, match="between 0 and 100 %"):
            adjust(session, "bot", DeploymentChange(ab_test_share=1.0), reason="more")
        with pytest.raises(InvalidInputError, match="Say what to change"):
            adjust(session, "bot", DeploymentChange(), reason="more")
        with pytest.raises(NotFoundError, match="There are: bot"):
            promote(session, "bat", reason="typo")
        promote(session, "bot", reason="better")
        with pytest.raises(ConflictError, match="already"):
            promote(session, "bot", reason="better")
        roll_back(session, "bot", reason="worse")
        for change in (roll_back, promote):
            with pytest.raises(ConflictError, match="was rolled back"):
                change(session, "bot", reason="again")


def test_the_history_tells_what_counted_from_when_on(dataset: str) -> None:
    with unit_of_work() as session:
        deploy(session, dataset, draft(alias="bot"), reason="first")
        adjust(session, "bot", DeploymentChange(ab_test_share=0.5), reason="more", actor="ci")
        report = report_deployment(session, get_deployment(session, "bot"))
    assert [(one.actor, one.reason, one.settings["tuned_share"]) for one in report.history] == [
        ("ci", "more", 0.5),
        ("local user", "first", 0.1),
    ]


def test_a_deployment_that_nobody_called_has_unknown_figures(dataset: str) -> None:
    with unit_of_work() as session:
        deploy(session, dataset, draft(alias="bot"))
        report = report_deployment(session, get_deployment(session, "bot"))
    for one in report.variants:
        assert one.num_requests == 0
        unknown = (one.error_rate, one.latency_p50_ms, one.output_tokens, one.mean_reward)
        assert unknown == (None,) * 4
    assert report.evidence.startswith("No evidence yet")


def test_a_model_that_was_removed_is_told_by_its_route(dataset: str) -> None:
    with unit_of_work() as session:
        deploy(session, dataset, draft(alias="bot"))
    with unit_of_work() as session:
        providers.remove_provider(session, "mine")
    with reading() as session:
        assert "not in the list of providers" in read_routes(session)["bot"].tuned.fault


def test_a_reset_of_the_pipeline_leaves_the_deployment_and_its_node(dataset: str) -> None:
    with unit_of_work() as session:
        deploy(session, dataset, draft(alias="bot"))
    with unit_of_work() as session:
        node = reset_pipeline(session, dataset).nodes[6]
        assert get_deployment(session, "bot").is_active
    assert (node.status, node.summary) == (StepStatus.ACTIVE, "10% of traffic")
