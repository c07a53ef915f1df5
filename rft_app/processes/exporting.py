"""Child process that writes the file of one export."""

import gc

from rft_app.children import Message, Send, use_small_pages
from rft_app.services.export_run import run_export

GC_THRESHOLD = 100_000
"""Rows hold no cycles; the default of 700 allocations would look for some at every tenth row."""


def work(args: Message, send: Send) -> None:
    """Write the export `args["export_id"]` and store its figures."""
    gc.set_threshold(GC_THRESHOLD)
    use_small_pages()
    run_export(args["export_id"], send, is_alone=True)
