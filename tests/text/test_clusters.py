"""Groups of vectors: found, stable, and honest about how sure they are."""

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import normalized_mutual_info_score as score

from rft_app.domain.topic import SURE
from rft_app.text import minilm
from rft_app.text.clusters import MAX_FOUND, find_clusters
from rft_app.text.features import choose_features
from tests.text.travel import make_requests

Vectors = NDArray[np.float32]


def embed(texts: list[str], kind: str = "tfidf") -> Vectors:
    features = choose_features(kind)
    features.fit(texts)
    return features.transform(texts)


def make_blobs(num_groups: int, per_group: int, spread: float, seed: int = 3) -> Vectors:
    chance = np.random.default_rng(seed)
    centres = np.repeat(np.eye(num_groups, 24), per_group, axis=0)
    points = centres + chance.normal(0, spread, centres.shape)
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("num_groups", [2, 3, 6, 12])
def test_the_number_of_clear_groups_is_found(num_groups: int) -> None:
    clusters = find_clusters(make_blobs(num_groups, 40, 0.08), num_groups=None, seed=0)
    assert clusters.num_groups == num_groups


def test_the_groups_of_the_travel_texts_are_found() -> None:
    texts, truth = make_requests()
    vectors = embed(texts)
    groups = find_clusters(vectors, num_groups=4, seed=0).assign(vectors)
    assert score(truth, groups.labels) > 0.6


def test_the_same_seed_gives_the_same_groups() -> None:
    vectors = embed(make_requests()[0])
    once = find_clusters(vectors, num_groups=None, seed=5)
    again = find_clusters(vectors, num_groups=None, seed=5)
    assert np.array_equal(once.centres, again.centres)


def test_the_largest_group_comes_first() -> None:
    vectors = np.concatenate([make_blobs(3, 10, 0.05), make_blobs(3, 30, 0.05)[-30:]])
    clusters = find_clusters(vectors, num_groups=3, seed=0)
    sizes = np.bincount(clusters.assign(vectors).labels)
    assert sizes.tolist() == [40, 10, 10]


@pytest.mark.parametrize("num_texts", [1, 2, 5])
@pytest.mark.parametrize("num_groups", [None, 1, 3])
def test_tiny_data_sets_work(num_texts: int, num_groups: int | None) -> None:
    vectors = make_blobs(num_texts, 1, 0.01)
    groups = find_clusters(vectors, num_groups=num_groups, seed=0).assign(vectors)
    assert len(groups.labels) == num_texts
    assert groups.labels.max() < min(num_groups or 1, num_texts)
    assert ((groups.confidences >= 0) & (groups.confidences <= 1)).all()


def test_equal_texts_are_one_group_and_sure_of_it() -> None:
    vectors = np.repeat(make_blobs(1, 1, 0.0), 50, axis=0)
    clusters = find_clusters(vectors, num_groups=7, seed=0)
    assert clusters.num_groups == 1
    assert clusters.assign(vectors).confidences.tolist() == [1.0] * 50


def test_texts_that_say_nothing_make_no_group_and_are_never_sure() -> None:
    vectors = np.concatenate([make_blobs(2, 20, 0.05), np.zeros((60, 24), dtype=np.float32)])
    clusters = find_clusters(vectors, num_groups=None, seed=0)
    assert clusters.num_groups == 2
    assert not clusters.assign(vectors).confidences[40:].any()
    silent = np.zeros((3, 24), dtype=np.float32)
    assert not find_clusters(silent, num_groups=None, seed=0).assign(silent).confidences.any()


def test_half_way_between_two_groups_is_not_sure() -> None:
    clusters = find_clusters(make_blobs(2, 20, 0.02), num_groups=2, seed=0)
    middle = clusters.centres.sum(axis=0, keepdims=True)
    middle /= np.linalg.norm(middle)
    between = clusters.assign(middle.astype(np.float32)).confidences[0]
    at_centre = clusters.assign(clusters.centres[:1]).confidences[0]
    assert between == pytest.approx(0.5, abs=0.01)
    assert at_centre == pytest.approx(1.0, abs=0.01)


def test_many_texts_stay_within_the_limit_of_found_groups() -> None:
    vectors = make_blobs(24, 1000, 0.3)
    clusters = find_clusters(vectors, num_groups=None, seed=0)
    assert 2 <= clusters.num_groups <= MAX_FOUND


@pytest.mark.parametrize("kind", ["minilm", "tfidf"])
def test_who_is_sure_of_a_real_topic_is_right_more_often(shared_data: Path, kind: str) -> None:
    if kind == "minilm" and not minilm.is_installed():
        pytest.skip("The MiniLM packages are not installed.")
    wanted = ["card_arrival", "exchange_rate", "lost_or_stolen_phone", "top_up_failed",
              "verify_my_identity", "atm_support"]  # fmt: skip
    with (shared_data / "banking77" / "test.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["category"] in wanted]
    vectors = embed([row["text"] for row in rows], kind)
    truth = np.array([wanted.index(row["category"]) for row in rows])
    groups = find_clusters(vectors, num_groups=6, seed=0).assign(vectors)
    assert score(truth, groups.labels) > (0.8 if kind == "minilm" else 0.6)
    winners = [np.bincount(truth[groups.labels == group]).argmax() for group in range(6)]
    is_right = np.array(winners)[groups.labels] == truth
    is_sure = groups.confidences >= SURE
    assert is_sure.mean() > 0.6
    assert is_right[is_sure].mean() > is_right[~is_sure].mean() + 0.15
