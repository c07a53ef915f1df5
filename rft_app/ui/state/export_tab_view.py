"""What the Export tab shows: the dataset, format cards, the preview with its figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rft_app.domain.export import ExportOptions, Lack
from rft_app.domain.split import Split
from rft_app.exports import Exporter
from rft_app.services.export_counts import Qualifying
from rft_app.services.export_preview import ExportPreview
from rft_app.services.training_summary import TrainingSummary
from rft_app.ui.words import count, share, size, sources

FAMILIES = {
    "openai": (
        "OpenAI-compatible",
        "Messages for SFT, pairs for DPO, questions for RFT at services that keep this shape",
    ),
    "trl": ("Hugging Face TRL", "SFT, DPO, KTO and GRPO rows for TRL's trainer classes"),
    "dspy": ("DSPy", "Question and answer pairs for prompt optimisers"),
    "agent_lightning": ("Agent Lightning", "Plain JSON rows, read by the version 1 controller"),
    "custom": ("Custom JSON", "Your own template, with live preview"),
    "sharegpt": ("ShareGPT", "Conversations in alternating turns, for LLaMA-Factory"),
    "verl": ("verl", "Parquet with the ground truth for rewards, for Ray clusters"),
    "records": ("Records", "The records themselves as a table"),
}
"""Label and description of each card, in the order of the tab."""
UNIT_WORDS = {"record": "record", "pair": "pair", "label": "labelled answer"}


_TRAIN = round(100 * ExportOptions().train_ratio)
_SPLIT = f"{_TRAIN}/{100 - _TRAIN} split by topic"


@dataclass(frozen=True)
class SummaryView:
    """The chosen dataset in two lines."""

    usable: str = ""
    split: str = ""
    agents: str = ""
    sources: str = ""
    badge: str = ""

    @classmethod
    def of(cls, summary: TrainingSummary) -> "SummaryView":
        """Records that can be used, who answered, where they come from, what is left out."""
        left_out = f"{count(summary.num_left_out, 'invalid or repeated record')} left out"
        parts = (sources(summary.sources), left_out if summary.num_left_out else "")
        return cls(
            usable=count(summary.num_usable, "usable record"),
            split=_SPLIT,
            agents=_name_agents(summary.agents),
            sources=" · ".join(filter(None, parts)),
            badge=summary.badge,
        )


def _name_agents(agents: Sequence[str]) -> str:
    """Who answered, in words.

    Example:
        >>> _name_agents(["bot"]), _name_agents(["a", "b", "c"])
        ('agent bot', 'agents a, b and 1 more')
    """
    rest = len(agents) - 2
    names = ", ".join(agents[:2]) + (f" and {rest} more" if rest > 0 else "")
    return f"{'agent' if len(agents) == 1 else 'agents'} {names}"


@dataclass(frozen=True)
class FormatCard:
    """One family of formats."""

    family: str
    label: str
    description: str
    suffix: str
    consumer: str
    warning: str = ""
    is_recommended: bool = False
    recommended: str = ""
    """The format that is recommended, where the family has several and another one is chosen."""


@dataclass(frozen=True)
class VariantChip:
    """One format of the chosen family."""

    name: str
    label: str


def view_cards(
    exporters: Sequence[Exporter],
    found: Mapping[str, Qualifying],
    recommended: str = "",
    chosen: str = "",
) -> list[FormatCard]:
    """One card a family, the spec's five first.

    A card warns where its best format has few rows or none; that of the chosen format, where that
    one has.
    """
    cards: list[FormatCard] = []
    variants = {one.name: one.variant for one in exporters}
    for family, (label, description) in FAMILIES.items():
        members = [one for one in exporters if one.family == family]
        names = [one.name for one in members if one.name in found]
        suffixes = dict.fromkeys(one.layout(ExportOptions()).suffix for one in members)
        is_other = recommended in names and chosen in names and chosen != recommended
        if family == "custom":
            suffixes = dict.fromkeys([".json", ".jsonl"])
        cards.append(
            FormatCard(
                family=family,
                label=label,
                description=description,
                suffix=" ".join(suffixes),
                consumer=members[0].consumer,
                warning=_warn([found[name] for name in ([chosen] if chosen in names else names)]),
                is_recommended=recommended in names and found[recommended].num_qualifying > 0,
                recommended=variants[recommended] if is_other else "",
            )
        )
    return cards


def _warn(found: Sequence[Qualifying]) -> str:
    """Why a family has little or nothing to write."""
    if not found or not found[0].num_looked_at:
        return ""
    best = max(found, key=lambda one: one.num_qualifying)
    if not best.num_qualifying:
        return f"No record fits: {best.lacks[0].partition('. ')[0]}" if best.lacks else ""
    part = 1 - best.num_qualifying / best.num_looked_at
    return f"Leaves out {share(part)} of the records" if part >= 0.01 else ""


@dataclass(frozen=True)
class PreviewView:
    """What the chosen export would hold."""

    rows: list[str] = field(default_factory=list[str])
    text: str = ""
    file_name: str = ""
    shown: str = ""
    more: str = ""
    is_time_open: bool = False
    examples: str = ""
    split: str = ""
    files: list[str] = field(default_factory=list[str])
    size: str = ""
    tokens: str = ""
    too_long: str = ""
    limit_option: str = ""
    """What has the consumer take them."""
    zero_reward: str = ""
    left_out: str = ""
    is_large: bool = False

    @classmethod
    def of(cls, found: ExportPreview, exporter: Exporter, options: ExportOptions) -> "PreviewView":
        """Say it in words; estimates begin with "about"."""
        rows = [row.decode().removesuffix("\n") for row in found.rows]
        about = "" if found.is_exact else "about "
        unit = UNIT_WORDS[exporter.unit_for(options).value]
        num_first = found.num_train if found.side is Split.TRAIN else found.num_test
        num_first = max(num_first, len(rows))
        more = num_first - len(rows)
        return cls(
            rows=rows,
            text="\n".join(rows),
            file_name=_file_of(found.side, found) or found.file_names[0],
            shown=f"{_first(len(rows))} of {about}{num_first:,}" if rows else "",
            more=f"… and {about}{more:,} more" if more > 0 else "",
            is_time_open=found.is_time_open,
            examples=f"{about}{count(found.estimated_rows, unit)}",
            split=_split(found, options),
            files=list(found.file_names),
            size=f"about {size(found.estimated_file_bytes)}",
            tokens=f"about {found.tokens_per_row:,} a row, at most {found.longest_row_tokens:,}",
            too_long=_too_long(found, exporter),
            limit_option=found.limit_option,
            zero_reward=_zero_reward(found),
            left_out=_left_out(found),
            is_large=found.estimated_rows > LARGE,
        )


def _first(number: int) -> str:
    return "row 1" if number == 1 else f"rows 1–{number}"


LARGE = 10_000
"""Rows from which on an export shows its progress in a bar."""


def _split(found: ExportPreview, options: ExportOptions) -> str:
    about = "" if found.is_exact else "about "
    if not options.include_test:
        return f"{about}{count(found.num_train, 'row')} of the training side only"
    numbers = {Split.TRAIN: found.num_train, Split.TEST: found.num_test}
    words = [
        f"{number:,} {side}" if _file_of(side, found) else f"no {side} rows, so no {side} file"
        for side, number in numbers.items()
    ]
    return about + " · ".join(words)


def _file_of(side: Split, found: ExportPreview) -> str:
    """The data file of a side; empty where there is none."""
    return next((name for name in found.file_names if name.partition(".")[0] == side), "")


def _too_long(found: ExportPreview, exporter: Exporter) -> str:
    if not found.num_too_long or found.max_tokens is None:
        return ""
    rows = _of_sample(found.num_too_long, found)
    return f"{exporter.consumer} cuts or drops {rows} above {found.max_tokens:,} tokens."


def _zero_reward(found: ExportPreview) -> str:
    if not found.num_zero_reward:
        return ""
    rows = _of_sample(found.num_zero_reward, found)
    return f"{rows} would teach an answer that was recorded with a reward of 0."


def _of_sample(number: int, found: ExportPreview) -> str:
    rows = count(number, "row")
    return rows if found.is_exact else f"{rows} of {found.num_sampled:,} sampled"


def _left_out(found: ExportPreview) -> str:
    if not found.num_lacking:
        return ""
    worst: Lack = next(iter(found.lacks))
    looked = f"{found.num_sampled:,} {'records' if found.is_exact else 'sampled records'}"
    return f"{found.num_lacking:,} of {looked} are left out; most have {worst.message}."
