"""A Ray cluster on loopback: its Jobs API by the shapes of Ray 2.60, its jobs as real processes."""

import os
import re
import signal
import subprocess
import sys
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import orjson

Json = dict[str, Any]
TOKEN = "cluster-secret"
ORDER = {
    *("entrypoint", "submission_id", "job_id", "runtime_env", "metadata"),
    *("entrypoint_num_cpus", "entrypoint_num_gpus", "entrypoint_memory"),
    *("entrypoint_resources", "entrypoint_label_selector"),
}
"""What Ray takes; it refuses every other name."""
_ROUTE = re.compile(r"/api/(version|packages|jobs)/?(.*)")


class Reply(NamedTuple):
    """What is answered."""

    status: int
    body: bytes = b""


class Job:
    """One process, and what is told of it."""

    def __init__(self, order: Json, folder: Path) -> None:
        self.order = order
        self.folder = folder
        self.log = folder / "driver.log"
        self.log.write_text(f"Running entrypoint for job {order['submission_id']}\n")
        self.process: subprocess.Popen[bytes] | None = None
        self.is_stopped = False
        self.says: Json = {}
        """What is told instead of the truth."""

    def begin(self) -> None:
        """Start its command, as Ray does: by a shell, in a session of its own."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.order["entrypoint"],
                shell=True,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={"PATH": os.environ["PATH"], "PYTHONPATH": ":".join(sys.path)},
                start_new_session=True,
            )

    def end(self, number: int = signal.SIGKILL) -> None:
        """Signal the process, if there is one."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, number)
            self.process.wait()

    def tell(self) -> Json:
        """As `GET /api/jobs/ID`."""
        code = None if self.process is None else self.process.poll()
        if self.is_stopped:
            status, message = "STOPPED", "Job was intentionally stopped."
        elif self.process is None:
            status, message = "PENDING", "Job has not started yet."
        elif code is None:
            status, message = "RUNNING", "Job is currently running."
        elif code == 0:
            status, message = "SUCCEEDED", "Job finished successfully."
        else:
            end = self.log.read_text()[-300:]
            status = "FAILED"
            message = f"Job entrypoint command failed with exit code {code}, last logs:\n{end}"
        told = {
            "type": "SUBMISSION",
            "submission_id": self.order["submission_id"],
            "status": status,
            "message": message,
            "driver_exit_code": code,
            "error_type": None,
        }
        return {**told, **self.says}


class StandIn:
    """The cluster; what goes wrong is set by the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.packages: dict[str, bytes] = {}
        self.jobs: dict[str, Job] = {}
        self.orders: list[Json] = []
        self.calls: Counter[str] = Counter()
        self.headers: list[str | None] = []
        self.failing: dict[str, list[int]] = {}
        """Statuses to answer with, by `METHOD kind`, before it works."""
        self.loses_answer_of: set[str] = set()
        """What is done, and then answered with 500."""
        self.holds_back = False
        """Whether jobs wait for their turn."""
        self.command = ""
        """What is run instead of what was ordered."""
        self.is_down = False
        """Whether connections break off."""
        self._lock = threading.RLock()
        cluster = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                cluster.serve(self)

            def do_POST(self) -> None:
                cluster.serve(self)

            def do_PUT(self) -> None:
                cluster.serve(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator["StandIn"]:
        """Serve while the block runs; no process is left behind."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()
            self.forget()

    def forget(self) -> None:
        """As after a restart: no job is known, no process is left."""
        with self._lock:
            for job in self.jobs.values():
                job.end()
            self.jobs = {}

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        body = handler.rfile.read(int(handler.headers["Content-Length"] or 0))
        found = _ROUTE.fullmatch(handler.path)
        kind, rest = found.groups() if found else ("", "")
        name = f"{handler.command} {kind}{'/' + rest.rpartition('/')[2] if '/' in rest else ''}"
        name = name if kind == "jobs" else f"{handler.command} {kind}"
        with self._lock:
            self.calls[name] += 1
            self.headers.append(handler.headers["Authorization"])
            if self.is_down:
                handler.close_connection = True
                return
            if self.failing.get(name):
                reply = Reply(self.failing[name].pop(0), b"Traceback\nOSError: not now")
            else:
                reply = self._answer(handler.command, kind, rest, body)
            if name in self.loses_answer_of:
                self.loses_answer_of.discard(name)
                reply = Reply(500, b"lost")
        handler.send_response(reply.status)
        handler.send_header("Content-Length", str(len(reply.body)))
        handler.end_headers()
        handler.wfile.write(reply.body)

    def _answer(self, method: str, kind: str, rest: str, body: bytes) -> Reply:
        if kind == "version":
            return _json({"version": "4", "ray_version": "2.60.0", "ray_commit": "x"})
        if kind == "packages":
            return self._answer_package(method, rest.removeprefix("gcs/"), body)
        job_id, _, verb = rest.partition("/")
        if method == "POST" and not job_id:
            return self._begin(orjson.loads(body))
        job = self.jobs.get(job_id)
        if job is None:
            return Reply(404, f"Job {job_id} does not exist".encode())
        return _json(self._answer_job(job, verb))

    def _answer_job(self, job: Job, verb: str) -> Json:
        if verb == "logs":
            return {"logs": job.log.read_text()}
        if verb == "stop":
            job.is_stopped = True
            job.end(signal.SIGTERM)
            return {"stopped": True}
        return job.tell()

    def _answer_package(self, method: str, name: str, body: bytes) -> Reply:
        if method == "PUT":
            self.packages[name] = body
            return Reply(200)
        if name in self.packages:
            return Reply(200)
        return Reply(404, f"Package gcs://{name} does not exist".encode())

    def _begin(self, order: Json) -> Reply:
        if unknown := order.keys() - ORDER:
            return Reply(400, f"TypeError: unexpected {sorted(unknown)}".encode())
        job_id = order["submission_id"]
        if job_id in self.jobs:
            return Reply(
                400, f"ValueError: Job with submission_id {job_id} already exists".encode()
            )
        if not all(isinstance(one, str) for one in order["metadata"].values()):
            return _refuse("TypeError: metadata values must be strings")
        folder = self.folder / job_id
        folder.mkdir(parents=True, exist_ok=True)
        if named := order["runtime_env"].get("working_dir"):
            with zipfile.ZipFile(BytesIO(self.packages[named.removeprefix("gcs://")])) as archive:
                archive.extractall(folder)
        self.orders.append(order)
        order = {**order, "entrypoint": self.command or order["entrypoint"]}
        job = self.jobs[job_id] = Job(order, folder)
        if not self.holds_back:
            job.begin()
        return _json({"job_id": job_id, "submission_id": job_id})


def _refuse(why: str) -> Reply:
    """As the dashboard passes on what its agent refused."""
    text = f"Traceback:\nRuntimeError: Request failed with status code 400: Traceback:\n{why}\n."
    return Reply(500, text.encode())


def _json(value: Json) -> Reply:
    return Reply(200, orjson.dumps(value))
