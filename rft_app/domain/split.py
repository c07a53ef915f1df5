"""How a dataset is divided into a training and a test side.

The rule: within each topic, groups are ordered by a hash of seed and group, and the order is cut
where the share of records before the cut is nearest to `train_ratio`; on a tie, later.  A group
is never divided, and belongs to the topic of its first record.  A group that holds a generated
record comes before all others, and the cut never comes before it, unless `test_generated` says
that generated records may be tested on.

The arithmetic runs over arrays of a million records: `rft_app.storage.splits`.
"""

from enum import StrEnum

from pydantic import Field

from rft_app.domain.entity import Entity


class Split(StrEnum):
    """The side a record is on; "test" and "validation" are the same set."""

    TRAIN = "train"
    TEST = "test"


class SplitRule(Entity):
    """What decides the sides; the same rule over the same records gives the same sides."""

    seed: int = Field(default=0, ge=-(2**31), lt=2**31)
    train_ratio: float = Field(default=0.8, gt=0.0, le=1.0)
    """Wanted share of training records in (0, 1]; 1 leaves the test side empty."""
    test_generated: bool = False
    """Whether generated records may be on the test side."""
