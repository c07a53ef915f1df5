"""Tell a text's topic by the topics' own words."""

from collections import Counter
from collections.abc import Sequence

from rft_app.text.naming import Term, iterate_terms, stem
from rft_app.text.words import FILLERS, iterate_words

SMOOTHING = 0.6
"""One word alone is never enough to be sure: `1 / (1 + 0.6)`."""
PHRASE = 2.0
"""What a phrase says against a single word."""


class KeywordMatcher:
    """Scores texts against the keywords of topics; needs no model and no training."""

    def __init__(
        self, keywords_by_topic: Sequence[Sequence[str]], names: Sequence[str] = ()
    ) -> None:
        """Learn the topics.

        Args:
            keywords_by_topic: What texts of each topic hold.
            names: What each is called; a name tells less than a keyword, it counts as one word.
        """
        self._topics = [
            {terms for word in words if (terms := _terms_of(word))} for words in keywords_by_topic
        ]
        self._names = [_terms_of(name) for name in names or [""] * len(self._topics)]
        self._num_topics = Counter(phrase for phrases in self._topics for phrase in phrases)

    def rank(self, text: str) -> list[tuple[int, float]]:
        """Topics with a word in the text, best first, each with a confidence in [0, 1].

        A phrase counts twice a word, and words of several topics count in parts. The confidence is
        `score / (score + best other score + 0.6)`: one word says 0.63, a phrase or two words 0.77,
        less where another topic's words are there, too.

        Example:
            >>> matcher = KeywordMatcher([["change flight"], ["refund", "flight"]])
            >>> matcher.rank("Can I change my flight?")
            [(0, 0.556), (1, 0.278)]
        """
        terms = {term for term, _ in iterate_terms(text)}
        scores = [(topic, self._score(topic, terms)) for topic in range(len(self._topics))]
        ranked = sorted(
            ((topic, score) for topic, score in scores if score),
            key=lambda pair: (-pair[1], pair[0]),
        )
        if not ranked:
            return []
        best, second = ranked[0][1], ranked[1][1] if len(ranked) > 1 else 0.0
        rivals = [second, *[best] * (len(ranked) - 1)]
        return [
            (topic, round(score / (score + rival + SMOOTHING), 3))
            for (topic, score), rival in zip(ranked, rivals, strict=True)
        ]

    def _score(self, topic: int, terms: set[Term]) -> float:
        score = sum(
            (PHRASE if len(next(iter(phrase))) > 1 else 1.0) / self._num_topics[phrase]
            for phrase in self._topics[topic]
            if phrase <= terms
        )
        name = self._names[topic]
        is_named = bool(name) and name not in self._topics[topic] and name <= terms
        return score + 1.0 if is_named else score


def _terms_of(keyword: str) -> frozenset[Term]:
    """What a text must have for the keyword to be in it: a stem, or all neighbouring pairs."""
    terms = [term for term, _ in iterate_terms(keyword)]
    pairs = frozenset(term for term in terms if len(term) > 1)
    words = list(iterate_words(keyword))
    only_word = (stem(words[0]),) if len(words) == 1 and words[0] not in FILLERS else None
    return pairs or frozenset(terms or filter(None, [only_word]))
