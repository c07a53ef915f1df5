"""Small files to upload, written by the tests."""

import time
from pathlib import Path
from typing import Any

import httpx2
import orjson


def chat(number: int) -> dict[str, Any]:
    """One good row."""
    return {
        "messages": [
            {"role": "user", "content": f"Where is order {number}?"},
            {"role": "assistant", "content": f"Order {number} is on its way."},
        ]
    }


def write_lines(path: Path, *rows: dict[str, Any] | bytes) -> Path:
    """Write JSONL; bytes stay as they are, to make bad lines."""
    lines = (row if isinstance(row, bytes) else orjson.dumps(row) for row in rows)
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def create_dataset(app_url: str, path: Path, *, name: str, objective: str) -> str:
    """Create a dataset through REST and return its id; import and extract run by themselves."""
    answer = httpx2.post(
        f"{app_url}/api/optimization/datasets/from-upload",
        data={"name": name, "objective": objective},
        files={"file": (path.name, path.read_bytes())},
        timeout=30,
    )
    assert answer.status_code == 202, answer.text
    return answer.json()["datasetId"]


def wait_for_records(app_url: str, dataset_id: str) -> None:
    """Wait until a dataset's first Extract is done."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = httpx2.get(f"{app_url}/api/optimization/datasets/{dataset_id}").json()
        if found["pipeline"]["nodes"][0]["status"] == "complete":
            return
        time.sleep(0.2)
    raise TimeoutError("Extract did not finish.")
