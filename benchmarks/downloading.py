"""The first byte of a download: of an export that is asked for, and of a file that is there.

    python benchmarks/downloading.py [--records 10000] [--rounds 5]

Needs the built interface.  A running `rft serve` with its worker is asked over REST, as scripts do:
start an export, wait for its job, read the file's first byte.  Then the first byte of the same file
again.  The yardstick is a request of the same run that reads nothing.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import httpx2
from _records import write_records
from _targets import Targets

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser import serve  # noqa: E402
from tests.ui.files import create_dataset, wait_for_records  # noqa: E402

MAX_S = 1.0
EXPORTS = "/api/training/exports"
FORMATS = ("openai_sft", "trl_sft", "sharegpt", "csv", "parquet")


def ask_for_export(client: httpx2.Client, dataset_id: str, format: str) -> str:
    """Have an export made; returns where its file is."""
    request = {"datasetId": dataset_id, "format": format}
    job = client.post(EXPORTS, params={"wait": 60}, json=request).raise_for_status().json()
    return job["result"]["fileUrl"]


def read_first_byte(client: httpx2.Client, address: str) -> None:
    """Of a file; the connection is closed after it."""
    with client.stream("GET", address) as answer:
        answer.raise_for_status()
        next(answer.iter_raw(1))


def run_round(client: httpx2.Client, dataset_id: str, format: str) -> tuple[float, float, float]:
    """Seconds to the first byte of a new export and of its finished file, and of the yardstick."""
    begun = time.perf_counter()
    address = ask_for_export(client, dataset_id, format)
    read_first_byte(client, address)
    made = time.perf_counter()
    read_first_byte(client, address)
    read_again = time.perf_counter()
    client.get(f"{EXPORTS}/formats").raise_for_status()
    return made - begun, read_again - made, time.perf_counter() - read_again


def report(client: httpx2.Client, dataset_id: str, rounds: int, targets: Targets) -> None:
    """Print the medians of each format."""
    for format in FORMATS:
        run_round(client, dataset_id, format)
        figures = [run_round(client, dataset_id, format) for _ in range(rounds)]
        new, finished, nothing = (median(column) for column in zip(*figures, strict=True))
        print(
            f"{format:<12} first byte of a new export {new:.2f} s {targets.most(new, MAX_S)}, "
            f"of its file {1000 * finished:.0f} ms {targets.most(finished, MAX_S)}; "
            f"a request that reads nothing {1000 * nothing:.0f} ms"
        )


def main() -> int:
    """Print the figures; 1 when a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    targets = Targets()
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder, "records.jsonl")
        write_records(lines, arguments.records)
        with serve(Path(folder, "data")) as url, httpx2.Client(base_url=url, timeout=90) as client:
            dataset_id = create_dataset(url, lines, name="Downloads", objective="Measure")
            wait_for_records(url, dataset_id)
            report(client, dataset_id, arguments.rounds, targets)
    return targets.exit_status


if __name__ == "__main__":
    sys.exit(main())
