"""Child processes that die with their parent and report over a pipe of their own.

A child is `python -m rft_app.processes.<name>`; its `main` calls `run_main(work)`.  It reads its
arguments as one JSON object on stdin and writes messages (a length of 4 bytes, then JSON) to a
pipe that nothing else writes to, so a stray `print` or a library's banner cannot break the
protocol.  What it prints is kept, the end of it, for the message about a crash.
"""

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, BinaryIO

import orjson

from rft_app import errors
from rft_app.errors import InvalidInputError, JobCancelledError, RftError

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
_PR_SET_PDEATHSIG = 1


# --- the parent's side


class ChildCrashedError(Exception):
    """The child ended without saying how its work went: a defect, or it was killed."""


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
        raise ChildCrashedError(child.describe_end())
    finally:
        child.close()


class Child:
    """A running child process."""

    def __init__(self, module: str, args: Message) -> None:
        read_fd, write_fd = os.pipe()
        command = [sys.executable, "-m", module, str(write_fd), str(os.getpid())]
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(write_fd,),
                start_new_session=True,
            )
        except OSError:
            os.close(read_fd)
            raise
        finally:
            os.close(write_fd)
        self.module = module
        self._pipe = read_fd
        self._frames = bytearray()
        self._tail = bytearray()
        self._give_args(orjson.dumps(args))

    def _give_args(self, raw: bytes) -> None:
        stdin = _require(self.process.stdin)
        with suppress(BrokenPipeError):  # it died already; `messages` will tell
            stdin.write(raw)
            stdin.close()

    def messages(self, is_cancelled: Callable[[], bool]) -> Iterator[Message]:
        """Everything it sends until it closes the pipe.

        Raises:
            JobCancelledError: `is_cancelled` said yes.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self._pipe, selectors.EVENT_READ)
            selector.register(_require(self.process.stdout), selectors.EVENT_READ)
            while True:
                if is_cancelled():
                    raise JobCancelledError
                for key, _ in selector.select(POLL_S):
                    if key.fd != self._pipe:
                        self._keep_output(selector, key.fd)
                    elif chunk := os.read(self._pipe, 1 << 16):
                        self._frames += chunk
                        yield from self._take_frames()
                    else:
                        return

    def _keep_output(self, selector: selectors.BaseSelector, fd: int) -> None:
        if chunk := os.read(fd, 1 << 16):
            self._tail += chunk
            del self._tail[:-TAIL_BYTES]
        else:
            selector.unregister(_require(self.process.stdout))

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

    def describe_end(self) -> str:
        """How it ended, and the last it printed."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(EXIT_S)
        self._kill()
        code = self.process.wait()
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        with suppress(OSError, ValueError):
            self._tail += _require(self.process.stdout).read() or b""
        tail = self._tail[-TAIL_BYTES:].decode(errors="replace").strip()
        return f"{self.module} {how}." + (f"\n{tail}" if tail else "")

    def close(self) -> None:
        """Kill it and everything it started, if it still runs, and free what it held."""
        self._kill()
        self.process.wait()
        os.close(self._pipe)
        for stream in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                _require(stream).close()

    def _kill(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)


def rebuild_error(message: Message) -> RftError:
    """The error that a `failed` message describes; an unknown class becomes `RftError`."""
    kind = getattr(errors, str(message.get("error")), RftError)
    is_known = isinstance(kind, type) and issubclass(kind, RftError)
    error = (kind if is_known else RftError)(str(message.get("message", "")))
    error.details = dict(message.get("details") or {})
    return error


def _require(stream: Any) -> Any:  # noqa: ANN401  # pipes are typed as optional
    if stream is None:
        raise RuntimeError("The child was started without this pipe.")
    return stream


# --- the child's side


def run_main(work: Callable[[Message, Send], None]) -> None:
    """Be a child: call `work(args, send)` and report how it ended.

    An `RftError` is sent to the parent, which raises it again; any other exception ends this
    process with a traceback, which the parent shows the end of.

    Raises:
        InvalidInputError: This module was started by hand.
    """
    if len(sys.argv) != 3:
        raise InvalidInputError("This module is started by rft itself, not by hand.")
    pipe_fd, parent_pid = int(sys.argv[1]), int(sys.argv[2])
    die_with_parent(parent_pid)
    os.set_inheritable(pipe_fd, False)
    with os.fdopen(pipe_fd, "wb") as pipe:
        send = _sender(pipe)
        try:
            work(orjson.loads(sys.stdin.buffer.read()), send)
        except RftError as error:
            send(
                {
                    "type": "failed",
                    "error": type(error).__name__,
                    "message": error.message,
                    "details": error.details,
                }
            )
            return
        send({"type": "done"})


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


def _watch_parent(parent_pid: int) -> None:
    while os.getppid() == parent_pid:
        time.sleep(0.5)
    os._exit(1)
