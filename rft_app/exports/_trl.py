"""What TRL's formats share."""

from dataclasses import dataclass

from rft_app.exports._base import Exporter


@dataclass(frozen=True, kw_only=True)
class TrlExporter(Exporter):
    """JSONL for one of TRL's trainers."""

    family: str = "trl"
    consumer: str = "TRL 1.16"
    has_argument_choice: bool = True
    snippet: str = (
        "from datasets import load_dataset\n\n"
        'train = load_dataset("json", data_files="train.jsonl", split="train")'
    )
