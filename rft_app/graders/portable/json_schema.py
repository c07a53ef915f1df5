"""Whether a part of an answer keeps to a JSON schema."""

from collections.abc import Mapping
from typing import Any, Final

import jsonschema_rs

from rft_app.graders.portable.lookup import find_value

MOST_STEPS: Final = 100_000
"""How often a pattern may go back in a text before it counts as not matching."""


def open_schema(schema: Mapping[str, Any]) -> Any:  # noqa: ANN401  # one of a class per draft
    """A schema ready to check; nothing is fetched from elsewhere."""
    options = jsonschema_rs.FancyRegexOptions(backtrack_limit=MOST_STEPS)
    return jsonschema_rs.validator_for(dict(schema), pattern_options=options, offline=True)


def grade_json_schema(
    spec: Mapping[str, Any], sample: Mapping[str, Any], item: Mapping[str, Any]
) -> float:
    """1 where the part is valid, else 0; what is no JSON is not valid."""
    found = find_value(sample, spec["field"])
    return 0.0 if found is None else float(open_schema(spec["json_schema"]).is_valid(found))
