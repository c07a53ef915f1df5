"""Calls through the gateway, every one recorded, beside the same calls straight to the provider.

    python benchmarks/gateway.py [--seconds 3] [--rounds 3]
        [--only-routing] [--litellm-python PYTHON] [--peer NAME=HOST:PORT/PATH]

The provider, the gateway, its worker and this client share the machine.  Sixteen connections ask
one after another; direct, through the gateway and through its peers take turns.  What routing adds
is measured in the same way: calls of an alias beside calls of the model itself, both through the
gateway and with sessions.  In the end the traces are counted.  LiteLLM's proxy is started where an
environment with `litellm[proxy]` is named; other peers run already, before the provider at
`--upstream-port`.
"""

import argparse
import asyncio
import http.client
import itertools
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import orjson
from _peers import start_litellm
from _targets import Targets

CONNECTIONS = 16
PATH = "/v1/chat/completions"
MESSAGES = [
    {"role": "system", "content": "You are a helpful assistant."},
    {"role": "user", "content": "Question 00000000: " + "What is the answer? " * 20},
]
SESSION = b"session-00000000"
CALLS_IN_SESSION = 5
NUMBERS = itertools.count()
"""Of questions, so that none is asked twice."""
ALIASES = MappingProxyType({"divided": "ab_test", "replaced": "replace"})
"""Deployments by half and whole, without a shadow; each alias with its mode."""
UPSTREAM = Path(__file__).with_name("_upstream.py")


class Load(NamedTuple):
    """What is asked."""

    is_stream: bool
    wait_ms: int
    gap_ms: int = 0
    model: str = "fake"
    more: str = ""
    """Headers, each with its end of line."""

    @property
    def body(self) -> bytes:
        """Of each request."""
        more = {"stream": True, "stream_options": {"include_usage": True}} if self.is_stream else {}
        return orjson.dumps({"model": self.model, "messages": MESSAGES, **more})


class Taken(NamedTuple):
    """How long the requests of one round took."""

    per_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    first_p50_ms: float
    """Until the first piece of the body."""


class Client(asyncio.Protocol):
    """One connection that asks again as soon as it is answered."""

    def __init__(self, request: bytes, until: float, taken: list[tuple[float, float]]) -> None:
        self.request = request
        self.until = until
        self.taken = taken
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.received = b""
        self.first_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        """Send a request, unless the time is over."""
        self.received = b""
        self.first_at = 0.0
        self.asked_at = time.perf_counter()
        if self.asked_at < self.until:
            number = next(NUMBERS)
            asking = self.request.replace(SESSION, b"session-%08d" % (number // CALLS_IN_SESSION))
            asking = asking.replace(b"Question 00000000", b"Question %08d" % number, 1)
            self.transport.write(asking)  # pyright: ignore[reportAttributeAccessIssue]
        else:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Go on when the answer is whole."""
        self.received += data
        head, is_headed, body = self.received.partition(b"\r\n\r\n")
        if not is_headed or not body:
            return
        now = time.perf_counter()
        self.first_at = self.first_at or now
        if not head.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(RuntimeError(self.received.decode()))
        elif is_complete(head.lower(), body):
            self.taken.append((now - self.asked_at, self.first_at - self.asked_at))
            self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        """The time is over, or something broke."""
        if self.done.done():
            return
        if time.perf_counter() < self.until:
            self.done.set_exception(exc or RuntimeError("the connection was closed"))
        else:
            self.done.set_result(None)


def is_complete(head: bytes, body: bytes) -> bool:
    """Whether an answer has ended."""
    _, is_sized, length = head.partition(b"content-length:")
    if is_sized:
        return len(body) >= int(length.partition(b"\r\n")[0])
    return body.endswith(b"0\r\n\r\n")


async def ask_for(url: str, load: Load, seconds: float) -> Taken:
    """Load one server for a while."""
    host, _, path = url.partition("/")
    name, _, port = host.partition(":")
    head = (
        f"POST /{path}{PATH} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer sk-benchmark\r\nx-wait-ms: {load.wait_ms}\r\n"
        f"x-gap-ms: {load.gap_ms}\r\n{load.more}content-length: {len(load.body)}\r\n\r\n"
    ).replace("//", "/")
    taken: list[tuple[float, float]] = []
    until = time.perf_counter() + seconds
    loop = asyncio.get_running_loop()
    pairs = [
        await loop.create_connection(
            lambda: Client(head.encode() + load.body, until, taken), name, int(port)
        )
        for _ in range(CONNECTIONS)
    ]
    await asyncio.gather(*(client.done for _, client in pairs))
    whole = sorted(1000 * each[0] for each in taken)
    first = statistics.median(1000 * each[1] for each in taken)
    p95, p99 = (whole[min(len(whole) - 1, int(share * len(whole)))] for share in (0.95, 0.99))
    return Taken(len(whole) / seconds, statistics.median(whole), p95, p99, first)


def take_turns(asked: Sequence[tuple[str, Load]], seconds: float, rounds: int) -> list[list[Taken]]:
    """Ask each server for its load, there and back again; what each round took."""
    found: list[list[Taken]] = [[] for _ in asked]
    for number in range(rounds):
        turns = list(zip(asked, found, strict=True))
        for (url, load), taken in reversed(turns) if number % 2 else turns:
            taken.append(asyncio.run(ask_for(url, load, seconds)))
    return found


def find_medians(taken: Sequence[Taken]) -> Taken:
    """Of each figure over the rounds."""
    return Taken(*map(statistics.median, zip(*taken, strict=True)))


class Rounds:
    """Direct, through the gateway and through its peers in turn; medians of the rounds."""

    def __init__(
        self,
        direct: str,
        gateway: str,
        seconds: float,
        rounds: int,
        peers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.urls = (direct, gateway, *peers.values())
        self.peers = peers
        self.seconds = seconds
        self.rounds = rounds
        self.num_calls = 0

    def run(self, load: Load) -> tuple[Taken, Taken]:
        """What the calls take directly, and through the gateway."""
        found = take_turns([(url, load) for url in self.urls], self.seconds, self.rounds)
        self.num_calls += self.count(found[1])
        direct, through, *others = map(find_medians, found)
        for name, taken in zip(self.peers, others, strict=True):
            added = taken.p50_ms - direct.p50_ms, taken.p99_ms - direct.p99_ms
            print(f"  {name}: {taken.per_s:,.0f} calls/s,", end=" ")
            print(f"added p50 {added[0]:.1f} ms, p99 {added[1]:.1f} ms,", end=" ")
            print(f"first token {taken.first_p50_ms - direct.first_p50_ms:.1f} ms; ours:")
        return direct, through

    def compare_models(self, load: Load, models: Sequence[str]) -> list[Taken]:
        """What the calls take through the gateway, by the model that they name."""
        loads = [load._replace(model=model) for model in models]
        found = take_turns([(self.urls[1], each) for each in loads], self.seconds, self.rounds)
        self.num_calls += sum(map(self.count, found))
        return list(map(find_medians, found))

    def count(self, taken: Sequence[Taken]) -> int:
        """Calls that were answered."""
        return sum(round(each.per_s * self.seconds) for each in taken)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def wait_for(port: int, path: str) -> None:
    """Return once a server answers."""
    for _ in range(1_800):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("A server did not start.")


def count_traces(environment: dict[str, str], wanted: int) -> int:
    """Calls that became traces; waits for the last one."""
    command = [sys.executable, "-m", "rft_app.cli", "traces", "intake", "--json"]
    number = -1
    for _ in range(120):
        told = subprocess.run(command, env=environment, check=True, capture_output=True).stdout
        counts = orjson.loads(told)["counts"]
        number = sum(each["number"] for each in counts if each["outcome"] == "call")
        if number >= wanted:
            break
        time.sleep(1)
    return number


def report(targets: Targets, rounds: Rounds) -> None:
    """Measure and print."""
    for is_stream, name in ((False, "plain"), (True, "streamed")):
        direct, through = rounds.run(Load(is_stream, wait_ms=50))
        p50, p99 = through.p50_ms - direct.p50_ms, through.p99_ms - direct.p99_ms
        print(f"50 ms, {name}: p50 {direct.p50_ms:.1f} → {through.p50_ms:.1f} ms,", end=" ")
        print(f"added {p50:.1f} ms {targets.most(p50, 4)};", end=" ")
        print(f"p99 {direct.p99_ms:.1f} → {through.p99_ms:.1f} ms,", end=" ")
        print(f"added {p99:.1f} ms {targets.most(p99, 15)}")
    direct, through = rounds.run(Load(is_stream=True, wait_ms=50, gap_ms=5))
    first = through.first_p50_ms - direct.first_p50_ms
    print(f"first token: {direct.first_p50_ms:.1f} → {through.first_p50_ms:.1f} ms", end=" ")
    print(f"of {through.p50_ms:.0f} ms, added {first:.1f} ms {targets.most(first, 4)}")
    for is_stream, name in ((False, "plain"), (True, "streamed")):
        direct, through = rounds.run(Load(is_stream, wait_ms=0))
        verdict = targets.least(through.per_s, 1000)
        print(f"0 ms, {name}: {through.per_s:,.0f} calls/s {verdict};", end=" ")
        print(f"directly {direct.per_s:,.0f}")


def deploy(environment: dict[str, str], folder: Path) -> None:
    """Two aliases of two models: divided by half, and the tuned one in the place of the base."""
    row = {"messages": [*MESSAGES, {"role": "assistant", "content": "Forty two."}]}
    (folder / "rows.jsonl").write_bytes(orjson.dumps(row))

    def rft(*arguments: str) -> dict[str, str]:
        command = [sys.executable, "-m", "rft_app.cli", *arguments, "--json"]
        done = subprocess.run(command, env=environment, check=True, capture_output=True)
        return orjson.loads(done.stdout)

    dataset = rft(
        "import", str(folder / "rows.jsonl"), "--name", "benchmark", "--objective", "Answer"
    )["id"]
    for alias, mode in ALIASES.items():
        models = "--base", "environment/fake", "--tuned", "environment/fake-tuned"
        how = "--mode", mode, "--ratio", "0.5", "--graded", "0", "--reason", "benchmark"
        rft("deploy", dataset, "--alias", alias, *models, *how)


def report_routing(targets: Targets, rounds: Rounds) -> None:
    """What an alias adds to calls that come with a session."""
    for is_stream, name in ((False, "plain"), (True, "streamed")):
        load = Load(is_stream, wait_ms=50, more=f"x-rft-session: {SESSION.decode()}\r\n")
        straight, *routed = rounds.compare_models(load, ("fake", *ALIASES))
        for mode, taken in zip(ALIASES.values(), routed, strict=True):
            p50, p95 = taken.p50_ms - straight.p50_ms, taken.p95_ms - straight.p95_ms
            print(f"routing, {mode}, 50 ms, {name}: p50 {straight.p50_ms:.2f} →", end=" ")
            print(f"{taken.p50_ms:.2f} ms, added {p50:.2f} ms {targets.most(p50, 1)};", end=" ")
            print(f"p95 {straight.p95_ms:.2f} → {taken.p95_ms:.2f} ms, added {p95:.2f} ms")


def read_arguments() -> argparse.Namespace:
    """What to measure, and beside whom."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only-routing", action="store_true", help="measure what aliases add")
    parser.add_argument("--litellm-python", help="of an environment with litellm[proxy]")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=HOST:PORT/PATH")
    parser.add_argument("--upstream-port", type=int, help="of the provider that peers ask")
    return parser.parse_args()


def measure(
    wanted: argparse.Namespace, urls: tuple[str, str], peers: Mapping[str, str], targets: Targets
) -> tuple[int, int]:
    """Measure; returns how many calls became traces, and how many were made."""
    warming = Rounds(*urls, seconds=1, rounds=1)
    warming.run(Load(is_stream=False, wait_ms=0))
    before = count_traces(dict(os.environ), warming.num_calls)
    rounds = Rounds(*urls, wanted.seconds, wanted.rounds, peers)
    if not wanted.only_routing:
        report(targets, rounds)
    report_routing(targets, rounds)
    found = count_traces(dict(os.environ), before + rounds.num_calls) - before
    return found, rounds.num_calls


def main() -> None:
    """Start everything, measure, stop everything."""
    wanted = read_arguments()
    upstream, gateway, litellm = wanted.upstream_port or free_port(), free_port(), free_port()
    peers = dict(each.split("=", 1) for each in wanted.peer)
    targets = Targets()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "RFT_DATA_DIR": folder,
            "RFT_LLM_BASE_URL": f"http://127.0.0.1:{upstream}/v1",
            "RFT_LLM_API_KEY": "sk-upstream",
            "RFT_LLM_MODELS": "fake, fake-tuned",
        }
        rft = [sys.executable, "-m", "rft_app.cli"]
        commands = (
            [sys.executable, str(UPSTREAM), str(upstream)],
            [*rft, "gateway", "--port", str(gateway)],
        )
        processes = [subprocess.Popen(each, stderr=subprocess.DEVNULL) for each in commands]
        try:
            if wanted.litellm_python:
                python = wanted.litellm_python
                processes.append(start_litellm(python, Path(folder), upstream, litellm))
                peers["LiteLLM, each call to a file"] = f"127.0.0.1:{litellm}/"
                wait_for(litellm, "/health/liveliness")
            else:
                print("LiteLLM: skipped, --litellm-python names no environment that has it")
            wait_for(gateway, "/_health")
            time.sleep(5)  # the worker takes a moment longer and tells nobody
            deploy(dict(os.environ), Path(folder))
            time.sleep(2)  # the gateway knows of deployments within a second
            urls = (f"127.0.0.1:{upstream}/", f"127.0.0.1:{gateway}/gateway")
            found, made = measure(wanted, urls, peers, targets)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(30)
    print(f"recorded: {found:,} of {made:,} calls {targets.least(found, made)}")
    sys.exit(targets.exit_status)


if __name__ == "__main__":
    main()
