"""Names for groups of texts, from the words that set each group apart."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import log

from rft_app.text.words import FILLERS, iterate_words

NUM_KEYWORDS = 8
FALLBACK = "General"
PAIR_BONUS = 1.6
"""How much more a pair of words may say than either alone."""
MIN_PAIR_SHARE = 0.12
"""A pair names a group only when this part of its texts has it."""
NEAR_PAIR = 0.5
"""A pair that people say is a better name than its best word with another one, from this part of
that word's weight on."""

MAX_BETWEEN = 3
MAX_WORD_LENGTH = 30
MAX_PROPER_SHARE = 0.3
MIN_GERMAN_SHARE = 0.08
"""Texts are German when this part of their words is one of the commonest German ones."""
_GERMAN = frozenset(
    ["der", "das", "und", "ich", "nicht", "ist", "ein", "eine", "mein", "wie", "zu"]
)

_CLAUSE_ENDS = re.compile(r"[.!?,;:()\n\"“”–—]+")
_INNER_WORD = re.compile(r"(?<=[\w,’'] )[^\W\d_]+")

Term = tuple[str, ...]
"""One or two stems."""


@dataclass(frozen=True)
class TopicName:
    """What a group is called."""

    name: str
    """Sentence case, unique among its siblings."""
    keywords: tuple[str, ...]
    """Its most distinctive words, best first; at most `NUM_KEYWORDS`."""


@dataclass
class _Vocabulary:
    """In how many texts of each group a term is, and how the term is usually written."""

    counts: list[Counter[Term]]
    sizes: list[int]
    forms: Mapping[Term, Counter[str]]
    proper: frozenset[str]
    """Stems that are written with a capital: people and places, which name cases and not topics."""

    def spell(self, term: Term) -> str:
        """The commonest spelling; the first in the alphabet among equals."""
        return min(self.forms[term].items(), key=lambda form: (-form[1], form[0]))[0]


def name_topics(
    texts_by_group: Sequence[Sequence[str]], avoided: Iterable[str] = ()
) -> tuple[TopicName, ...]:
    """Name each group by its most distinctive pair of words, or word; unique and stable.

    No name is one of those `avoided`, whatever its case.

    A term's weight is class-based TF-IDF over texts: the share of the group's texts that have it,
    times the logarithm of one plus how much commoner it is here than in an average group.

    Example:
        >>> names = name_topics([["Change my flight", "change flights"], ["Refund the ticket"]])
        >>> [topic.name for topic in names]
        ['Change flight', 'Refund ticket']
    """
    vocabulary = _read(texts_by_group)
    names: list[TopicName] = []
    taken = {name.casefold() for name in avoided}
    for group in range(len(texts_by_group)):
        weights = _weigh(vocabulary, group)
        ranked = sorted(weights, key=lambda term: (-weights[term], term))
        keywords = _pick_keywords(vocabulary, ranked)
        name = _make_unique(_candidates(vocabulary, group, ranked), keywords, taken)
        taken.add(name.casefold())
        names.append(TopicName(name=name, keywords=keywords))
    return tuple(names)


def _read(texts_by_group: Sequence[Sequence[str]]) -> _Vocabulary:
    forms: defaultdict[Term, Counter[str]] = defaultdict(Counter)
    counts: list[Counter[Term]] = []
    for texts in texts_by_group:
        count: Counter[Term] = Counter()
        for text in texts:
            terms = dict(iterate_terms(text))
            count.update(terms.keys())
            for term, form in terms.items():
                forms[term][form] += 1
        counts.append(count)
    sizes = [len(texts) for texts in texts_by_group]
    return _Vocabulary(counts, sizes, forms, _find_proper(texts_by_group))


def iterate_terms(text: str) -> Iterable[tuple[Term, str]]:
    """Words that say something and neighbouring pairs of them, as stems and as written.

    Neighbours stand in one clause with at most `MAX_BETWEEN` words between that say nothing.
    """
    for clause in _CLAUSE_ENDS.split(text):
        before, stem_before, num_between = "", "", 0
        for whole_word in iterate_words(clause):
            word = whole_word[:MAX_WORD_LENGTH]
            if len(word) == 1 or word in FILLERS:
                num_between += 1
                continue
            root = stem(word)
            yield (root,), word
            if before and num_between <= MAX_BETWEEN and root != stem_before:
                yield (stem_before, root), f"{before} {word}"
            before, stem_before, num_between = word, root, 0


def _find_proper(texts_by_group: Sequence[Sequence[str]]) -> frozenset[str]:
    """Stems that have a capital inside clauses more often than not.

    German writes all nouns so, and texts in capitals all words: there is no such sign then.
    """
    large: Counter[str] = Counter()
    small: Counter[str] = Counter()
    num_words = num_german = 0
    for text in chain.from_iterable(texts_by_group):
        words = text.lower().split()
        num_words += len(words)
        num_german += sum(word in _GERMAN for word in words)
        for match in _INNER_WORD.finditer(text):
            word = match.group()
            if len(word) > 1 and word.lower() not in FILLERS:
                (large if word[0].isupper() else small)[stem(word.lower())] += 1
    is_loud = large.total() > MAX_PROPER_SHARE * (large.total() + small.total())
    if is_loud or num_german > MIN_GERMAN_SHARE * num_words:
        return frozenset()
    return frozenset(root for root in large if large[root] > small[root])


def stem(word: str) -> str:
    """Strip the commonest English endings, so that forms of a word count together.

    Example:
        >>> [stem(word) for word in ("flights", "cancelled", "cancelling", "address", "policies")]
        ['flight', 'cancel', 'cancel', 'address', 'policy']
    """
    word = word.removesuffix("'s")
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    for ending in ("ing", "ed"):
        root = word.removesuffix(ending)
        if root != word and len(root) >= 4:
            return root[:-1] if root[-1] == root[-2] and root[-1] not in "se" else _drop_e(root)
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        word = word[:-1]
    return _drop_e(word)


def _drop_e(word: str) -> str:
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


def _weigh(vocabulary: _Vocabulary, group: int) -> dict[Term, float]:
    count, size = vocabulary.counts[group], max(1, vocabulary.sizes[group])
    lowest = 1 if size < 8 else 2
    weights: dict[Term, float] = {}
    for term, num_texts in count.items():
        if num_texts < lowest or not vocabulary.proper.isdisjoint(term):
            continue
        share = num_texts / size
        shares = [
            other[term] / max(1, number)
            for other, number in zip(vocabulary.counts, vocabulary.sizes, strict=True)
        ]
        average = sum(shares) / len(shares)
        weights[term] = share * log(1 + share / average)
    return weights


def _candidates(vocabulary: _Vocabulary, group: int, ranked: Sequence[Term]) -> list[str]:
    """Possible names, best first: pairs by weight with their bonus, words, two words joined."""
    weights = _weigh(vocabulary, group)
    size = max(1, vocabulary.sizes[group])
    good = [
        term
        for term in ranked
        if len(term) == 1 or vocabulary.counts[group][term] / size >= MIN_PAIR_SHARE
    ]
    good.sort(key=lambda term: (-weights[term] * (PAIR_BONUS if len(term) > 1 else 1), term))
    names = [vocabulary.spell(term) for term in good]
    words = [vocabulary.spell(term) for term in good if len(term) == 1]
    if names and " " not in names[0] and len(words) > 1:
        best = good[0]
        near = (term for term in good if len(term) > 1 and best[0] in term)
        pair = next((t for t in near if weights[t] * PAIR_BONUS >= NEAR_PAIR * weights[best]), None)
        names.insert(0, vocabulary.spell(pair) if pair else f"{words[0]} {words[1]}")
    return names


def _pick_keywords(vocabulary: _Vocabulary, ranked: Sequence[Term]) -> tuple[str, ...]:
    """The best terms; no word that a better pair already holds."""
    chosen: list[Term] = []
    for term in ranked:
        if not any(set(term) <= set(other) for other in chosen):
            chosen.append(term)
        if len(chosen) == NUM_KEYWORDS:
            break
    return tuple(vocabulary.spell(term) for term in chosen)


def _make_unique(candidates: Sequence[str], keywords: Sequence[str], taken: set[str]) -> str:
    for name in candidates[:3]:
        if name.casefold() not in taken:
            return name.capitalize()
    base = candidates[0] if candidates else FALLBACK
    for extra in (*keywords, *map(str, range(2, 1000))):
        name = base if base.casefold() not in taken else f"{base}, {extra}"
        if name.casefold() not in taken:
            return name[0].upper() + name[1:]
    raise ValueError("A thousand topics cannot share one name.")
