"""A provider of judges: `python benchmarks/_judge_upstream.py PORT WAIT_MS`.

Waits, then gives every answer the same score.
"""

import asyncio
import sys

import _upstream
import orjson

REPLY = {"reasoning": "It says what was asked for, and the tone is right.", "score": 0.75}


class Judge(_upstream.Upstream):
    """One connection; each of its calls takes as long."""

    wait_ms = 500

    async def answer(self, numbers: dict[bytes, int], body: bytes) -> None:
        """Wait and score."""
        await super().answer({**numbers, b"x-wait-ms": self.wait_ms}, body)


async def main(port: int, wait_ms: int) -> None:
    """Serve until killed."""
    _upstream.MESSAGE["content"] = orjson.dumps(REPLY).decode()
    _upstream.PLAIN = _upstream.make_plain()
    Judge.wait_ms = wait_ms
    server = await asyncio.get_running_loop().create_server(Judge, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
