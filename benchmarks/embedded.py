"""Rollouts of the embedded model through our client, beside what its engine gives by itself.

    python benchmarks/embedded.py [--records 300] [--rollouts 4] [--tokens 32]

The yardstick sends the same requests to the same server in the same run, as bare HTTP with as many
in flight as the engine works on together: its own batching, without catalogue, client or retries.
The two take turns over small portions, so that other work on the machine falls on both.
"""

import argparse
import http.client
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import orjson
from _targets import Targets

from rft_app.llm.chat import ChatMessage, ChatReply, ChatRequest

TARGET = 0.85
PORTION = 40
"""Calls of one turn."""
WORDS = ("card", "transfer", "fee", "refund", "exchange", "limit", "password", "statement")
Ask = Callable[[ChatRequest], int]


def make_requests(num_records: int, num_rollouts: int, num_tokens: int) -> list[ChatRequest]:
    """Short questions, each as often as it has rollouts; replies are as long as they may be."""
    return [
        ChatRequest(
            model="smollm2-135m",
            messages=(ChatMessage(role="user", content=make_question(number)),),
            temperature=0.8,
            max_tokens=num_tokens,
        )
        for number in range(num_records)
        for _ in range(num_rollouts)
    ]


def make_question(number: int) -> str:
    """Another one for each number."""
    word, other = WORDS[number % len(WORDS)], WORDS[number // len(WORDS) % len(WORDS)]
    return f"Customer {number} asks about a {word} and a {other}. Explain in detail what to do."


class Bare:
    """The server, asked with nothing between; a connection for each thread."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._own = threading.local()

    def ask(self, request: ChatRequest) -> int:
        """Tokens of the reply."""
        body = request.model_dump_json(exclude_none=True)
        if not hasattr(self._own, "line"):
            self._own.line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=300)
        try:
            self._own.line.request("POST", "/v1/chat/completions", body, self._headers)
            answer = orjson.loads(self._own.line.getresponse().read())
        except (ConnectionError, http.client.HTTPException):  # idle for longer than it is kept
            del self._own.line
            return self.ask(request)
        return answer["usage"]["completion_tokens"]


def run_portion(pool: ThreadPoolExecutor, ask: Ask, requests: Sequence[ChatRequest]) -> list[float]:
    """Tokens and seconds."""
    started_at = time.perf_counter()
    num_tokens = sum(pool.map(ask, requests))
    return [num_tokens, time.perf_counter() - started_at]


def main() -> int:
    """Print both figures and their ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=300)
    parser.add_argument("--rollouts", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=32)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RFT_DATA_DIR"] = folder
        return compare(Path(folder), make_requests(wanted.records, wanted.rollouts, wanted.tokens))


def compare(folder: Path, requests: Sequence[ChatRequest]) -> int:
    """Run both, in turn."""
    from rft_app.llm.client import ChatClient
    from rft_app.llm.embedded import NUM_AT_ONCE, EmbeddedModel
    from rft_app.storage.catalogue import read_catalogue
    from rft_app.storage.migrations import migrate
    from rft_app.storage.session import reading

    migrate()
    (folder / "embedded").mkdir(exist_ok=True)
    model = EmbeddedModel(folder / "embedded")
    served = model.find_or_start(600)
    bare = Bare(served.port, served.token)
    with reading() as session:
        choice = read_catalogue(session).choose("smollm2-135m")
    ours, theirs = [0.0, 0.0], [0.0, 0.0]
    with (
        closing(ChatClient(choice.endpoint)) as client,
        ThreadPoolExecutor(choice.endpoint.provider.concurrency) as our_pool,
        ThreadPoolExecutor(NUM_AT_ONCE) as their_pool,
    ):

        def ask(request: ChatRequest) -> int:
            reply = client.chat(request)
            assert isinstance(reply, ChatReply), reply
            return reply.num_completion_tokens or 0

        run_portion(our_pool, ask, requests[:8])
        run_portion(their_pool, bare.ask, requests[:8])
        for turn, start in enumerate(range(0, len(requests), PORTION)):
            portion = requests[start : start + PORTION]
            sides = [(ours, our_pool, ask), (theirs, their_pool, bare.ask)]
            for total, pool, side in sides if turn % 2 else sides[::-1]:
                found = run_portion(pool, side, portion)
                total[:] = [total[0] + found[0], total[1] + found[1]]
    model.stop()
    return report(len(requests), ours, theirs)


def report(num_calls: int, ours: Sequence[float], theirs: Sequence[float]) -> int:
    """Both rates, and the verdict."""
    targets = Targets()
    rates = []
    for name, (num_tokens, seconds) in (("through our client", ours), ("the engine alone", theirs)):
        rates.append(num_tokens / seconds)
        print(
            f"{name:>20}: {num_calls:,} rollouts, {num_tokens:,.0f} tokens in {seconds:,.1f} s, "
            f"{rates[-1]:,.1f} tokens/s"
        )
    ratio = rates[0] / rates[1]
    print(f"{'ratio':>20}: {ratio:.3f} {targets.least(ratio, TARGET)}")
    return targets.exit_status


if __name__ == "__main__":
    sys.exit(main())
