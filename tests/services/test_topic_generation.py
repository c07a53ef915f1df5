"""Proposals of trees, and taking them."""

import pytest

from rft_app.domain.topic import TopicTree
from rft_app.domain.topic_proposal import TopicProposal
from rft_app.errors import ConflictError, InvalidInputError, NotAvailableError, NotFoundError
from rft_app.jobs.queue import enqueue
from rft_app.services import topic_edits
from rft_app.services.categorising import start_categorise
from rft_app.services.topic_generation import (
    GenerateSettings,
    apply_proposal,
    get_proposal,
    list_templates,
    propose_template,
    start_generate,
)
from rft_app.storage.session import reading, unit_of_work
from tests.llm.provider import configured, in_turn, say
from tests.services.topic_trees import (
    DATASET,
    add_texts,
    places,
    read_tree,
    require_fresh_counts,
    run_job,
    sizes,
)
from tests.text.travel import make_requests

TEMPLATES = [template.id for template in list_templates()]


@pytest.fixture(autouse=True)
def features(any_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """TF-IDF: the same without the model's packages."""
    monkeypatch.setenv("RFT_TEXT_FEATURES", "tfidf")
    from rft_app.settings import get_settings

    get_settings.cache_clear()


@pytest.fixture
def groups() -> list[int]:
    """120 records of four kinds, no topics."""
    texts, found = make_requests()
    add_texts(texts)
    return found


def propose(**settings: object) -> TopicProposal:
    with unit_of_work() as session:
        job = start_generate(session, DATASET, GenerateSettings.model_validate(settings))
    run_job(job)
    with reading() as session:
        return get_proposal(session, DATASET, job.id)


def apply(proposal: TopicProposal, version: int | None = None) -> TopicTree:
    with unit_of_work() as session:
        tree = apply_proposal(session, DATASET, proposal, version=version).tree
    require_fresh_counts()
    return tree


def test_a_proposal_changes_nothing_until_it_is_applied(groups: list[int]) -> None:
    proposal = propose(num_topics=4, max_depth=1)
    assert read_tree().nodes == ()
    assert sum(proposal.shares.values()) == pytest.approx(1)
    apply(proposal)
    assert [node.key for node in read_tree().nodes] == [node.key for node in proposal.nodes]
    num_placed = sum(len(found) for found in proposal.examples.values())
    assert sizes()[""] == 120 - num_placed
    with unit_of_work() as session:
        job = start_categorise(session, DATASET)
    run_job(job)
    pairs = {(places()[seq][0], group) for seq, group in enumerate(groups, 1)}
    assert sizes()[""] == 0
    assert len(pairs) <= 8
    for _ in range(2):
        with unit_of_work() as session:
            topic_edits.undo(session, DATASET)
    assert read_tree().nodes == ()


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_found_tree_is_as_deep_as_asked_and_no_branch_holds_one_leaf(
    groups: list[int], depth: int
) -> None:
    proposal = propose(num_topics=12, max_depth=depth)
    tree = TopicTree.of(proposal.nodes)
    assert len(tree.leaves) == 12
    assert max(leaf.key.count("/") for leaf in tree.leaves) == depth - 1
    for node in tree.nodes:
        children = [other for other in tree.nodes if other.parent_key == node.key]
        assert len(children) != 1
    assert proposal == propose(num_topics=12, max_depth=depth)


def test_records_stay_where_a_path_is_found_again(groups: list[int]) -> None:
    apply(propose(num_topics=4, max_depth=1))
    before = places()
    apply(propose(num_topics=4, max_depth=1))
    assert places() == before


@pytest.mark.parametrize("template_id", TEMPLATES)
def test_a_template_is_a_tree_of_two_levels_with_words(template_id: str) -> None:
    proposal = propose_template(template_id)
    tree = TopicTree.of(proposal.nodes)
    assert all(node.description for node in tree.nodes)
    assert all(len(leaf.keywords) >= 4 for leaf in tree.leaves)
    assert all(leaf.key.count("/") == 1 for leaf in tree.leaves)
    flat = TopicTree.of(propose_template(template_id, 1).nodes)
    assert len(flat.leaves) == len(flat.nodes) == len(tree.leaves)


def test_a_template_takes_records_by_its_words(groups: list[int]) -> None:
    apply(propose(source="template", template_id="shopping"))
    with unit_of_work() as session:
        job = start_categorise(session, DATASET)
    run_job(job)
    refunds = [places()[seq][0] for seq, group in enumerate(groups, 1) if group == 1]
    assert refunds.count("After delivery/Refund status") > len(refunds) / 2


def test_what_cannot_be_made_is_refused_before_a_job_starts(groups: list[int]) -> None:
    for settings, error, message in (
        (GenerateSettings(source="template", template_id="x"), InvalidInputError, "Choose one of"),
        (GenerateSettings(instructions="By country"), InvalidInputError, "Only a model reads"),
        (GenerateSettings(source="model"), NotAvailableError, "RFT_LLM_BASE_URL"),
    ):
        with pytest.raises(error, match=message), unit_of_work() as session:
            start_generate(session, DATASET, settings)


def test_a_model_makes_only_as_many_topics_as_fit_a_reply(
    groups: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        configured(monkeypatch, in_turn(say(""))),
        pytest.raises(InvalidInputError, match="at most 60 topics"),
        unit_of_work() as session,
    ):
        start_generate(session, DATASET, GenerateSettings(source="model", num_topics=61))


def test_a_persons_tree_is_not_replaced_unasked(groups: list[int]) -> None:
    apply(propose_template("shopping"))
    with pytest.raises(ConflictError, match="edited by hand"):
        propose(num_topics=3, is_applied=True)
    propose(num_topics=3, is_applied=True, replaces_edited=True)
    assert len(read_tree().leaves) == 3
    with pytest.raises(ConflictError, match="categorize job"), unit_of_work() as session:
        topic_edits.undo(session, DATASET)


def test_a_proposal_for_a_tree_that_changed_is_refused(groups: list[int]) -> None:
    apply(propose_template("shopping"), version=0)
    with pytest.raises(ConflictError, match="Took"):
        apply(propose_template("knowledge_base"), version=0)


def test_only_finished_proposals_of_the_dataset_can_be_taken(groups: list[int]) -> None:
    with unit_of_work() as session:
        waiting = start_generate(session, DATASET, GenerateSettings())
        other = enqueue(session, "categorize", DATASET, {})
    with reading() as session:
        with pytest.raises(ConflictError, match="queued"):
            get_proposal(session, DATASET, waiting.id)
        with pytest.raises(NotFoundError, match="no proposal"):
            get_proposal(session, DATASET, other.id)
