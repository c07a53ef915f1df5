"""Whether the figures of a benchmark reach their targets, for people and for its exit status."""


class Targets:
    """Says of each figure whether it is good enough, and remembers the ones that are not."""

    def __init__(self) -> None:
        self.num_missed = 0

    @property
    def exit_status(self) -> int:
        """0 when every target was met, else 1."""
        return int(self.num_missed > 0)

    def least(self, value: float, limit: float) -> str:
        """The verdict on a value that should be large."""
        return self._judge(value >= limit, f"≥ {limit:,g}")

    def most(self, value: float, limit: float) -> str:
        """The verdict on a value that should be small."""
        return self._judge(value <= limit, f"≤ {limit:,g}")

    def _judge(self, is_met: bool, limit: str) -> str:
        self.num_missed += not is_met
        return f"({limit}: {'met' if is_met else 'MISSED'})"
