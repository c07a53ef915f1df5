"""Attacks: each is stopped, named, and costs only its own grade."""

import ctypes
import ctypes.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from rft_app.domain.grader import ScriptSpec
from rft_app.domain.grading import FailureKind, GradingFailure, Verdict
from rft_app.domain.rollout import make_sample
from rft_app.graders import open_grader, sandbox
from rft_app.processes import sandbox as child

pytestmark = [
    pytest.mark.usefixtures("data_dir"),
    pytest.mark.skipif(sys.platform != "linux", reason="Scripts are isolated on Linux only."),
]

NOBODY: dict[str, Any] = {"user": 65534, "group": 65534, "extra_groups": []}
NO_ATTACKS = {
    "test_an_ordinary_user_is_isolated_too",
    "test_both_sides_speak_the_same_protocol",
    "test_the_child_dies_with_its_parent",
    "test_the_numbers_of_the_calls_are_the_kernels",
    "test_without_landlock_no_file_can_be_opened_at_all",
}
"""They start no attack, or say themselves as whom."""
ANSWER = make_sample([{"role": "assistant", "content": "18"}], None)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every attack runs as the user that the tests have, and as an ordinary one."""
    if metafunc.function.__name__ not in NO_ATTACKS:
        metafunc.parametrize("user", ["as is", "nobody"], indirect=True)


@pytest.fixture(scope="module")
def public_place() -> Iterator[tuple[str, Path]]:
    """A Python and the sandbox's main at places that an ordinary user can read."""
    if os.getuid() != 0:
        pytest.skip("Only root can start a process as somebody else.")
    for python in (sys.executable, "/usr/local/bin/python3", "/usr/bin/python3"):
        with suppress(OSError, subprocess.CalledProcessError):
            subprocess.run([python, "-I", "-S", "-c", "import ctypes"], check=True, **NOBODY)
            break
    else:
        pytest.skip("No Python here can be run by an ordinary user.")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield python, Path(shutil.copy(child.__file__, folder))


@pytest.fixture(autouse=True)
def user(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """As whom the confined process is started."""
    name: str = getattr(request, "param", "as is")
    if name == "nobody":
        python, main = request.getfixturevalue("public_place")
        monkeypatch.setattr(sandbox, "_MAIN", main)
        monkeypatch.setattr(sandbox.sys, "executable", python)
        monkeypatch.setattr(sandbox.subprocess, "Popen", partial(subprocess.Popen, **NOBODY))
    return name


def attack(body: str, *, memory_mb: int = 256, timeout_s: float = 1.0) -> list[Any]:
    """Three calls; the middle one runs `body`, the others return 0.25."""
    source = (
        "import os, sys, struct, ctypes, builtins\n"
        "def grade(sample, item):\n"
        "    if item['n'] == 1:\n"
        f"{textwrap.indent(textwrap.dedent(body), ' ' * 8)}\n"
        "    return 0.25\n"
    )
    spec = ScriptSpec(source=source, timeout_s=timeout_s, memory_mb=memory_mb)
    with open_grader(spec) as grading:
        return grading.grade([(ANSWER, {"n": n}) for n in range(3)])


def stopped(body: str, **limits: Any) -> GradingFailure:
    """The failure of the attack; the calls before and after it must be graded."""
    before, outcome, after = attack(body, **limits)
    assert (before, after) == (Verdict(reward=0.25), Verdict(reward=0.25))
    assert isinstance(outcome, GradingFailure), outcome
    return outcome


@pytest.mark.parametrize(
    "body",
    [
        "open('/etc/passwd').read()",
        "open('/proc/self/environ').read()",
        "open('/proc/1/environ').read()",
        "os.listdir('/')",
        "os.unlink('/tmp/x')",
        "os.mkdir('/tmp/made-by-a-grader')",
        "os.symlink('/etc', '/tmp/linked-by-a-grader')",
        "os.chmod('/tmp', 0o777)",
        "open(os.__file__, 'a')",
        "import socket; socket.socket()",
        "import socket; socket.socketpair()",
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "os.fork()",
        "os.execv('/bin/sh', ['sh'])",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "import subprocess; subprocess.run(['true'])",
        "import signal; os.kill(1, signal.SIGTERM)",
        "import fcntl; fcntl.fcntl(3, fcntl.F_GETFL)",
        "import fcntl, termios; fcntl.ioctl(3, termios.TIOCSTI, b'x')",
        "os.setuid(0)",
        "os.pipe()",
        "os.memfd_create('x')",
    ],
)
def test_files_network_processes_and_signals_are_refused(body: str) -> None:
    found = stopped(body)
    assert found.failure_kind is FailureKind.EXCEPTION
    assert found.message.startswith("PermissionError")
    assert "Scripts cannot use files, network, processes or threads." in found.message


def test_a_file_is_not_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    stopped(f"open({str(tmp_path / 'x')!r}, 'w').write('x')")
    assert list(tmp_path.iterdir()) == []


def test_a_listening_service_of_this_machine_is_out_of_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        stopped(f"import socket; socket.create_connection(('127.0.0.1', {port}))")
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_thread_cannot_be_started() -> None:
    found = stopped("import threading; threading.Thread(target=len).start()")
    assert "can't start new thread" in found.message


@pytest.mark.parametrize("name", ["ptrace", "prctl", "unshare", "setns", "process_vm_readv"])
def test_calls_that_no_grader_needs_are_refused_also_without_python(name: str) -> None:
    body = f"""
        libc = ctypes.CDLL(None, use_errno=True)
        libc.{name}(0, 0, 0, 0, 0, 0)
        raise OSError(ctypes.get_errno(), 'refused')
    """
    assert "PermissionError: [Errno 1]" in stopped(body).message


def test_the_parents_limits_cannot_be_changed() -> None:
    change = f"resource.prlimit({os.getpid()}, resource.RLIMIT_CORE, (1, 1))"
    assert "PermissionError" in stopped(f"import resource; {change}").message


def test_the_environment_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "hunter2")
    found = stopped("raise ValueError(dict(os.environ), os.getenv('SECRET'))")
    assert found.message == "ValueError: ({}, None) (line 4)"


@pytest.mark.parametrize(
    "body",
    [
        "x = bytearray(10 ** 9)",
        "x = []\nwhile True: x.append('x' * 1_000_000)",
        "x = 'x' * 10 ** 10",
    ],
)
def test_memory_is_limited(body: str) -> None:
    found = stopped(body, timeout_s=5.0)
    assert found.failure_kind is FailureKind.MEMORY
    assert "256 MB" in found.message


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "import time; time.sleep(100)",
        "while True: print('x' * 1000)",
        "while True:\n    try: raise KeyboardInterrupt\n    except BaseException: pass",
        "import re; re.match('(a+)+$', 'a' * 64 + 'b')",
        "import signal\nfor s in range(1, 65):\n    try: signal.signal(s, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\nwhile True: pass",
    ],
)
def test_a_call_without_end_is_stopped_alone(body: str) -> None:
    found = stopped(body, timeout_s=0.3)
    assert found.failure_kind is FailureKind.TIMEOUT
    assert found.message == "The call took longer than 0.3 s and was stopped."


def test_the_limit_is_for_each_call_although_calls_travel_together() -> None:
    source = "import time\ndef grade(sample, item):\n    time.sleep(0.1)\n    return 1"
    with open_grader(ScriptSpec(source=source, timeout_s=0.5)) as grading:
        outcomes = grading.grade([(ANSWER, {})] * 12)
    assert outcomes == [Verdict(reward=1.0)] * 12


def test_printing_goes_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    outcomes = attack(
        "print('x'); print('y', file=sys.stderr); os.write(1, b'z'); os.write(2, b'z')"
    )
    assert outcomes == [Verdict(reward=0.25)] * 3
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("os._exit(7)", "code 7"),
        ("ctypes.string_at(0)", "SIGSEGV"),
        ("os.abort()", "SIG"),
    ],
)
def test_a_crash_costs_one_grade(body: str, named: str) -> None:
    found = stopped(body)
    assert found.failure_kind is FailureKind.CRASHED
    assert named in found.message


def test_leaving_by_exception_is_an_exception() -> None:
    assert stopped("sys.exit(3)").message == "SystemExit: 3 (line 4)"
    assert stopped("raise BaseException('x')").message == "BaseException: x (line 4)"


def test_recursion_without_end_is_an_exception() -> None:
    found = stopped("f = lambda x: f(x) + 1\nf(1)")
    assert found.message.startswith("RecursionError")


def test_recursion_past_the_stack_is_contained() -> None:
    found = stopped("x = ()\nfor _ in range(10 ** 6): x = (x,)\nhash(x)", timeout_s=10.0)
    assert found.failure_kind is FailureKind.CRASHED


FIND_CHANNEL = """
def channels():
    for fd in range(3, 32):
        try: os.write(fd, b'')
        except OSError: continue
        yield fd
"""


@pytest.mark.parametrize(
    "frame",
    [
        "struct.pack('>IIBd', 13, 2, 3, 1.0)",
        "struct.pack('>IIBd', 13, 3, 3, 1.0)",
        "struct.pack('>IIBd', 13, 99, 3, 1.0)",
        "struct.pack('>IIBd', 13, 0, 0, 1.0)",
        "struct.pack('>IIBd', 13, 2, 250, 1.0)",
        "struct.pack('>I', 0)",
        "struct.pack('>I', 2 ** 32 - 1)",
        "b'{\"reward\": 1.0}' * 100",
        "b'\\x00' * 4096",
    ],
)
def test_a_forged_frame_gives_no_reward(frame: str) -> None:
    body = f"{FIND_CHANNEL}\nfor fd in channels(): os.write(fd, {frame})"
    found = stopped(body)
    assert found.failure_kind is FailureKind.CRASHED
    assert "script" in found.message


def test_a_flood_of_the_channel_is_cut_off() -> None:
    body = f"{FIND_CHANNEL}\nwhile True:\n    for fd in channels(): os.write(fd, b'z' * 4096)"
    assert stopped(body, timeout_s=5.0).failure_kind is FailureKind.CRASHED


def test_bytes_that_never_become_a_frame_do_not_buy_time() -> None:
    body = f"""
{FIND_CHANNEL}
import time
fds = list(channels())
for byte in struct.pack('>IIB', 4000, 2, 5) + b'x' * 4000:
    for fd in fds: os.write(fd, bytes([byte]))
    time.sleep(0.05)
"""
    assert stopped(body, timeout_s=0.3).failure_kind is FailureKind.TIMEOUT


def test_changed_builtins_stay_in_the_process_of_their_script() -> None:
    body = "builtins.len = builtins.isinstance = builtins.float = lambda *a: 0"
    before, *_ = attack(body)
    assert before == Verdict(reward=0.25)
    assert len([1]) == 1
    assert attack("pass") == [Verdict(reward=0.25)] * 3


def test_a_script_that_patches_the_loop_is_still_judged_by_the_parent() -> None:
    body = """
        main = sys.modules['__main__']
        main._judge = lambda returned: (main.Status.NUMBER, 7.0, '')
    """
    after = attack(body)[2]
    assert isinstance(after, GradingFailure)
    assert after.failure_kind is FailureKind.OUT_OF_RANGE


@pytest.mark.parametrize(
    "value",
    ["'x' * 10 ** 7", "[0] * 10 ** 6", "{'x': 'y' * 10 ** 7}", "type('y' * 10 ** 6, (), {})()"],
)
def test_a_giant_return_value_is_a_short_failure(value: str) -> None:
    found = stopped(f"return {value}")
    assert found.failure_kind is FailureKind.NOT_A_NUMBER
    assert len(found.message) < 400


def test_a_giant_or_hostile_exception_is_a_short_failure() -> None:
    assert len(stopped("raise ValueError('x' * 10 ** 7)").message) < 400
    hostile = "class E(Exception):\n    def __str__(self): raise self\nraise E"
    assert stopped(hostile).message == "an exception that cannot be shown"


def test_text_that_would_break_a_terminal_or_a_database_is_cleaned() -> None:
    found = stopped("raise ValueError('a\\0b\\x1b[31m\\ud800')")
    assert found.message.isprintable()


def test_all_layers_hold_here() -> None:
    found = sandbox.probe_isolation()
    assert found.is_sufficient
    assert found.missing == ()


def test_the_child_dies_with_its_parent() -> None:
    program = (
        "import os, sys\n"
        "from rft_app.graders.sandbox import Limits, Worker\n"
        "source = 'def grade(s, i):\\n    while True: pass'\n"
        "worker = Worker(source, Limits(60, 256), allow_unisolated=True)\n"
        "print(worker._channel._process.pid, flush=True)\n"
        "os._exit(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    pid = int(done.stdout)
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists() or "Z" in _state(pid):
            return
        subprocess.run(["sleep", "0.05"], check=True)
    pytest.fail(f"Process {pid} outlived its parent.")


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return "Z"


def test_both_sides_speak_the_same_protocol() -> None:
    assert child.REPLY.format == sandbox.REPLY.format
    assert child.LENGTH.format == sandbox.LENGTH.format
    assert {s.name: s.value for s in child.Status} == {s.name: s.value for s in sandbox.Status}
    assert child.REPLY.size + 4 * child.MAX_TEXT <= sandbox.MAX_REPLY_BYTES


@pytest.mark.parametrize(("column", "machine"), [(0, 0xC000003E), (1, 0xC00000B7)])
def test_the_numbers_of_the_calls_are_the_kernels(column: int, machine: int) -> None:
    if (path := ctypes.util.find_library("seccomp")) is None:
        pytest.skip("libseccomp, which knows the numbers, is not installed.")
    resolve = ctypes.CDLL(path).seccomp_syscall_resolve_name_arch
    for name, numbers in (child.SYSTEM_CALLS | child.OPENING_CALLS).items():
        known = resolve(ctypes.c_uint32(machine), name.encode())
        assert numbers[column] == (known if known >= 0 else None), name


def test_without_landlock_no_file_can_be_opened_at_all() -> None:
    with_files = child.filter_program("x86_64", may_open=True)
    without = child.filter_program("x86_64", may_open=False)
    assert with_files is not None and without is not None
    assert len(with_files) - len(without) == 3 * 8
    assert child.filter_program("sparc", may_open=True) is None


@pytest.mark.parametrize("user", ["nobody"], indirect=True)
def test_an_ordinary_user_is_isolated_too() -> None:
    assert sandbox.probe_isolation().is_sufficient
    assert stopped("raise ValueError(os.getuid())").message != "ValueError: 0 (line 4)"
    for body in ("open('/etc/passwd')", "os.fork()", "import socket; socket.socket()"):
        assert stopped(body).message.startswith("PermissionError")
    assert stopped("x = bytearray(10 ** 9)").failure_kind is FailureKind.MEMORY
    assert stopped("while True: pass", timeout_s=0.3).failure_kind is FailureKind.TIMEOUT
