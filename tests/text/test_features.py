"""Both kinds of text features keep one contract."""

import numpy as np
import pytest

from rft_app.errors import InvalidInputError
from rft_app.text import features, minilm
from rft_app.text.features import TextFeatures, choose_features
from tests.text.travel import make_requests


@pytest.fixture(params=["minilm", "tfidf"])
def chosen(request: pytest.FixtureRequest) -> TextFeatures:
    if request.param == "minilm" and not minilm.is_installed():
        pytest.skip("The MiniLM packages are not installed.")
    return choose_features(request.param)


def test_rows_have_length_one_and_a_blank_text_has_none(chosen: TextFeatures) -> None:
    texts = [*make_requests(1)[0], "", "   "]
    chosen.fit(texts)
    vectors = chosen.transform(texts)
    assert vectors.dtype == np.float32
    lengths = np.linalg.norm(vectors, axis=1)
    assert lengths[:-2] == pytest.approx(1, abs=1e-5)
    assert lengths[-2:].tolist() == [0, 0]


def test_the_same_texts_give_the_same_vectors_in_any_order(chosen: TextFeatures) -> None:
    texts = make_requests(2)[0]
    chosen.fit(texts)
    once, again = chosen.transform(texts), chosen.transform(texts[::-1])
    assert (once * again[::-1]).sum(axis=1).min() > 0.99
    assert np.array_equal(once, chosen.transform(texts))


def test_texts_of_one_group_are_more_alike(chosen: TextFeatures) -> None:
    texts, groups = make_requests()
    chosen.fit(texts)
    vectors = chosen.transform(texts)
    same = np.equal.outer(groups, groups)
    cosines = vectors @ vectors.T
    assert cosines[same].mean() > cosines[~same].mean() + 0.15


@pytest.mark.parametrize("texts", [[], ["one"], ["ab"], ["", ""], ["12"], ["x"] * 5, ["a b c d"]])
def test_tiny_and_empty_texts_work(chosen: TextFeatures, texts: list[str]) -> None:
    chosen.fit(texts)
    vectors = chosen.transform(texts)
    assert vectors.shape[0] == len(texts)
    assert np.isfinite(vectors).all()


def test_a_very_long_text_is_cut_and_not_refused(chosen: TextFeatures) -> None:
    texts = ["change the flight " * 20_000, "refund"]
    chosen.fit(texts)
    assert np.isfinite(chosen.transform(texts)).all()


def test_without_minilm_auto_means_tfidf_and_its_name_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(features, "is_installed", lambda: False)
    assert choose_features("auto").name == "tfidf"
    with pytest.raises(InvalidInputError, match="RFT_TEXT_FEATURES=tfidf"):
        choose_features("minilm")
