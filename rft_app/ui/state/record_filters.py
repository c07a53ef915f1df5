"""What the controls of the records overlay say, as a filter and as words."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rft_app.domain.record import RecordFilter, SourceType
from rft_app.domain.validity import Reason
from rft_app.ui.state.choice import NO_TOPIC

ANY = "any"
_TAG = "tag:"


@dataclass(frozen=True)
class Chip:
    """One condition that holds now, to be taken away."""

    key: str
    """What `Wanted.without` takes."""
    words: str


@dataclass(frozen=True)
class Wanted:
    """What the controls of the overlay say."""

    search: str = ""
    topic: str = ANY
    validity: str = ANY
    """`any`, `valid`, `invalid` or the code of a reason."""
    source: str = ANY
    duplicates: str = ANY
    """`any`, `only` or `none`."""
    tags: tuple[str, ...] = ()
    min_reward: str = ""
    max_reward: str = ""
    run: str = ANY
    """The dry run that the grades are of; `any` for the latest."""
    min_grade: str = ""
    max_grade: str = ""
    deleted: str = ANY
    """`any` for current records, `only` for deleted ones."""

    def to_filter(self) -> RecordFilter:
        """The filter that services take; a range with a fault sets no bounds.

        Example:
            >>> Wanted(validity="too_long", min_reward="0.5").to_filter().reasons
            (<Reason.TOO_LONG: 'too_long'>,)
            >>> Wanted(run="run_1").to_filter().is_empty
            True
        """
        topic = None if self.topic == ANY else "" if self.topic == NO_TOPIC else self.topic
        is_code = self.validity in set(Reason)
        rewards = read_range(self.min_reward, self.max_reward)
        grades = read_range(self.min_grade, self.max_grade)
        is_graded = grades != (None, None)
        return RecordFilter(
            search=self.search.strip(),
            topic=topic,
            is_valid={"valid": True, "invalid": False}.get(self.validity),
            reasons=(Reason(self.validity),) if is_code else (),
            source_types=() if self.source == ANY else (SourceType(self.source),),
            is_duplicate={"only": True, "none": False}.get(self.duplicates),
            min_reward=rewards[0],
            max_reward=rewards[1],
            tags=tuple(sorted(self.tags)),
            dry_run=self.run if is_graded and self.run != ANY else None,
            min_grade=grades[0],
            max_grade=grades[1],
            is_deleted=self.deleted == "only",
        )

    @property
    def range_faults(self) -> dict[str, str]:
        """What is wrong with each end of a range; empty where nothing is.

        Example:
            >>> faults = Wanted(min_reward="5", min_grade="0.9", max_grade="0.1").range_faults
            >>> faults["min_reward"], faults["max_reward"]
            ('From 0 to 1, not “5”', '')
            >>> faults["min_grade"]
            'The lowest is above the highest'
        """
        return {
            **_find_faults("reward", self.min_reward, self.max_reward),
            **_find_faults("grade", self.min_grade, self.max_grade),
        }

    def chips(self, runs: Mapping[str, str]) -> list[Chip]:
        """The conditions that hold, in words.

        Args:
            runs: What dry runs are called.

        Example:
            >>> wanted = Wanted(topic="Bags/Lost", tags=("check",), min_grade="0.5")
            >>> [chip.words for chip in wanted.chips({})]
            ['Topic: Bags › Lost', 'Tag: check', 'Grade in the latest dry run: 0.5–1']
        """
        topic = "none" if self.topic == NO_TOPIC else self.topic.replace("/", " › ")
        is_code = self.validity in set(Reason)
        words = {
            "deleted": self.deleted == "only" and "Deleted",
            "search": self.search.strip() and f"“{self.search.strip()}”",
            "topic": self.topic != ANY and f"Topic: {topic}",
            "validity": self.validity != ANY
            and (f"Invalid: {self.validity}" if is_code else self.validity.capitalize()),
            "source": self.source != ANY and f"Source: {self.source}",
            "duplicates": {"only": "Only duplicates", "none": "No duplicates"}.get(self.duplicates),
            **{f"{_TAG}{tag}": f"Tag: {tag}" for tag in self.tags},
            "reward": _range("Reward", self.min_reward, self.max_reward),
            "grade": _range(
                f"Grade in {runs.get(self.run, 'the latest dry run')}",
                self.min_grade,
                self.max_grade,
            ),
        }
        return [Chip(key, text) for key, text in words.items() if text]

    def without(self, key: str) -> "Wanted":
        """With one condition taken away.

        Example:
            >>> Wanted(tags=("a", "b"), source="trace").without("tag:a")
            Wanted(search='', topic='any', validity='any', source='trace', duplicates='any', \
tags=('b',), min_reward='', max_reward='', run='any', min_grade='', max_grade='', deleted='any')
        """
        if key.startswith(_TAG):
            return replace(self, tags=tuple(tag for tag in self.tags if f"{_TAG}{tag}" != key))
        if key in {"reward", "grade"}:
            return replace(self, **{f"min_{key}": "", f"max_{key}": ""})
        return replace(self, **{key: getattr(Wanted(), key)})


def read_range(low: str, high: str) -> tuple[float | None, float | None]:
    """The ends of a range; none at all while one of them has a fault.

    Example:
        >>> read_range("0.5", ""), read_range("0.5", "2"), read_range("0.9", "0,1")
        ((0.5, None), (None, None), (None, None))
    """
    if any(_find_faults("", low, high).values()):
        return None, None
    return _read_bound(low), _read_bound(high)


def _find_faults(name: str, low: str, high: str) -> dict[str, str]:
    texts = {f"min_{name}": low.strip(), f"max_{name}": high.strip()}
    ends = {end: _read_bound(text) for end, text in texts.items()}
    least, most = ends.values()
    if least is not None and most is not None and least > most:
        return dict.fromkeys(texts, "The lowest is above the highest")
    return {
        end: f"From 0 to 1, not “{text}”" if text and ends[end] is None else ""
        for end, text in texts.items()
    }


def _read_bound(text: str) -> float | None:
    """An end of a range; nothing when the text is no number from 0 to 1."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


def _range(name: str, low: str, high: str) -> str:
    ends = read_range(low, high)
    if ends == (None, None):
        return ""
    return f"{name}: {ends[0] or 0:g}–{1.0 if ends[1] is None else ends[1]:g}"


def read_preset(preset: str) -> Wanted:
    """The controls behind an address: `invalid`, `deleted`, `reason:too_long`, `topic:Bags`.

    Example:
        >>> read_preset("invalid").validity, read_preset("topic:Bags").topic
        ('invalid', 'Bags')
        >>> read_preset("deleted").to_filter().is_deleted
        True
        >>> read_preset("tag:check").tags, read_preset("all") == Wanted()
        (('check',), True)
    """
    kind, _, value = preset.partition(":")
    if kind in {"valid", "invalid"}:
        return Wanted(validity=kind)
    if kind in {"duplicates", "deleted"}:
        return replace(Wanted(), **{kind: "only"})
    return _read_named(kind, value)


def _read_named(kind: str, value: str) -> Wanted:
    if kind == "reason" and value in set(Reason):
        return Wanted(validity=value)
    if kind == "source" and value in set(SourceType):
        return Wanted(source=value)
    if kind == "tag" and value:
        return Wanted(tags=(value,))
    if kind == "topic":
        return Wanted(topic=value or NO_TOPIC)
    return Wanted()


def name_origin(preset: str) -> str:
    """Where a preset leads from, in words; nothing for the plain list.

    Example:
        >>> name_origin("reason:too_long"), name_origin("dry_run"), name_origin("all")
        ('From step 1: Extract', 'From step 5: Dry run', '')
    """
    kind = preset.partition(":")[0]
    if kind in {"invalid", "valid", "duplicates", "reason"}:
        return "From step 1: Extract"
    return {"topic": "From step 2: Topics", "dry_run": "From step 5: Dry run"}.get(kind, "")
