"""The quick preset on four labels of BANKING77: reward on held-out records, and time of a step.

    python -m benchmarks.training TRAIN.csv TEST.csv [--seeds 0,1,2] [--preset quick] [--steps N]

The files have the columns `text` and `category`.  Needs `make trainer`.  Each seed is a training
of a dataset of its own in a new data directory.
"""

import argparse
import csv
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

LABELS = {
    "card_arrival": "delivery",
    "lost_or_stolen_card": "lost",
    "exchange_rate": "exchange",
    "cancel_transfer": "cancel",
}
PROMPT = 'Reply only with JSON like {"label": "X"} where X is delivery, lost, exchange or cancel.'
LONGEST = 90
GRADER = """
import json
LABELS = ("delivery", "lost", "exchange", "cancel")


def grade(sample, item):
    text = sample["output_text"].strip()
    try:
        found = json.loads(text)
    except ValueError:
        return 0.05 if text.startswith("{") else 0.0
    if not isinstance(found, dict):
        return 0.05
    if set(found) != {"label"}:
        return 0.1
    if found["label"] not in LABELS:
        return 0.15
    return 1.0 if found["label"] == item["reference"] else 0.25
"""


def make_rows(paths: list[Path]) -> list[dict[str, Any]]:
    """Questions of the four labels, each behind one worked example."""
    rows: list[dict[str, Any]] = []
    for path in paths:
        with path.open(encoding="utf-8") as file:
            rows += [
                make_row(one["text"], LABELS[one["category"]])
                for one in csv.DictReader(file)
                if one["category"] in LABELS and len(one["text"]) < LONGEST
            ]
    random.Random(1).shuffle(rows)
    return rows


def make_row(text: str, label: str) -> dict[str, Any]:
    """One question with its label."""
    return {
        "messages": [
            {"role": "system", "content": PROMPT},
            {"role": "user", "content": "I lost my card"},
            {"role": "assistant", "content": '{"label": "lost"}'},
            {"role": "user", "content": text},
            {"role": "assistant", "content": json.dumps({"label": label})},
        ],
        "reference": label,
    }


def rft(data: Path, *args: str) -> Any:  # noqa: ANN401  # JSON
    """Run a verb and read its JSON."""
    command = [sys.executable, "-m", "rft_app.cli", *args, "--json"]
    environment = {**os.environ, "RFT_DATA_DIR": str(data)}
    done = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True)
    return json.loads(done.stdout)


def train(data: Path, folder: Path, seed: int, options: list[str]) -> dict[str, float]:
    """One training from the file to the comparison."""
    dataset = rft(data, "import", str(folder / "rows.jsonl"), "--name", f"seed {seed}",
                  "--objective", "Label questions")["id"]  # fmt: skip
    rft(data, "run", dataset, "--until", "grader", "--grader", str(folder / "grader.py"))
    begun_at = time.monotonic()
    run = rft(data, "train", dataset, "--set", f"seed={seed}", *options)
    taken_s = time.monotonic() - begun_at
    found = rft(data, "compare", run["id"])
    events = (data / "training" / run["id"] / "events.jsonl").read_text().splitlines()
    metrics = [json.loads(line) for line in events]
    steps = [one["values"]["step_s"] for one in metrics if "step_s" in one.get("values", {})]
    return {
        "base": found["baseMean"],
        "tuned": found["tunedMean"],
        "difference": found["difference"],
        "low": found["low"],
        "high": found["high"],
        "step_s": statistics.median(steps),
        "minutes": taken_s / 60,
    }


def main() -> None:
    """Train with every seed and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs=2, type=Path)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--steps", type=int)
    args = parser.parse_args()
    options = ["--preset", args.preset]
    if args.steps:
        options += ["--set", f"num_steps={args.steps}"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = map(json.dumps, make_rows(args.files))
        (folder / "rows.jsonl").write_text("\n".join(lines))
        (folder / "grader.py").write_text(GRADER)
        results = [
            train(folder / "data", folder, int(seed), options) for seed in args.seeds.split(",")
        ]
    print("seed   base  tuned  difference (95%)            step s  minutes")
    for seed, one in zip(args.seeds.split(","), results, strict=True):
        print(
            f"{seed:>4}  {one['base']:.3f}  {one['tuned']:.3f}  {one['difference']:+.3f} "
            f"({one['low']:+.3f} to {one['high']:+.3f})  {one['step_s']:6.2f}  "
            f"{one['minutes']:7.1f}"
        )
    print(f"mean difference {statistics.mean(one['difference'] for one in results):+.3f}")


if __name__ == "__main__":
    main()
