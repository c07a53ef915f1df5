"""Which prompts each training step has."""

import random
from typing import Any

REPEATED = 4
"""Wanted answers are kinds of records where one comes so often or more, on average."""
Row = dict[str, Any]


def lay_in_order(rows: list[Row], num: int, seed: int) -> list[Row]:
    """The prompts of all steps: every record once an epoch, the kinds of records spread evenly.

    A step whose prompts all want the same answer teaches that answer, whatever is asked; a few of
    them in a row, and the model says nothing else any more.  So the records of each kind are laid
    at even distances over the epoch, each kind from a start by chance.

    Args:
        rows: Records to train on; `wanted` and `topic` tell their kind.
        num: How many prompts there are in all steps together.
        seed: Of the order.
    """
    chance = random.Random(seed)
    kinds = group_by_kind(rows)
    ordered: list[Row] = []
    while len(ordered) < num:
        placed: list[tuple[float, Row]] = []
        for some in kinds:
            start = chance.random()
            shuffled = chance.sample(some, len(some))
            placed += [((start + at) / len(some), row) for at, row in enumerate(shuffled)]
        ordered += [row for _, row in sorted(placed, key=lambda one: one[0])]
    return [
        {"prompt": row["prompt"], "tools": row.get("tools"), "key": row["key"]}
        for row in ordered[:num]
    ]


def group_by_kind(rows: list[Row]) -> list[list[Row]]:
    """Records with the same wanted answer, where those repeat, else with the same topic."""
    wanted = {row.get("wanted") for row in rows}
    name = "wanted" if REPEATED * len(wanted) <= len(rows) else "topic"
    kinds: dict[str, list[Row]] = {}
    for row in rows:
        kinds.setdefault(row.get(name) or "", []).append(row)
    return list(kinds.values())
