"""Which records a dry run looks at, where it does not look at all of them."""

import random
from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction


def pick_records(topic_of: Mapping[int, int | None], num_records: int, seed: int) -> list[int]:
    """Choose records in proportion to their topics; the same seed gives the same choice.

    Each topic gets its exact share rounded down; what is left goes one by one to the largest
    remainders, ties to the smaller topic id. Records without a topic count as one topic.

    Args:
        topic_of: Record key to topic id.
        num_records: How many; all of them when there are not more.
        seed: Any integer.

    Returns:
        Record keys, ascending.

    Example:
        >>> pick_records({1: 10, 2: 10, 3: 20, 4: 20}, 4, seed=7)
        [1, 2, 3, 4]
    """
    if num_records >= len(topic_of):
        return sorted(topic_of)
    members: defaultdict[int, list[int]] = defaultdict(list)
    for seq, topic_id in topic_of.items():
        members[topic_id or 0].append(seq)
    sizes = {topic_id: len(members[topic_id]) for topic_id in sorted(members)}
    chosen: list[int] = []
    for topic_id, count in apportion(sizes, num_records).items():
        order = random.Random(f"{seed}:{topic_id}")
        chosen += order.sample(sorted(members[topic_id]), count)
    return sorted(chosen)


def apportion(sizes: Mapping[int, int], total: int) -> dict[int, int]:
    """Divide `total` seats by size with the largest remainder; the order of `sizes` breaks ties.

    Example:
        >>> apportion({1: 70, 2: 20, 3: 10}, 5)
        {1: 4, 2: 1, 3: 0}
    """
    whole = sum(sizes.values())
    quotas = {key: Fraction(size * total, whole) for key, size in sizes.items()}
    seats = {key: int(quota) for key, quota in quotas.items()}
    by_remainder = sorted(quotas, key=lambda key: seats[key] - quotas[key])
    for key in by_remainder[: total - sum(seats.values())]:
        seats[key] += 1
    return seats
