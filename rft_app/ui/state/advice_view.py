"""What to do about a verdict, ready to show."""

from dataclasses import dataclass

from rft_app.domain.dry_run_advice import Advice


@dataclass(frozen=True)
class AdviceView:
    """One thing to do."""

    rules: str
    """The rules that it is about, e.g. `Mean reward · Learnable share`."""
    text: str

    @classmethod
    def of(cls, advice: Advice) -> "AdviceView":
        """Build the line."""
        return cls(rules=" · ".join(advice.labels), text=advice.text)
