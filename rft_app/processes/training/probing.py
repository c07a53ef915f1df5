"""Edge: what an environment has that trains, `python probing.py PACKAGE …`, a line of JSON.

torch takes seconds to load, so it is loaded only where a driver's file tells of a GPU.
"""

import json
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from gpu import describe_gpu, find_device_file, find_gpu_fault, find_vllm


def find_versions(names: list[str]) -> dict[str, str]:
    """Versions of the packages that are there."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def look_for_gpu(device_file: str) -> dict[str, Any]:
    """The GPU, else why it cannot be used; `fault` where torch is broken, and nothing can train."""
    try:
        import torch

        if torch.cuda.is_available():
            return {"gpu": describe_gpu(torch)}
        return {"gpu_fault": find_gpu_fault(torch, device_file)}
    except Exception as error:  # noqa: BLE001  # a library that does not fit the driver raises anything
        words = f"{type(error).__name__}: {error}".partition("\n")[0][:300]
        if "torch" not in sys.modules:
            return {"fault": f"torch cannot be loaded in {sys.executable} ({words})"}
        return {
            "gpu_fault": f"There is a GPU ({device_file}), and torch cannot use it ({words}), so "
            "training would take the processor. Bring driver and torch together."
        }


def main() -> None:
    """Tell it."""
    told: dict[str, Any] = {"versions": find_versions(sys.argv[1:]), "vllm": find_vllm()}
    device_file = find_device_file()
    if device_file and "torch" in told["versions"]:
        told |= look_for_gpu(device_file)
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
