import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from rft_app.children import ChildCrashedError, run_child
from rft_app.errors import JobCancelledError, KilledError, TooLargeError

MODULE = "tests.children_samples"


def collect(**args: Any) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    run_child(MODULE, args, on_message=messages.append, is_cancelled=lambda: False)
    return messages


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_messages_arrive_in_order_whatever_the_child_prints() -> None:
    messages = collect(do="count", to=5000, prints=50_000)

    assert [message["number"] for message in messages] == list(range(5000))


def test_an_error_of_the_child_is_the_same_error_here() -> None:
    with pytest.raises(TooLargeError, match="Line 3 is too long") as caught:
        collect(do="refuse")

    assert caught.value.details == {"line": 3}


def test_a_defect_of_the_child_shows_the_end_of_its_output() -> None:
    with pytest.raises(ChildCrashedError, match="a defect in the child"):
        collect(do="crash")


def test_a_killed_child_is_told_apart() -> None:
    with pytest.raises(KilledError, match=r"memory ran out.*stays.*try again"):
        collect(do="vanish")


def test_a_child_whose_helper_is_killed_says_so() -> None:
    with pytest.raises(KilledError, match="memory ran out"):
        collect(do="lose a helper")


def test_cancelling_kills_the_child() -> None:
    pids: list[int] = []

    with pytest.raises(JobCancelledError):
        run_child(
            MODULE,
            {"do": "sleep"},
            on_message=lambda message: pids.append(message["pid"]),
            is_cancelled=lambda: bool(pids),
        )

    assert not is_running(pids[0])


def test_a_child_dies_with_its_parent() -> None:
    program = (
        "from rft_app.children import run_child\n"
        f"run_child({MODULE!r}, {{'do': 'sleep'}},"
        " on_message=lambda m: print(m['pid'], flush=True), is_cancelled=lambda: False)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)

    deadline = time.monotonic() + 10
    while is_running(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(child)
