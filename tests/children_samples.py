"""Work for the child processes of `test_children.py`."""

import os
import sys
import time

from rft_app.children import Message, Send, run_main
from rft_app.errors import TooLargeError


def work(args: Message, send: Send) -> None:
    match args["do"]:
        case "count":
            sys.stdout.write("a stray print\n" * args.get("prints", 1))
            for number in range(args["to"]):
                send({"type": "progress", "number": number})
        case "refuse":
            raise TooLargeError("Line 3 is too long.", line=3)
        case "crash":
            raise RuntimeError("a defect in the child")
        case "vanish":
            os.kill(os.getpid(), 9)
        case _:
            send({"type": "started", "pid": os.getpid()})
            time.sleep(600)


if __name__ == "__main__":
    run_main(work)
