"""Asks the worker for rewards; waits for the next worker where the one that listened is gone."""

import errno
import http
import json
import time
import urllib.error
import urllib.request
from typing import Any

from run_files import RunFiles, TrainingError

ORPHAN_S = 1_800.0
"""How long nobody may listen before the trainer ends; the next worker goes on from a checkpoint."""
RETRY_S = 0.5
CALL_S = 3_600.0
"""A judge may take its time."""


class GradingClient:
    """The loopback endpoint, wherever it is just now."""

    def __init__(self, files: RunFiles) -> None:
        self._files = files
        self.message = ""
        """Why the last answer without a reward has none."""
        self.num_abstained = 0
        """Answers of the last call that the grader would not judge."""

    def grade(
        self, phase: str, step: int, first: int, answers: list[tuple[int, str]]
    ) -> list[float | None]:
        """A reward for each answer; `None` where the grader could not judge.

        Raises:
            TrainingError: Nobody listens for too long, or the grader cannot work.
            OSError: The answers could not be stored, because the disk is full.
            KeyboardInterrupt: Somebody asked to stop meanwhile.
        """
        rows = [{"key": key, "text": text} for key, text in answers]
        body = json.dumps({"phase": phase, "step": step, "first": first, "answers": rows}).encode()
        deadline = time.monotonic() + ORPHAN_S
        while True:
            try:
                reply = self._post(body)
            except urllib.error.HTTPError as error:
                if error.code != 401:
                    raise _to_error(error) from error
            except (OSError, ValueError):
                pass
            else:
                self.message = reply.get("message") or self.message
                self.num_abstained = reply.get("num_abstained", 0)
                return reply["rewards"]
            self.check_cancelled()
            if time.monotonic() > deadline:
                raise TrainingError("orphaned", "No worker has listened for half an hour.")
            time.sleep(RETRY_S)

    def check_cancelled(self) -> None:
        """Let go if somebody asked to stop.

        Raises:
            KeyboardInterrupt: They did.
        """
        if self._files.is_cancelled:
            raise KeyboardInterrupt

    def _post(self, body: bytes) -> dict[str, Any]:
        endpoint = self._files.read_json("endpoint.json") or {"url": "", "token": ""}
        request = urllib.request.Request(
            endpoint["url"],
            data=body,
            headers={
                "Authorization": f"Bearer {endpoint['token']}",
                "Content-Type": "application/json",
            },
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=CALL_S) as reply:
            return json.loads(reply.read())


def _to_error(error: urllib.error.HTTPError) -> Exception:
    message = _read_message(error)
    if error.code == http.HTTPStatus.INSUFFICIENT_STORAGE:
        return OSError(errno.ENOSPC, message)
    return TrainingError("grader", message)


def _read_message(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read())["message"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"The grader answered {error.code}."
