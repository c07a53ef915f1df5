"""The parent of a confined script process (`rft_app.processes.sandbox`).

The child is not trusted: every frame must have the expected size, number and kind, and a child
that breaks the protocol is killed.  Time is measured here: the child answers each call with one
frame, so the time between two frames is the time of one call, although calls travel together.
"""

import marshal
import os
import re
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

import rft_app
from rft_app.domain.entity import Entity
from rft_app.domain.grading import FailureKind, GradingFailure
from rft_app.errors import InvalidInputError, NotAvailableError

REQUIRED_LAYERS = {
    "limits": "resource limits",
    "privileges": "no_new_privs",
    "seccomp": "the seccomp system call filter",
}
"""Without landlock the filter forbids opening files; without namespaces it forbids sockets."""
DESIRED_LAYERS = {"namespaces": "own namespaces", "landlock": "landlock"}

# The child's protocol; the child cannot import this package, nor this module the child.
REPLY = struct.Struct(">IBd")
LENGTH = struct.Struct(">I")
MAX_REPLY_BYTES = 32_768
START_LIMIT_S = 20.0
_RULES = {
    "PermissionError": "Scripts cannot use files, network, processes or threads.",
    "ModuleNotFoundError": "Scripts can import the standard library only.",
}
_LINE = re.compile(r"\(line (\d{1,9})\)\Z")
"""How the child ends the text of an exception."""
_FORGED = "The script forged an answer of the grading process."
_MAIN = Path(rft_app.__file__).parent / "processes" / "sandbox.py"


class Status(IntEnum):
    """What a reply says."""

    READY = 0
    LOADED = 1
    LOAD_FAILED = 2
    NUMBER = 3
    NOT_A_NUMBER = 4
    EXCEPTION = 5
    MEMORY = 6
    FIELDS = 7


@dataclass(frozen=True, slots=True)
class Limits:
    """What one script may use."""

    timeout_s: float
    """Per call; loading the script counts as a call."""
    memory_mb: int


@dataclass(frozen=True, slots=True)
class Reply:
    """The child's answer to one call; only its form has been checked."""

    status: Status
    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """How a series of calls went."""

    replies: list[Reply]
    failure: GradingFailure | None = None
    """Set when the child had to be stopped; it is the outcome of the call after `replies`."""


class Isolation(Entity):
    """How well this system can confine scripts."""

    layers: tuple[str, ...]
    """Names of the layers that hold."""

    @property
    def is_sufficient(self) -> bool:
        """Whether script graders run without a setting that allows it."""
        return not self.missing

    @property
    def missing(self) -> tuple[str, ...]:
        """Required layers that this system lacks, in words."""
        return tuple(REQUIRED_LAYERS[name] for name in REQUIRED_LAYERS if name not in self.layers)

    @property
    def weaker(self) -> tuple[str, ...]:
        """Further layers that this system lacks; others stand in for them."""
        return tuple(DESIRED_LAYERS[name] for name in DESIRED_LAYERS if name not in self.layers)


def probe_isolation() -> Isolation:
    """Start an empty confined process and report its layers.

    Raises:
        NotAvailableError: It does not start at all.
    """
    channel = _Channel(memory_mb=256)
    try:
        return channel.isolation
    finally:
        channel.kill()


class Worker:
    """One confined process with one script; not safe to share between threads."""

    def __init__(self, source: str, limits: Limits, *, allow_unisolated: bool) -> None:
        """Start the process and load the script.

        Raises:
            NotAvailableError: This system cannot isolate scripts and that is not allowed.
            InvalidInputError: The script fails while it is loaded.
        """
        self._limits = limits
        self._channel = _Channel(limits.memory_mb)
        try:
            if not allow_unisolated:
                _require(self._channel.isolation)
            self._load(source)
        except BaseException:
            self.close()
            raise

    def call(self, arguments: Sequence[bytes]) -> Exchange:
        """Send calls, each packed by `pack`, and collect the answers.

        A child that is too slow, dies or breaks the protocol is killed; the worker is of no use
        after that and the exchange names the failure.
        """
        return self._channel.exchange(arguments, len(arguments), self._limits.timeout_s)

    def close(self) -> None:
        """Kill the process; harmless when it is gone."""
        self._channel.kill()

    def _load(self, source: str) -> None:
        sent = self._channel.exchange([marshal.dumps(source)], 1, self._limits.timeout_s)
        fault = sent.failure.message if sent.failure else sent.replies[0].text
        if sent.failure or sent.replies[0].status is not Status.LOADED:
            line = _LINE.search(fault)
            raise InvalidInputError(
                f"The script fails while it is loaded. {explain(fault)}",
                line=None if line is None else int(line[1]),
            )


def pack(sample: Mapping[str, Any], item: Mapping[str, Any]) -> bytes:
    """One call's arguments; only plain JSON values can travel."""
    arguments: Any = (sample, item)
    return marshal.dumps(arguments)


def explain(text: str) -> str:
    """An exception of the script, with what scripts may do where it is about that."""
    for kind, rule in _RULES.items():
        if text.startswith(kind):
            return f"{text}. {rule}"
    return text


def _require(isolation: Isolation) -> None:
    if not isolation.is_sufficient:
        raise NotAvailableError(
            f"Script graders are switched off: this system lacks {', '.join(isolation.missing)}. "
            "Use a string check, run on Linux with these features, or set "
            "RFT_ALLOW_UNISOLATED_SCRIPTS=true to run scripts you trust without isolation.",
            missing=list(isolation.missing),
        )


def _clean(text: bytes) -> str:
    """Text for people and databases: no control characters, no broken encoding."""
    decoded = text.decode("utf-8", "replace")
    if decoded.isprintable():
        return decoded
    return "".join(letter if letter.isprintable() else " " for letter in decoded)


class _BrokenProtocolError(Exception):
    """The child sent what it never sends by itself."""


class _Channel:
    """The process and its two pipes."""

    def __init__(self, memory_mb: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", str(_MAIN), str(memory_mb)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
            bufsize=0,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._writer = self._process.stdin.fileno()
        self._reader = self._process.stdout.fileno()
        os.set_blocking(self._writer, False)
        self._buffer = bytearray()
        self._next_call = 0
        self.isolation = self._await_start()

    def _await_start(self) -> Isolation:
        started = self.exchange((), 1, START_LIMIT_S)
        if started.failure is not None or started.replies[0].status is not Status.READY:
            self.kill()
            reason = started.failure.message if started.failure else "It spoke out of turn."
            raise NotAvailableError(f"The grading process does not start. {reason}")
        return Isolation(layers=tuple(started.replies[0].text.split(",")))

    def exchange(self, requests: Sequence[bytes], count: int, timeout_s: float) -> Exchange:
        """Send requests while reading `count` replies, each within `timeout_s` of the last."""
        outgoing = memoryview(b"".join(LENGTH.pack(len(body)) + body for body in requests))
        replies: list[Reply] = []
        deadline = time.monotonic() + timeout_s
        while len(replies) < count:
            can_read, can_write = self._wait(deadline, wants_to_write=bool(outgoing))
            if can_write:
                outgoing = self._write(outgoing)
            num_known = len(replies)
            if can_read and (failure := self._receive(replies)) is not None:
                return Exchange(replies, failure)
            if len(replies) > num_known:
                deadline = time.monotonic() + timeout_s
            elif time.monotonic() > deadline:
                message = f"The call took longer than {timeout_s:g} s and was stopped."
                return Exchange(replies, self._stop(FailureKind.TIMEOUT, message))
        if len(replies) > count:
            return Exchange(replies[: count - 1], self._stop(FailureKind.CRASHED, _FORGED))
        self._next_call = 1 if self._next_call == 0 and requests else self._next_call
        return Exchange(replies)

    def kill(self) -> None:
        """End the process and close the pipes."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _wait(self, deadline: float, *, wants_to_write: bool) -> tuple[bool, bool]:
        poll = select.poll()
        poll.register(self._reader, select.POLLIN)
        if wants_to_write:
            poll.register(self._writer, select.POLLOUT)
        left_s = max(0.0, deadline - time.monotonic())
        ready = dict(poll.poll(left_s * 1000))
        return self._reader in ready, self._writer in ready

    def _write(self, outgoing: memoryview) -> memoryview:
        try:
            return outgoing[os.write(self._writer, outgoing[: 1 << 18]) :]
        except BlockingIOError:
            return outgoing
        except BrokenPipeError:
            return outgoing[:0]

    def _receive(self, replies: list[Reply]) -> GradingFailure | None:
        """Append the replies that have arrived in full; a failure when the child is done for."""
        chunk = os.read(self._reader, 1 << 16)
        if not chunk:
            return self._describe_end()
        self._buffer += chunk
        try:
            while (body := self._take_frame()) is not None:
                replies.append(self._parse(body, replies))
        except _BrokenProtocolError as error:
            return self._stop(FailureKind.CRASHED, str(error))
        return None

    def _take_frame(self) -> bytes | None:
        if len(self._buffer) < LENGTH.size:
            return None
        length = LENGTH.unpack_from(self._buffer)[0]
        if not REPLY.size <= length <= MAX_REPLY_BYTES:
            raise _BrokenProtocolError("The script wrote to the grading process's own channel.")
        if len(self._buffer) < LENGTH.size + length:
            return None
        body = bytes(self._buffer[LENGTH.size : LENGTH.size + length])
        del self._buffer[: LENGTH.size + length]
        return body

    def _parse(self, body: bytes, replies: list[Reply]) -> Reply:
        call, status, value = REPLY.unpack_from(body)
        is_call = status >= Status.NUMBER
        if call != self._next_call or status > max(Status) or is_call != (call > 0):
            if replies and call == self._next_call - 1:
                replies.pop()  # Two answers to one call: the first was not the process's own.
            raise _BrokenProtocolError(_FORGED)
        self._next_call += is_call
        return Reply(Status(status), value, _clean(body[REPLY.size :]))

    def _stop(self, kind: FailureKind, message: str) -> GradingFailure:
        self.kill()
        return GradingFailure(failure_kind=kind, message=message)

    def _describe_end(self) -> GradingFailure:
        """The child closed its pipe: say how it ended."""
        try:
            code = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            code = 0
        self.kill()
        if code == -signal.SIGKILL:
            message = "The system killed the grading process, as it does when memory runs out."
            return GradingFailure(failure_kind=FailureKind.MEMORY, message=message)
        how = f"ended with {signal.Signals(-code).name}" if code < 0 else f"ended (code {code})"
        return GradingFailure(
            failure_kind=FailureKind.CRASHED, message=f"The script's process {how} during the call."
        )
