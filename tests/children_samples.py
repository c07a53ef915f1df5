"""Work for the child processes of `test_children.py`."""

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from rft_app.children import Message, Send
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
        case "lose a helper":
            with ProcessPoolExecutor(1, get_context("fork")) as pool:
                pool.submit(os.kill, pool.submit(os.getpid).result(), 9).result()
        case _:
            send({"type": "started", "pid": os.getpid()})
            time.sleep(600)
