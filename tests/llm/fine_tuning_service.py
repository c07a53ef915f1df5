"""A fine-tuning service on loopback that reads requests with the types of the official library."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
from openai.types import CompletionUsage, FileObject
from openai.types.chat import ChatCompletion, ChatCompletionMessage
from openai.types.chat.chat_completion import Choice
from openai.types.fine_tuning import (
    FineTuningJob,
    FineTuningJobEvent,
    ReinforcementHyperparametersParam,
    ReinforcementMethodParam,
    job_create_params,
)
from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint
from pydantic import TypeAdapter

Json = dict[str, Any]
KEY = "sk-service-secret"
CHAT = "POST /chat/completions"
_CREATE: TypeAdapter[Any] = TypeAdapter(job_create_params.JobCreateParams)


class FakeService:
    """Jobs go one status on at each look; what goes wrong is set by the test."""

    def __init__(self) -> None:
        self.files: dict[str, list[Json]] = {}
        self.jobs: dict[str, Json] = {}
        self.orders: list[Json] = []
        self.events: list[Json] = []
        self.checkpoints: list[Json] = []
        self.calls: Counter[str] = Counter()
        self.statuses = ["validating_files", "queued", "running", "succeeded"]
        self.failing: dict[str, list[int]] = {}
        """Statuses to answer with, by `METHOD path`, before it works."""
        self.loses_answer_of: set[str] = set()
        """What is done, and then answered with 500."""
        self.error: Json | None = None
        self.answers: dict[str, Callable[[Json], str]] = {}
        """What its models say to a chat request; others are not there."""
        self.asked: list[Json] = []
        """Chat requests."""
        self._lock = threading.RLock()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                service.serve(self, "POST")

            def do_GET(self) -> None:
                service.serve(self, "GET")

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @contextmanager
    def running(self) -> Iterator["FakeService"]:
        """Serve while the block runs."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def say(self, step: int, total_steps: int = 20, **data: Any) -> None:
        """Have it report a training step."""
        number = len(self.events)
        event = FineTuningJobEvent(
            id=f"ftevent-{number}",
            created_at=1_750_000_000 + number,
            level="info",
            message=f"Step {step}/{total_steps}",
            object="fine_tuning.job.event",
            type="metrics",
            data={"step": step, "total_steps": total_steps, **data},
        )
        self.events.append(event.model_dump())

    def save(self, step: int, reward: float | None) -> None:
        """Have it keep a model."""
        figures = {} if reward is None else {"full_valid_mean_reward": reward}
        one = FineTuningJobCheckpoint(
            id=f"ftckpt-{step}",
            created_at=1_750_000_000,
            fine_tuned_model_checkpoint=f"ft:base:ckpt-step-{step}",
            fine_tuning_job_id="ftjob-1",
            metrics={"step": step, **figures},  # type: ignore[arg-type]
            object="fine_tuning.job.checkpoint",
            step_number=step,
        )
        self.checkpoints.append(one.model_dump())

    def serve(self, handler: BaseHTTPRequestHandler, method: str) -> None:
        """Answer one request."""
        body = handler.rfile.read(int(handler.headers["Content-Length"] or 0))
        parts = urlsplit(handler.path)
        path = parts.path.removeprefix("/v1")
        name = f"{method} {'/'.join('*' if '-' in one else one for one in path.split('/'))}"
        with self._lock:
            self.calls[name] += 1
            if name == CHAT:
                status, answer = self._chat(handler, orjson.loads(body))
            else:
                status, answer = self._answer(handler, name, path, parse_qs(parts.query), body)
        raw = orjson.dumps(answer)
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)

    def _answer(
        self, handler: BaseHTTPRequestHandler, name: str, path: str, query: Json, body: bytes
    ) -> tuple[int, Json]:
        if handler.headers["Authorization"] != f"Bearer {KEY}":
            return refuse(401, "Incorrect API key provided.")
        if self.failing.get(name):
            return refuse(self.failing[name].pop(0), "not now")
        try:
            answer = self._do(handler, name, path, query, body)
        except (ValueError, KeyError, TypeError) as error:
            return refuse(400, f"{type(error).__name__}: {error}"[:250])
        if name in self.loses_answer_of:
            self.loses_answer_of.remove(name)
            return refuse(500, "lost")
        return 200, answer

    def _chat(self, handler: BaseHTTPRequestHandler, request: Json) -> tuple[int, Json]:
        if handler.headers["Authorization"] != f"Bearer {KEY}":
            return refuse(401, "Incorrect API key provided.")
        if self.failing.get(CHAT):
            return refuse(self.failing[CHAT].pop(0), "not now")
        self.asked.append(request)
        say = self.answers.get(request["model"])
        if say is None:
            return refuse(404, f"The model {request['model']} does not exist.")
        message = ChatCompletionMessage(role="assistant", content=say(request))
        return 200, ChatCompletion(
            id=f"chatcmpl-{len(self.asked)}",
            created=1_750_000_000,
            model=request["model"],
            object="chat.completion",
            choices=[Choice(index=0, finish_reason="stop", message=message)],
            usage=CompletionUsage(prompt_tokens=10, completion_tokens=4, total_tokens=14),
        ).model_dump()

    def _do(  # noqa: PLR0911  # one per route
        self, handler: BaseHTTPRequestHandler, name: str, path: str, query: Json, body: bytes
    ) -> Json:
        match name:
            case "POST /files":
                return self._take_file(handler.headers["Content-Type"], body)
            case "POST /fine_tuning/jobs":
                return self._create(orjson.loads(body))
            case "GET /fine_tuning/jobs":
                return page(list(self.jobs.values())[::-1], query)
            case "GET /fine_tuning/jobs/*":
                return self._look(path.split("/")[-1])
            case "POST /fine_tuning/jobs/*/cancel":
                job = self.jobs[path.split("/")[-2]]
                job["status"], self.statuses = "cancelled", []
                return job
            case "GET /fine_tuning/jobs/*/events":
                return page(self.events[::-1], query)
            case "GET /fine_tuning/jobs/*/checkpoints":
                return page(self.checkpoints[::-1], query)
            case _:
                raise KeyError(name)

    def _take_file(self, content_type: str, body: bytes) -> Json:
        form = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\n\n" + body)
        fields = {
            part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
            for part in form.walk()
            if not part.is_multipart()
        }
        if fields["purpose"] != b"fine-tune":
            raise ValueError(f"purpose is {fields['purpose']!r}")
        content = fields["file"]
        assert isinstance(content, bytes)
        rows = [orjson.loads(line) for line in content.splitlines()]
        for row in rows:
            if row["messages"][-1]["role"] != "user":
                raise ValueError("the last message is not the user's")
        name = f"file-{len(self.files) + 1}"
        self.files[name] = rows
        return FileObject(
            id=name,
            bytes=len(content),
            created_at=1_750_000_000,
            filename="rows.jsonl",
            object="file",
            purpose="fine-tune",
            status="processed",
        ).model_dump()

    def _create(self, order: Json) -> Json:
        _CREATE.validate_python(order)
        method = order["method"]["reinforcement"]
        known = (
            (order, job_create_params.JobCreateParams),
            (order["method"], job_create_params.Method),
            (method, ReinforcementMethodParam),
            (method["hyperparameters"], ReinforcementHyperparametersParam),
        )
        for given, kind in known:
            if strange := given.keys() - kind.__annotations__.keys():
                raise ValueError(f"unknown: {strange}")
        for name in ("training_file", "validation_file"):
            self.files[order[name]]
        self.orders.append(order)
        job_id = f"ftjob-{len(self.jobs) + 1}"
        self.jobs[job_id] = FineTuningJob(
            id=job_id,
            created_at=1_750_000_000,
            hyperparameters={},  # type: ignore[arg-type]
            model=order["model"],
            object="fine_tuning.job",
            organization_id="org-1",
            result_files=[],
            seed=order.get("seed", 0),
            status="validating_files",
            training_file=order["training_file"],
            validation_file=order["validation_file"],
            metadata=order["metadata"],
        ).model_dump()
        return self.jobs[job_id]

    def _look(self, job_id: str) -> Json:
        job = self.jobs[job_id]
        if self.statuses:
            job["status"] = self.statuses.pop(0)
        if job["status"] == "succeeded":
            job |= {"fine_tuned_model": "ft:base:tuned", "trained_tokens": 12_345}
        if job["status"] == "failed":
            job["error"] = self.error
        return job


def refuse(status: int, message: str) -> tuple[int, Json]:
    """An error in the service's envelope."""
    return status, {"error": {"message": message, "type": "x", "code": None, "param": None}}


def page(rows: list[Json], query: Json) -> Json:
    """A page of a list, newest first, as the service cuts it."""
    after, limit = query.get("after", [None])[0], int(query["limit"][0])
    ids = [row["id"] for row in rows]
    start = 0 if after is None else ids.index(after) + 1
    found = rows[start : start + limit]
    return {"object": "list", "data": found, "has_more": start + limit < len(rows)}
