"""Names a person understands."""

from rft_app.text.naming import NUM_KEYWORDS, name_topics
from tests.text.travel import GROUPS, PLACES


def make_groups() -> list[list[str]]:
    return [[text.format(place) for text in texts for place in PLACES] for texts in GROUPS]


def test_names_say_what_the_group_is_about() -> None:
    names = [topic.name for topic in name_topics(make_groups())]
    assert names == ["Lost bag", "Refund ticket", "Change flight", "Vegetarian meal"]


def test_keywords_are_few_distinctive_and_never_a_place() -> None:
    for topic in name_topics(make_groups()):
        assert 3 <= len(topic.keywords) <= NUM_KEYWORDS
        words = " ".join(topic.keywords).lower()
        assert not any(place.lower() in words for place in PLACES)
        assert "please" not in words


def test_names_are_stable_and_unique() -> None:
    groups = make_groups()
    assert name_topics(groups) == name_topics(groups)
    names = [topic.name for topic in name_topics([groups[0]] * 5)]
    assert len({name.casefold() for name in names}) == 5


def test_groups_without_a_telling_word_still_get_a_name() -> None:
    names = [topic.name for topic in name_topics([[], [""], ["yes please"], ["12 34"]])]
    assert names[0] == "General"
    assert len(set(names)) == 4


def test_a_name_fits_a_topic_path() -> None:
    (topic,) = name_topics([["supercalifragilistic" * 10 + " a/b/c and/or"] * 3])
    assert "/" not in topic.name
    assert len(topic.name) <= 80


def test_a_language_that_writes_nouns_large_keeps_its_nouns() -> None:
    bags = ["Ich möchte meinen Koffer melden, der Koffer fehlt", "Wo ist mein Koffer geblieben?"]
    seats = ["Ich möchte meinen Sitzplatz ändern", "Ist der Sitzplatz am Fenster und wo ist er?"]
    names = [topic.name for topic in name_topics([bags, seats])]
    assert "koffer" in names[0].lower()
    assert "sitzplatz" in names[1].lower()
