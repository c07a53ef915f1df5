"""What a person typed in the generation dialog, read as settings."""

from dataclasses import dataclass

from rft_app.domain.generation import GenerationSettings, StrategyName


@dataclass(frozen=True)
class Bounds:
    """The values a field takes."""

    low: float
    high: float
    words: str


BOUNDS = {
    "variations": Bounds(1, 20, "A whole number from 1 to 20."),
    "temperature": Bounds(0, 2, "A number from 0 to 2."),
    "share": Bounds(1, 100, "A percentage from 1 to 100; 100 sets no limit."),
}


@dataclass(frozen=True)
class GenerationForm:
    """The fields as they stand."""

    strategy: str = StrategyName.MESSAGE_VARIATION.value
    variations: str = "3"
    temperature: str = "0.8"
    share: str = "30"
    """Largest share of generated records, in percent."""
    preserve_intent: bool = True
    model: str = ""
    topics: tuple[str, ...] | None = None

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong, by field; nothing when all is well.

        Example:
            >>> GenerationForm(variations="0", share="x").faults
            {'variations': 'A whole number from 1 to 20.', \
'share': 'A percentage from 1 to 100; 100 sets no limit.'}
        """
        found = {name: _read(name, getattr(self, name)) for name in BOUNDS}
        return {name: BOUNDS[name].words for name, value in found.items() if value is None}

    def to_settings(self) -> GenerationSettings:
        """The settings; only for a form without faults.

        Example:
            >>> GenerationForm(share="25").to_settings().max_synthetic_ratio
            0.25
        """
        return GenerationSettings(
            strategy=StrategyName(self.strategy),
            variations_per_record=int(_read("variations", self.variations) or 1),
            temperature=_read("temperature", self.temperature) or 0.0,
            max_synthetic_ratio=(_read("share", self.share) or 100) / 100,
            preserve_intent=self.preserve_intent,
            model=self.model or None,
            topics=self.topics,
        )


def _read(name: str, text: str) -> float | None:
    bounds = BOUNDS[name]
    try:
        value = float(text.replace(",", ".").removesuffix("%").strip())
    except ValueError:
        return None
    if name == "variations" and not value.is_integer():
        return None
    return value if bounds.low <= value <= bounds.high else None
