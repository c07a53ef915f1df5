"""Child processes that die with their parent and report over a pipe of their own.

A child is forked from a nursery: one process without threads, begun by the worker, that imported
what all children need, so that a child begins within milliseconds (decision 11).  It calls the
function `work(args, send)` of a module in `rft_app.processes` and writes messages (a length of 4
bytes, then JSON) to a pipe that nothing else writes to, so a stray `print` or a library's banner
cannot break the protocol.  What it prints is kept, the end of it, for the message about a crash.
"""

import ctypes
import multiprocessing
import os
import selectors
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import closing, suppress
from importlib import import_module
from multiprocessing import connection, forkserver
from multiprocessing.connection import Connection
from typing import Any, BinaryIO

import orjson

from rft_app import errors
from rft_app.errors import JobCancelledError, KilledError, RftError

Message = dict[str, Any]
Send = Callable[[Message], None]

LENGTH_BYTES = 4
MAX_MESSAGE_BYTES = 64 * 1024**2
TAIL_BYTES = 8_000
"""How much of what a child printed is kept."""
POLL_S = 0.2
"""How often a waiting parent asks whether it should stop."""
EXIT_S = 5.0
"""How long a child that closed its pipe may take to end."""
PRELOADED = "rft_app.processes.importing"
"""What the nursery imports before it forks; a child adds what is missing."""
_KILLED = (
    "The system killed the process that did this (signal 9), most likely because memory ran out. "
    "What was stored before stays, and no half-written file is left. Free memory on the machine, "
    "then try again."
)
_PR_SET_PDEATHSIG = 1
_PR_SET_THP_DISABLE = 41

_nursery = multiprocessing.get_context("forkserver")
_nursery.set_forkserver_preload([PRELOADED])
_processes = threading.Lock()
"""Held while a process is begun or its exit code is read: the library keeps one list of them."""


# --- the parent's side


def warm_up() -> None:
    """Begin the nursery, which takes a second of its own, so that the first child finds it."""
    forkserver.ensure_running()


class ChildCrashedError(Exception):
    """The child ended without saying how its work went: a defect."""


def run_child(
    module: str,
    args: Message,
    *,
    on_message: Callable[[Message], None],
    is_cancelled: Callable[[], bool],
) -> None:
    """Run a child to its end and hand every message it sends to `on_message`.

    Args:
        module: Full name, e.g. `rft_app.processes.importing`.
        args: What `work` gets; JSON.
        on_message: Called in this thread, in order.
        is_cancelled: Asked a few times a second; when it says yes the child is killed.

    Raises:
        RftError: The child raised one; class, message and details are the same here.
        JobCancelledError: `is_cancelled` said yes.
        KilledError: It was killed, or a process that it had begun.
        ChildCrashedError: It ended in any other way; the message holds the end of its output.
    """
    child = Child(module, args)
    try:
        for message in child.messages(is_cancelled):
            if message.get("type") == "failed":
                raise rebuild_error(message)
            if message.get("type") == "done":
                return
            on_message(message)
        raise child.find_end()
    finally:
        child.close()


class Child:
    """A running child process."""

    def __init__(self, module: str, args: Message) -> None:
        self.module = module
        self._pipe, messages = _nursery.Pipe(duplex=False)
        self._output, output = _nursery.Pipe(duplex=False)
        self.process = _nursery.Process(
            target=_be_child, args=(module, args, messages, output, dict(os.environ))
        )
        self._frames = bytearray()
        self._tail = bytearray()
        with closing(messages), closing(output), _processes:
            try:
                self.process.start()
            except EOFError:
                raise KilledError(_KILLED) from None  # the nursery was

    @property
    def pid(self) -> int:
        """Number of the process."""
        return _require(self.process.pid)

    def messages(self, is_cancelled: Callable[[], bool]) -> Iterator[Message]:
        """Everything it sends until it closes the pipe.

        Raises:
            JobCancelledError: `is_cancelled` said yes.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self._pipe, selectors.EVENT_READ)
            selector.register(self._output, selectors.EVENT_READ)
            while True:
                if is_cancelled():
                    raise JobCancelledError
                for key, _ in selector.select(POLL_S):
                    if key.fileobj is self._output:
                        self._keep_output(selector)
                    elif chunk := os.read(key.fd, 1 << 16):
                        self._frames += chunk
                        yield from self._take_frames()
                    else:
                        return

    def _keep_output(self, selector: selectors.BaseSelector) -> None:
        if chunk := os.read(self._output.fileno(), 1 << 16):
            self._tail += chunk
            del self._tail[:-TAIL_BYTES]
        else:
            selector.unregister(self._output)

    def _take_frames(self) -> Iterator[Message]:
        while len(self._frames) >= LENGTH_BYTES:
            end = LENGTH_BYTES + int.from_bytes(self._frames[:LENGTH_BYTES], "big")
            if end > MAX_MESSAGE_BYTES:
                raise ChildCrashedError(f"{self.module} sent a message of {end:,} bytes.")
            if len(self._frames) < end:
                return
            message = orjson.loads(self._frames[LENGTH_BYTES:end])
            del self._frames[:end]
            yield message

    def find_end(self) -> KilledError | ChildCrashedError:
        """How it ended, and the last it printed."""
        has_ended = bool(connection.wait([self.process.sentinel], EXIT_S))
        code = self._end()
        if has_ended and code == -signal.SIGKILL:
            return KilledError(_KILLED)
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        while self._output.poll() and (chunk := os.read(self._output.fileno(), 1 << 16)):
            self._tail += chunk
        tail = self._tail[-TAIL_BYTES:].decode(errors="replace").strip()
        return ChildCrashedError(f"{self.module} {how}." + (f"\n{tail}" if tail else ""))

    def close(self) -> None:
        """Kill it and everything it started, if it still runs, and free what it held."""
        self._end()
        self._pipe.close()
        self._output.close()

    def _end(self) -> int:
        """Its exit code, minus the signal where one killed it."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        with _processes:
            self.process.kill()  # it may have no group of its own yet
            self.process.join()
            return _require(self.process.exitcode)


def rebuild_error(message: Message) -> RftError:
    """The error that a `failed` message describes; an unknown class becomes `RftError`."""
    kind = getattr(errors, str(message.get("error")), RftError)
    is_known = isinstance(kind, type) and issubclass(kind, RftError)
    error = (kind if is_known else RftError)(str(message.get("message", "")))
    error.details = dict(message.get("details") or {})
    return error


def _require(value: int | None) -> int:
    if value is None:
        raise RuntimeError("A process that was begun has a number, and one that ended a code.")
    return value


# --- the child's side


def _be_child(
    module: str, args: Message, messages: Connection, output: Connection, environ: dict[str, str]
) -> None:
    """Call the module's `work` and report how it ended.

    An `RftError`, and that a helper was killed, is sent to the parent, which raises it again; any
    other exception ends this process with a traceback, which the parent shows the end of.
    """
    os.setsid()
    _die_with_nursery()
    os.environ.clear()
    os.environ.update(environ)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(output.fileno(), stream.fileno())
    with os.fdopen(messages.fileno(), "wb", closefd=False) as pipe:
        send = _sender(pipe)
        try:
            import_module(module).work(args, send)
        except BrokenExecutor:
            send(_describe_failure(KilledError(_KILLED)))
        except RftError as error:
            send(_describe_failure(error))
        else:
            send({"type": "done"})


def _describe_failure(error: RftError) -> Message:
    return {
        "type": "failed",
        "error": type(error).__name__,
        "message": error.message,
        "details": error.details,
    }


def _die_with_nursery() -> None:
    """End with the nursery, which ends with the process that began it.

    It waits for all that hold its pipe, and the library gives each child a copy of that.
    """
    die_with_parent(os.getppid())
    os.close(forkserver._forkserver._forkserver_alive_fd)  # type: ignore[attr-defined]


def _sender(pipe: BinaryIO) -> Send:
    lock = threading.Lock()

    def send(message: Message) -> None:
        raw = orjson.dumps(message, default=str)
        with lock:
            pipe.write(len(raw).to_bytes(LENGTH_BYTES, "big") + raw)
            pipe.flush()

    return send


def die_with_parent(parent_pid: int) -> None:
    """End this process as soon as the process `parent_pid` is gone, however it went.

    Linux does it in the kernel (when the thread that started us ends); elsewhere a thread looks
    twice a second.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    else:
        threading.Thread(target=_watch_parent, args=(parent_pid,), daemon=True).start()
    if os.getppid() != parent_pid:  # it went before we asked
        os._exit(1)


def use_small_pages() -> None:
    """Let memory of this process and those it forks grow by 4 kB, not by 2 MB, where that differs.

    NumPy asks for huge pages, and what else comes to lie in them counts whole.  Source: Linux,
    `PR_SET_THP_DISABLE`.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_THP_DISABLE, 1, 0, 0, 0)


def return_memory() -> None:
    """Give freed memory back to the system where the C library would keep it for later.

    Source: glibc, `malloc_trim(3)`.
    """
    with suppress(AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def _watch_parent(parent_pid: int) -> None:
    while os.getppid() == parent_pid:
        time.sleep(0.5)
    os._exit(1)
