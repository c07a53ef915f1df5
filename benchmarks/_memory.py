"""How much memory the processes that a benchmark starts take together."""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EVERY_S = 0.02


class Peak:
    """The most seen so far."""

    mb: float | None = None
    """`None` where the system does not say."""


@contextmanager
def watch_children(peak: Peak) -> Iterator[None]:
    """Measure all processes below this one, pages that several share counted once.

    Linux only: elsewhere the peak stays unknown.
    """
    stop = threading.Event()
    thread = threading.Thread(target=_watch, args=(peak, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _watch(peak: Peak, stop: threading.Event) -> None:
    while not stop.wait(EVERY_S):
        sizes = [_pss_kb(pid) for pid in _below(os.getpid())]
        if sizes:
            peak.mb = max(peak.mb or 0, sum(sizes) / 1024)


def _below(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:  # the thread ended
            continue
        for child in map(int, children):
            yield child
            yield from _below(child)


def _pss_kb(pid: int) -> int:
    """Its share of the memory; 0 when it has ended."""
    try:
        found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
    except OSError:
        return 0
    return int(found[1]) if found else 0
