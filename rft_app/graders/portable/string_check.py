"""A text of an answer compared with a reference."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from rft_app.graders.portable.lookup import MissingFieldError, require_field, require_reference

COMPARE: Mapping[str, Callable[[str, str], bool]] = {
    "eq": lambda text, reference: text == reference,
    "ne": lambda text, reference: text != reference,
    "like": lambda text, reference: reference in text,
    "ilike": lambda text, reference: reference.casefold() in text.casefold(),
    "regex": lambda text, reference: re.search(reference, text) is not None,
}
"""By the name of the operation; a search may take for ever."""


def grade_string_check(
    spec: Mapping[str, Any], sample: Mapping[str, Any], item: Mapping[str, Any]
) -> float:
    """1 where the comparison holds, else 0; an answer without the field is wrong.

    Raises:
        NotGradedError: The record lacks something for the reference.
    """
    reference = require_reference(spec["reference"], sample, item)
    try:
        text = require_field(spec["field"], sample)
    except MissingFieldError:
        return 0.0
    return float(COMPARE[spec["operation"]](text, reference))
