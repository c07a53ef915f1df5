"""A provider that costs next to nothing: `python benchmarks/_upstream.py PORT`.

It waits as long as the header `x-wait-ms` says, then answers with 100 characters, whole or in 23
events with `x-gap-ms` between them.
"""

import asyncio
import re
import socket
import sys

import orjson

WORDS = ["The ", "answer ", "is ", "forty ", "two. "] * 4
FRAME = {"created": 1_760_000_000, "model": "fake"}
USAGE = {"prompt_tokens": 40, "completion_tokens": len(WORDS), "total_tokens": 40 + len(WORDS)}
MESSAGE = {"role": "assistant", "content": "".join(WORDS)}
CHOICE = {"index": 0, "finish_reason": "stop", "message": MESSAGE}
HEAD_PLAIN = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
HEAD_STREAM = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
)
STREAM = re.compile(rb'"stream": ?true')
NUMBER = re.compile(rb"(x-wait-ms|x-gap-ms|content-length): *(\d+)", re.IGNORECASE)


def make_plain() -> bytes:
    """A whole answer with a place for its number."""
    frame = {"id": "chatcmpl-%d", "object": "chat.completion", **FRAME}
    return orjson.dumps({**frame, "choices": [CHOICE], "usage": USAGE})


def make_events() -> list[bytes]:
    """The same, piece by piece."""
    frame = {"id": "chatcmpl-%d", "object": "chat.completion.chunk", **FRAME}
    deltas = [{"role": "assistant", "content": ""}, *({"content": word} for word in WORDS)]
    choices = [[{"index": 0, "delta": delta, "finish_reason": None}] for delta in deltas]
    choices.append([{"index": 0, "delta": {}, "finish_reason": "stop"}])
    bodies = [{**frame, "choices": each} for each in choices]
    bodies.append({**frame, "choices": [], "usage": USAGE})
    return [b"data: %b\n\n" % orjson.dumps(body) for body in bodies]


PLAIN = make_plain()
EVENTS = make_events()
DONE = b"data: [DONE]\n\n"


class Upstream(asyncio.Protocol):
    """One connection; a request comes in whole."""

    number = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send pieces at once."""
        self.transport = transport
        self.received = b""
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        """Answer a request that is complete."""
        self.received += data
        head, is_whole, body = self.received.partition(b"\r\n\r\n")
        numbers = {name.lower(): int(value) for name, value in NUMBER.findall(head)}
        if is_whole and len(body) >= numbers.get(b"content-length", 0):
            self.received = b""
            asyncio.get_running_loop().create_task(self.answer(numbers, body))

    async def answer(self, numbers: dict[bytes, int], body: bytes) -> None:
        """Whole or piece by piece."""
        Upstream.number += 1
        number = Upstream.number
        if wait_ms := numbers.get(b"x-wait-ms", 0):
            await asyncio.sleep(wait_ms / 1000)
        if not STREAM.search(body):
            plain = PLAIN % number
            self.write(HEAD_PLAIN % len(plain) + plain)
            return
        self.write(HEAD_STREAM)
        gap_s = numbers.get(b"x-gap-ms", 0) / 1000
        for event in (*(each % number for each in EVENTS), DONE):
            self.write(b"%x\r\n%b\r\n" % (len(event), event))
            if gap_s:
                await asyncio.sleep(gap_s)
        self.write(b"0\r\n\r\n")

    def write(self, data: bytes) -> None:
        """Send to whoever is still there."""
        self.transport.write(data)  # pyright: ignore[reportAttributeAccessIssue]


async def main(port: int) -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
