"""The quick preset on four labels of BANKING77: reward on held-out records, and time of a step.

    python benchmarks/training.py TRAIN.csv TEST.csv [--seeds 0,1,2] [--preset quick] [--steps N]

The files have the columns `text` and `category`.  Needs `make trainer`.  Each seed is a training
of a dataset of its own in a new data directory.  The yardstick of the time is TRL's trainer as its
documentation shows it, with the same settings, for a few steps in the same run.
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

from _targets import Targets

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

PLAIN = Path(__file__).with_name("_plain_training.py")
MOST_OF_PLAIN, LEAST_MEAN, LEAST_EACH, MOST_MINUTES = 1.05, 0.40, 0.30, 10.0
LABELS = {
    "card_arrival": "delivery",
    "lost_or_stolen_card": "lost",
    "exchange_rate": "exchange",
    "cancel_transfer": "cancel",
}
PROMPT = 'Reply only with JSON like {"label": "X"} where X is delivery, lost, exchange or cancel.'
LONGEST = 90
FILES = ("rows.jsonl", "grader.py")
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


def train(data: Path, folder: Path, seed: int, options: list[str]) -> dict[str, Any]:
    """One training from the file to the comparison."""
    dataset = rft(data, "import", str(folder / "rows.jsonl"), "--name", f"seed {seed}",
                  "--objective", "Label questions")["id"]  # fmt: skip
    rft(data, "run", dataset, "--until", "grader", "--grader", str(folder / "grader.py"))
    begun_at = time.monotonic()
    run = rft(data, "train", dataset, "--set", f"seed={seed}", *options)
    minutes = (time.monotonic() - begun_at) / 60
    steps = [one["values"]["step_s"] for one in read_events(data, run["id"], "metrics")
             if "step_s" in one["values"]]  # fmt: skip
    found = rft(data, "compare", run["id"])
    return {**found, "run": run["id"], "step_s": statistics.median(steps), "minutes": minutes}


def read_events(data: Path, run_id: str, kind: str) -> list[dict[str, Any]]:
    """What the trainer reported of one kind."""
    lines = (data / "training" / run_id / "events.jsonl").read_text().splitlines()
    return [event for line in lines if (event := json.loads(line))["type"] == kind]


def time_plain(data: Path, folder: Path, run_id: str, num_steps: int) -> float:
    """Median seconds of a step of TRL's own trainer with the settings of a training."""
    from rft_app.trainers.environment import clean_environment, find_environment

    config = json.loads((data / "training" / run_id / "config.json").read_text())
    precision = read_events(data, run_id, "begun")[0]["precision"]
    settings = {**config["settings"], "num_steps": num_steps, "dtype": precision, "num_layers": 30}
    (folder / "settings.json").write_text(json.dumps(settings))
    named = [
        config["unpacked_folder"],
        *(folder / name for name in FILES),
        folder / "settings.json",
    ]
    command = [find_environment().python, str(PLAIN), *map(str, named)]
    environment = {**clean_environment(), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True)
    return statistics.median(json.loads(done.stdout.splitlines()[-1]))


def main() -> int:
    """Train with every seed and print a table; returns 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs=2, type=Path)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--plain-steps", type=int, default=8, help="0 leaves the yardstick out")
    args = parser.parse_args()
    options = ["--preset", args.preset]
    if args.steps:
        options += ["--set", f"num_steps={args.steps}"]
    seeds = [int(seed) for seed in args.seeds.split(",")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "data"
        lines = map(json.dumps, make_rows(args.files))
        (folder / "rows.jsonl").write_text("\n".join(lines))
        (folder / "grader.py").write_text(GRADER)
        targets = Targets()
        print("seed   base  tuned  difference (95%)            step s  minutes", flush=True)
        differences = [train_and_tell(data, folder, seed, options, targets) for seed in seeds]
        mean = statistics.mean(differences)
        print(f"mean difference {mean:+.3f} {targets.least(mean, LEAST_MEAN)}", flush=True)
        if args.plain_steps:
            tell_plain(data, folder, args.plain_steps, options, targets)
    return targets.exit_status


def train_and_tell(
    data: Path, folder: Path, seed: int, options: list[str], targets: Targets
) -> float:
    """One line of the table; returns the mean paired difference on held-out records."""
    one = train(data, folder, seed, options)
    print(
        f"{seed:>4}  {one['baseMean']:.3f}  {one['tunedMean']:.3f}  {one['difference']:+.3f} "
        f"({one['low']:+.3f} to {one['high']:+.3f})  {one['step_s']:6.2f}  "
        f"{one['minutes']:7.1f}  {targets.least(one['difference'], LEAST_EACH)}  "
        f"{targets.most(one['minutes'], MOST_MINUTES)}",
        flush=True,
    )
    return one["difference"]


def tell_plain(
    data: Path, folder: Path, num_steps: int, options: list[str], targets: Targets
) -> None:
    """A step of our trainer beside one of TRL's, with the settings of the last training, in turns.

    Ours is measured again, by so few steps, so that both have the machine at the same time.
    """
    run = train(data, folder, 0, [*options, "--set", f"num_steps={num_steps}"])
    plain_s = time_plain(data, folder, run["run"], num_steps)
    ratio = run["step_s"] / plain_s
    print(
        f"a step of ours {run['step_s']:.2f} s, of TRL by itself {plain_s:.2f} s; ratio "
        f"{ratio:.3f} {targets.most(ratio, MOST_OF_PLAIN)}"
    )


if __name__ == "__main__":
    sys.exit(main())
