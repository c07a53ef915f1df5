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

    def snippet_for(self, num_tokens: int) -> str:
        """With the trainer's settings where its own limit is too low."""
        option = self.raise_limit(num_tokens)
        settings = f"\n\nfrom trl import {option.partition('(')[0]}\n\nargs = {option}"
        return self.snippet + (settings if option else "")
