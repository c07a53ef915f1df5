import random

from rft_app.text.similarity import SimilarTexts, read_shingles, similarity


def test_other_numbers_are_another_text() -> None:
    texts = SimilarTexts()
    texts.add(1, "What is 2 + 2?")
    assert texts.find("what is 2 + 2") == (1, 1.0)
    assert texts.find("What is 3 + 3?") is None


def test_a_changed_word_in_a_long_text_is_found_among_thousands() -> None:
    chance = random.Random(3)
    vocabulary = [f"word{number}" for number in range(500)]
    said = [" ".join(chance.choices(vocabulary, k=40)) for _ in range(3000)]
    texts = SimilarTexts()
    for number, text in enumerate(said):
        texts.add(number, text)
    found = [texts.find(text + " indeed") for text in said[:200]]
    assert [near and near[0] for near in found] == list(range(200))
    strangers = [" ".join(chance.choices(vocabulary, k=40)) for _ in range(200)]
    assert not any(map(texts.find, strangers))


def test_texts_without_words_are_alike_only_when_equal() -> None:
    texts = SimilarTexts()
    texts.add(1, "???")
    assert texts.find(" ??? ") == (1, 1.0)
    assert texts.find("!!!") is None
    assert similarity(read_shingles(""), read_shingles("")) == 1.0


def test_the_first_of_equal_texts_is_named() -> None:
    texts = SimilarTexts()
    for number in (7, 4, 9):
        texts.add(number, "the same words")
    assert texts.find("the same words") == (4, 1.0)
