"""Small files to upload, written by the tests."""

from pathlib import Path
from typing import Any

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
