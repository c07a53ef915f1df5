"""Edge: the confined child that runs one script grader.

`rft_app.graders.sandbox` starts this file by path, `python -I -S -B sandbox.py MEMORY_MB`, with two
pipes as standard input and output.  It imports nothing but the standard library, so that little
code is in reach of the script and a start takes some 40 ms.  It then closes the doors behind
itself, reports which ones are closed, takes the script, and answers calls until its input ends.

What is covered on Linux (x86_64, aarch64), as root and as an ordinary user:

- memory, core dumps, open files, processes and file size: resource limits;
- gaining rights: `no_new_privs`, every capability dropped, not traceable;
- network, shared memory, host name: own namespaces, where the system grants them;
- files: landlock allows reading below the standard library and nothing else; where the kernel has
  no landlock, the calls that open files are forbidden too and only `PRELOADED` can be imported;
- everything else the kernel offers (sockets, fork, exec, threads, signals, `fcntl`, `ioctl`,
  `prlimit`, tracing): a seccomp filter that knows `SYSTEM_CALLS` and refuses all others with
  `EPERM`, which a script sees as `PermissionError`;
- the environment is empty, standard streams lead nowhere, no file can be written, and the child
  dies with its parent.

What is not covered:

- a script shares this process with the loop below: it can invent its own grades and break this
  loop.  The parent therefore believes nothing: it checks every frame and every value, measures the
  time itself, and gives each script version a process of its own.  A forged answer to the last
  call of a batch passes; it gains nothing, because a script may return any number anyway;
- time: a call without end is ended by the parent;
- a script can find out whether a path exists (`stat` is needed to import);
- flaws of the kernel; side channels such as timing;
- macOS and other systems: limits only.  The parent then refuses unless a setting allows it.

The filter is assembled here rather than by libseccomp or its Python binding: it is a list of
comparisons, the numbers below are a fixed part of the kernel's interface, and a grader then needs
no library that an installation may lack.

Frames are a 4-byte big-endian length and a body.  Requests are `marshal`: first the source, then
`(sample, item)` per call; they come from the parent, whom this child trusts.  Replies are `REPLY`
and text, never anything that is decoded by running code, because the parent does not trust them.
"""

import ctypes
import errno
import importlib
import marshal
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Callable, Iterator
from enum import IntEnum
from types import TracebackType
from typing import NoReturn

REPLY = struct.Struct(">IBd")
"""Number of the call (0 before the first), `Status`, returned number."""
LENGTH = struct.Struct(">I")
SCRIPT_NAME = "<grader>"
MAX_TEXT, MAX_FIELDS = 300, 8_000


class Status(IntEnum):
    """What a reply says."""

    READY = 0
    """Confined; the text lists the layers, separated by commas."""
    LOADED = 1
    LOAD_FAILED = 2
    NUMBER = 3
    NOT_A_NUMBER = 4
    EXCEPTION = 5
    MEMORY = 6
    FIELDS = 7  # a dict, as JSON


SYSTEM_CALLS = {
    # name: (x86_64, aarch64); None where the machine has no such call
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "stat": (4, None),
    "fstat": (5, 80),
    "lstat": (6, None),
    "newfstatat": (262, 79),
    "statx": (332, 291),
    "access": (21, None),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "getcwd": (79, 17),
    "lseek": (8, 62),
    "pread64": (17, 67),
    "readv": (19, 65),
    "writev": (20, 66),
    "mmap": (9, 222),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "mprotect": (10, 226),
    "madvise": (28, 233),
    "brk": (12, 214),
    "futex": (202, 98),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "gettimeofday": (96, 169),
    "time": (201, None),
    "times": (100, 153),
    "getrusage": (98, 165),
    "getrandom": (318, 278),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "uname": (63, 160),
    "sysinfo": (99, 179),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "poll": (7, None),
    "ppoll": (271, 73),
    "select": (23, None),
    "pselect6": (270, 72),
    "exit": (60, 93),
    "exit_group": (231, 94),
}
OPENING_CALLS = {"open": (2, None), "openat": (257, 56), "getdents64": (217, 61)}
"""Allowed only where landlock guards them."""

PRELOADED = (
    *("ast", "base64", "collections", "dataclasses", "datetime", "decimal", "difflib", "enum"),
    *("fractions", "functools", "hashlib", "html", "itertools", "json", "math", "operator"),
    *("random", "re", "statistics", "string", "textwrap", "traceback", "typing", "unicodedata"),
)
"""Modules a script can import where no file can be opened."""


class Fields(dict[str, object]):
    """A `dict` whose keys are attributes too: `sample.output_text`, `sample["output_text"]`."""

    def __getattr__(self, name: str) -> object:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"There is no field {name!r}.") from None


def main() -> None:
    """Close the doors, then serve."""
    requests, replies = _take_pipes()
    layers = confine(memory_mb=int(sys.argv[1]))
    _send(replies, Status.READY, text=",".join(layers))
    _serve(_frames(requests), replies)


def _take_pipes() -> tuple[int, int]:
    """Move the two pipes away from the standard streams, which then lead nowhere."""
    requests, replies = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
    return requests, replies


# Confinement


def confine(*, memory_mb: int) -> list[str]:
    """Apply every layer this system has; returns the names of those that hold."""
    layers = ["limits"]
    os.environ.clear()
    _limit(memory_mb)
    sys.path[:] = [path for path in sys.path if path.startswith(sys.base_prefix)]
    if sys.platform != "linux":
        return layers
    libc = ctypes.CDLL(None, use_errno=True)
    if _enter_namespaces(libc):
        layers.append("namespaces")
    if _drop_rights(libc):
        layers.append("privileges")
    has_landlock = _close_files(libc)
    if has_landlock:
        layers.append("landlock")
    else:
        for name in PRELOADED:
            importlib.import_module(name)
    if _filter_calls(libc, may_open=has_landlock):
        layers.append("seccomp")
    return layers


def _limit(memory_mb: int) -> None:
    limits = {
        resource.RLIMIT_AS: memory_mb << 20,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: 32,
        resource.RLIMIT_NPROC: 0,
    }
    for kind, most in limits.items():
        resource.setrlimit(kind, (most, most))


def _enter_namespaces(libc: ctypes.CDLL) -> bool:
    """Own network (empty, not even loopback), shared memory and host name."""
    network_ipc_uts = 0x40000000 | 0x08000000 | 0x04000000
    own_user = 0x10000000
    return libc.unshare(own_user | network_ipc_uts) == 0 or libc.unshare(network_ipc_uts) == 0


def _drop_rights(libc: ctypes.CDLL) -> bool:
    set_death_signal, set_dumpable, set_no_new_privs = 1, 4, 38
    parent = os.getppid()
    no_capabilities = struct.pack("=Ii", 0x20080522, 0), bytes(24)
    is_done = libc.capset(*no_capabilities) == 0
    # After `capset`, which clears the death signal.
    for option, value in (
        (set_death_signal, signal.SIGKILL),
        (set_dumpable, 0),
        (set_no_new_privs, 1),
    ):
        is_done &= libc.prctl(option, *map(ctypes.c_ulong, (value, 0, 0, 0))) == 0
    if os.getppid() != parent:
        os._exit(1)
    return is_done


def _close_files(libc: ctypes.CDLL) -> bool:
    """Landlock: reading below the standard library, nothing else, nowhere else."""
    create, add_rule, restrict = 444, 445, 446
    version = libc.syscall(create, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    rules = libc.syscall(
        create, attributes := _rights(version), ctypes.c_size_t(len(attributes)), 0
    )
    if rules < 0:
        return False
    read_file, read_folder, below_path = 0x4, 0x8, 1
    library = os.open(os.path.dirname(os.__file__), os.O_PATH | os.O_CLOEXEC)  # noqa: PTH120
    grant = struct.pack("=Qi", read_file | read_folder, library)
    is_done = libc.syscall(add_rule, rules, below_path, grant, 0) == 0
    is_done = libc.syscall(restrict, rules, 0) == 0 and is_done
    os.close(library)
    os.close(rules)
    return is_done


def _rights(version: int) -> bytes:
    """The rights this landlock version can take away: files, then TCP, then signals."""
    bits_of_version = {1: 13, 2: 14, 3: 15, 4: 15}
    files = (1 << bits_of_version.get(version, 16)) - 1
    numbers = [files] + [3] * (version >= 4) + [3] * (version >= 6)
    return struct.pack(f"={len(numbers)}Q", *numbers)


def _filter_calls(libc: ctypes.CDLL, *, may_open: bool) -> bool:
    """Seccomp: the calls of `SYSTEM_CALLS` pass, all others fail with `EPERM`."""
    program = filter_program(platform.machine(), may_open=may_open)
    if program is None:
        return False
    set_seccomp, with_filter = 22, 2
    code = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: an unsigned short, padding, a pointer.
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    return libc.prctl(set_seccomp, ctypes.c_ulong(with_filter), header, 0, 0) == 0


def filter_program(machine: str, *, may_open: bool) -> bytes | None:
    """The filter as BPF code; `None` for a machine whose call numbers are not known.

    Each instruction is `(code, jump if true, jump if false, operand)`.  The machine is compared
    first, so that the numbers of another calling convention never match.
    """
    column = {"x86_64": 0, "aarch64": 1}.get(machine)
    if column is None:
        return None
    calls = SYSTEM_CALLS | (OPENING_CALLS if may_open else {})
    numbers = [call[column] for call in calls.values()]
    allowed = [number for number in numbers if number is not None]
    load_word, jump_equal, give_back = 0x20, 0x15, 0x06
    allow, refuse = 0x7FFF0000, 0x00050000 | errno.EPERM
    offset_of_call, offset_of_machine = 0, 4
    audit_machine = (0xC000003E, 0xC00000B7)[column]
    code = [
        (load_word, 0, 0, offset_of_machine),
        (jump_equal, 1, 0, audit_machine),
        (give_back, 0, 0, refuse),
        (load_word, 0, 0, offset_of_call),
        *((jump_equal, len(allowed) - i, 0, number) for i, number in enumerate(allowed)),
        (give_back, 0, 0, refuse),
        (give_back, 0, 0, allow),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


# Serving


def _frames(requests: int) -> Iterator[bytes]:
    buffer = bytearray()
    while chunk := os.read(requests, 1 << 18):
        buffer += chunk
        start = 0
        while len(buffer) - start >= LENGTH.size:
            end = start + LENGTH.size + LENGTH.unpack_from(buffer, start)[0]
            if end > len(buffer):
                break
            yield bytes(buffer[start + LENGTH.size : end])
            start = end
        del buffer[:start]


def _send(
    replies: int, status: Status, *, call: int = 0, value: float = 0.0, text: str = ""
) -> None:
    body = REPLY.pack(call, status, value) + text.encode("utf-8", "replace")
    os.write(replies, LENGTH.pack(len(body)) + body)


def _serve(frames: Iterator[bytes], replies: int) -> NoReturn:
    try:
        grade = _load(marshal.loads(next(frames)))
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is the script's
        _send(replies, Status.LOAD_FAILED, text=_explain(error)[:MAX_TEXT])
        os._exit(1)
    _send(replies, Status.LOADED)
    for call, frame in enumerate(frames, start=1):
        status, value, text = _call(grade, frame)
        _send(replies, status, call=call, value=value, text=text)
    os._exit(0)


def _load(source: str) -> Callable[[Fields, Fields], object]:
    namespace: dict[str, object] = {"__name__": "grader", "__builtins__": __builtins__}
    exec(compile(source, SCRIPT_NAME, "exec"), namespace)
    grade = namespace.get("grade")
    if not callable(grade):
        raise TypeError("The script defines no function `grade(sample, item)`.")
    return grade


def _call(grade: Callable[[Fields, Fields], object], frame: bytes) -> tuple[Status, float, str]:
    try:
        sample, item = marshal.loads(frame)
        return _judge(grade(Fields(sample), Fields(item)))
    except MemoryError:
        return Status.MEMORY, 0.0, ""
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is the script's
        return Status.EXCEPTION, 0.0, _explain(error)[:MAX_TEXT]


def _judge(returned: object) -> tuple[Status, float, str]:
    """Only the type is judged here; range and finiteness are the parent's business."""
    if isinstance(returned, int | float):
        try:
            return Status.NUMBER, float(returned), ""
        except OverflowError:
            return Status.NUMBER, sys.float_info.max, ""
    if isinstance(returned, dict):
        text = importlib.import_module("json").dumps(returned, ensure_ascii=False, allow_nan=False)
        status = Status.FIELDS if len(text) <= MAX_FIELDS else Status.NOT_A_NUMBER
        return status, 0.0, text if status is Status.FIELDS else "too long a dict"
    kind = "None" if returned is None else type(returned).__name__[:MAX_TEXT]
    said = f"{kind} {returned[:60]!r}" if isinstance(returned, str) else kind
    return Status.NOT_A_NUMBER, 0.0, said


def _explain(error: BaseException) -> str:
    """Type, message and line of the script; never fails, whatever the exception does."""
    try:
        line = _script_line(error, error.__traceback__)
        text = f"{type(error).__name__}: {error}"[: MAX_TEXT - 20]
        return text if line is None else f"{text} (line {line})"
    except BaseException:  # noqa: BLE001  # even `__str__` is the script's
        return "an exception that cannot be shown"


def _script_line(error: BaseException, trace: TracebackType | None) -> int | None:
    line = error.lineno if isinstance(error, SyntaxError) else None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == SCRIPT_NAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


if __name__ == "__main__":
    main()
