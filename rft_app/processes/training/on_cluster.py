"""Edge: what a job of a Ray cluster starts, `python on_cluster.py FOLDER` (decision 19).

It looks whether the cluster's machine has what the script needs, says in a sentence what it lacks,
and runs the script.  Where it does not see the folder, nobody would read a report in it: then the
sentence is the last line it prints.
"""

import importlib.util
import os
import runpy
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from run_files import RunFiles

SAID = "rft: "
"""Before a sentence that is printed for people."""
LACKS = 2
"""Exit code where something is missing."""
KNOCK_S = 5.0


def find_folder_fault(folder: Path) -> str:
    """Why the folder cannot be worked in; empty where it can."""
    where = f"{socket.gethostname()} of the cluster"
    if not (folder / "config.json").exists():
        return (
            f"{where} does not see {folder}. The data directory must be at the same path on the "
            "cluster and where rft runs: share it, or set RFT_DATA_DIR to a folder that both see."
        )
    if not os.access(folder, os.W_OK | os.X_OK) or not os.access(folder / "config.json", os.R_OK):
        return f"{where} may not read and write in {folder}: run both as the same user."
    return ""


def find_fault(config: dict[str, Any]) -> str:
    """What the cluster's machine lacks of what the order asks for; empty where nothing."""
    where = f"{sys.executable} on {socket.gethostname()} of the cluster"
    missing = [name for name in config["cluster"]["packages"] if not importlib.util.find_spec(name)]
    if missing:
        return (
            f"{', '.join(missing)} missing in {where}. Install requirements-trainer.txt there, or "
            "name a Python of the cluster that has them with RFT_RAY_PYTHON."
        )
    if config.get("base_folder"):
        wanted = Path(config["base_folder"])
    else:
        wanted = Path(config["unpacked_folder"], "config.json")
        wanted = wanted if wanted.exists() else Path(config["gguf"])
    if wanted.exists():
        return ""
    return (
        f"{socket.gethostname()} of the cluster does not see the base model {wanted}. Name a "
        "folder that both see; the embedded model is unpacked into the data directory by its "
        "first training on the machine of rft."
    )


def find_grading_fault(files: RunFiles, wait_s: float) -> str:
    """Why answers cannot be graded; empty where they can, or somebody asked to stop."""
    deadline = time.monotonic() + wait_s
    while True:
        url = (files.read_json("endpoint.json") or {}).get("url", "")
        fault = knock(url)
        if not fault or files.is_cancelled:
            return ""
        if time.monotonic() > deadline:
            return (
                f"{socket.gethostname()} of the cluster does not reach rft's grading at {url} "
                f"({fault}). Set RFT_RAY_GRADING_HOST to an address of rft's machine that the "
                "cluster reaches, and let its firewall pass it."
            )
        time.sleep(min(1.0, wait_s))


def knock(url: str) -> str:
    """Why nobody answers there; empty where somebody does."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(url, timeout=KNOCK_S).close()
    except urllib.error.HTTPError:
        pass  # it answers posts only
    except (OSError, ValueError) as error:
        return str(getattr(error, "reason", error))
    return ""


def say(fault: str) -> None:
    """Print a sentence for people."""
    sys.stdout.write(f"{SAID}{fault}\n")
    sys.stdout.flush()


def main() -> int:
    """Say what is missing, else train."""
    folder = Path(sys.argv[1])
    if fault := find_folder_fault(folder):
        say(fault)
        return LACKS
    files = RunFiles(folder)
    config = files.read_json("config.json")
    fault = find_fault(config) or find_grading_fault(files, config["cluster"]["wait_s"])
    if files.is_cancelled:
        files.tell("cancelled", step=None)
        return 0
    if fault:
        say(fault)
        files.tell("failed", code="cluster", message=fault)
        return LACKS
    runpy.run_path(str(Path(__file__).with_name("__main__.py")), run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
