"""Judges that give one of several labels, each with its reward: a verdict, a class."""

import re
from collections.abc import Mapping
from functools import partial

from pydantic import JsonValue

from rft_app.domain.grader import JudgeSpec
from rft_app.errors import InvalidInputError
from rft_app.graders._reply import Fields, read_words
from rft_app.llm.structured import BadReplyError

_AROUND = " \t.,;:!\"'`*_[]()"
"""What models write around a label."""


def check_labels(labels: Mapping[str, float]) -> None:
    """Check that a reply can tell the labels apart, whatever the case of letters.

    Raises:
        InvalidInputError: It cannot.
    """
    plain = [_plain(label) for label in labels]
    for label, one in zip(labels, plain, strict=True):
        if not one or plain.count(one) > 1:
            raise InvalidInputError(
                f"The label {label!r} cannot be told from another one or from nothing: case and "
                "punctuation around it do not count. Rename it.",
                field="label_rewards",
            )


def read_label(text: str, fields: Fields | None, spec: JudgeSpec) -> tuple[str, str]:
    """The label that a reply gives, and the words before it where it is no JSON.

    Raises:
        BadReplyError: It gives none.

    Example:
        >>> spec = JudgeSpec(prompt="p", label_rewards={"A": 0, "B": 1})
        >>> read_label("B is shorter. [[A]]", None, spec), read_label("", {"score": "[[b]]"}, spec)
        (('A', 'B is shorter. '), ('B', ''))
    """
    labels = {_plain(label): label for label in spec.label_rewards or {}}
    name = spec.score_field
    if fields is not None and name in fields:
        found = _find(fields[name], labels)
        said = None if found is None else (found, "")
    else:
        words = f"verdict|label|class|category|{re.escape(name)}"
        said = read_words(text, words, partial(_find, labels=labels))
    if said is None:
        known = ", ".join(labels.values())
        raise BadReplyError(f"It has none of these labels in `{name}`: {known}.")
    return said


def _find(value: JsonValue, labels: Mapping[str, str]) -> str | None:
    return labels.get(_plain(value)) if isinstance(value, str) else None


def _plain(label: str) -> str:
    return label.strip(_AROUND).casefold()
