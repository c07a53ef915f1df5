"""Which version of the grader made figures, in words."""

from rft_app.domain.grader import MadeBy


def name_grader(label: str | None) -> str:
    """A grader's version in words, e.g. `string check v2`."""
    return "an earlier grader" if label is None else label.replace("_", " ")


def describe_maker(made_by: MadeBy) -> str:
    """Which version made figures, and that it is not the grader any more.

    Example:
        >>> describe_maker(MadeBy(label="string_check v2", now="string_check v3", is_stale=True))
        'string check v2; the grader is string check v3 now'
    """
    name = name_grader(made_by.label or None)
    if not made_by.is_stale or not made_by.now:
        return name
    return f"{name}; the grader is {name_grader(made_by.now)} now"
