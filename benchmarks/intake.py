"""GenAI spans over OTLP until they can be queried, beside a loop that only parses and stores them.

    python benchmarks/intake.py [--batches 80]

Two connections send batches of 512 spans of 3 kB to a server of its own; a worker makes traces of
them.  The clock stops when the last is counted.  The yardstick parses the same requests in this
process and inserts each span's attributes as JSON with the standard library's sqlite3, one
transaction a request: no messages are read, nothing is joined, checked or deduplicated.
"""

import argparse
import http.client
import os
import secrets
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import orjson
from _targets import Targets
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

SPANS_PER_BATCH = 512
CONNECTIONS = 2
TARGET_PER_S = 5_000
NOW_NS = time.time_ns()


def make_batch() -> bytes:
    """Calls of different traces, each with about 2 kB of messages."""
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for _ in range(SPANS_PER_BATCH):
        span = scope.spans.add(
            trace_id=secrets.token_bytes(16),
            span_id=secrets.token_bytes(8),
            parent_span_id=secrets.token_bytes(8),
            name="chat gpt-4o-mini",
            kind=3,
            start_time_unix_nano=NOW_NS,
            end_time_unix_nano=NOW_NS + 10**9,
        )
        for name, value in make_attributes(secrets.token_hex(10)).items():
            attribute = span.attributes.add(key=name)
            if isinstance(value, int):
                attribute.value.int_value = value
            else:
                attribute.value.string_value = value
    return request.SerializeToString()


def make_attributes(word: str) -> dict[str, str | int]:
    """What the official instrumentation writes."""
    system = "You are the support agent of Acme. Be concise. " * 12
    question = f"What is the refund policy {word}? " * 20
    answer = f"Premium users can request {word}. " * 20
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.response.id": f"chatcmpl-{word}",
        "gen_ai.usage.input_tokens": 420,
        "gen_ai.usage.output_tokens": 170,
        "gen_ai.input.messages": say(("system", system), ("user", question)),
        "gen_ai.output.messages": say(("assistant", answer)),
        "session.id": word,
    }


def say(*turns: tuple[str, str]) -> str:
    """Messages with one text each."""
    return orjson.dumps(
        [{"role": role, "parts": [{"type": "text", "content": text}]} for role, text in turns]
    ).decode()


def run_yardstick(batches: list[bytes], path: Path) -> float:
    """Spans a second."""
    started = time.perf_counter()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE span (trace_id BLOB, span_id BLOB, body BLOB)")
        for batch in batches:
            request = ExportTraceServiceRequest.FromString(batch)
            spans = request.resource_spans[0].scope_spans[0].spans
            rows = [(span.trace_id, span.span_id, pack(span)) for span in spans]
            connection.executemany("INSERT INTO span VALUES (?, ?, ?)", rows)
            connection.commit()
    return len(batches) * SPANS_PER_BATCH / (time.perf_counter() - started)


def pack(span: object) -> bytes:
    """A span's attributes as JSON."""
    pairs = span.attributes  # pyright: ignore[reportAttributeAccessIssue]
    return orjson.dumps({each.key: each.value.string_value for each in pairs})


class Installation:
    """A server and a worker on a data directory of their own."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        environment = {**os.environ, "RFT_DATA_DIR": str(folder)}
        rft = [sys.executable, "-m", "rft_app.cli"]
        subprocess.run([*rft, "migrate"], env=environment, check=True, stderr=subprocess.DEVNULL)
        serve = ["-m", "granian", "--interface", "asgi", "--factory", "--port", str(self.port)]
        commands = ([sys.executable, *serve, "rft_app.api.app:create_api"], [*rft, "worker"])
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.processes = [subprocess.Popen(each, env=environment, **quiet) for each in commands]

    def count(self) -> int:
        """Calls that can be queried."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", "/api/traces/intake")
        counts = orjson.loads(connection.getresponse().read())["counts"]
        return sum(each["number"] for each in counts if each["outcome"] == "call")

    def wait_until_ready(self) -> None:
        """Both processes answer."""
        while True:
            try:
                self.count()
                time.sleep(5)  # the worker takes a moment longer and tells nobody
                return
            except OSError:
                time.sleep(0.2)

    def worker_mb(self) -> float:
        """Memory of the worker."""
        status = Path(f"/proc/{self.processes[1].pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1000

    def stop(self) -> None:
        """End both."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(30)


def send(port: int, batches: list[bytes], waits_s: list[float]) -> None:
    """One connection's share."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for batch in batches:
        started = time.perf_counter()
        headers = {"content-type": "application/x-protobuf"}
        connection.request("POST", "/otlp/v1/traces", batch, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        waits_s.append(time.perf_counter() - started)


def run_ours(installation: Installation, batches: list[bytes], waits_s: list[float]) -> float:
    """Spans a second until the last can be queried."""
    wanted = installation.count() + len(batches) * SPANS_PER_BATCH
    started = time.perf_counter()
    shares = [batches[number::CONNECTIONS] for number in range(CONNECTIONS)]
    senders = [
        threading.Thread(target=send, args=(installation.port, share, waits_s)) for share in shares
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    while installation.count() < wanted:
        time.sleep(0.1)
    return len(batches) * SPANS_PER_BATCH / (time.perf_counter() - started)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--batches", type=int, default=80)
    wanted = parser.parse_args().batches
    batches = [make_batch() for _ in range(wanted)]
    size = len(batches[0]) / SPANS_PER_BATCH
    print(f"{wanted} batches of {SPANS_PER_BATCH} spans, {size:,.0f} B each")
    with tempfile.TemporaryDirectory() as folder:
        yardstick = run_yardstick(batches, Path(folder) / "yardstick.db")
        installation = Installation(Path(folder) / "data")
        waits_s: list[float] = []
        try:
            installation.wait_until_ready()
            run_ours(installation, [make_batch() for _ in range(wanted // 4)], [])
            before_mb = installation.worker_mb()
            ours = run_ours(installation, batches, waits_s)
            after_mb = installation.worker_mb()
        finally:
            installation.stop()
    print(f"parse and store only: {yardstick:,.0f} spans/s")
    targets = Targets()
    verdict = targets.least(ours, TARGET_PER_S)
    print(f"ours, until queryable: {ours:,.0f} spans/s {verdict}, {ours / yardstick:.2f} x")
    print(f"acknowledged after (median): {statistics.median(waits_s) * 1000:,.0f} ms a batch")
    print(f"worker: {before_mb:,.0f} MB before, {after_mb:,.0f} MB after")
    sys.exit(targets.exit_status)


if __name__ == "__main__":
    main()
