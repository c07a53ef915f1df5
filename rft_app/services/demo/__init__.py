"""The demo: four hundred made-up traces of a travel agency's booking assistant.

They are written to a file and go through the ordinary import; nothing else knows of them.
"""

from rft_app.services.demo.loading import DEMO_NAME, DEMO_OBJECTIVE, load_demo
from rft_app.services.demo.script import demo_grader_script
from rft_app.services.demo.writing import write_demo_file

__all__ = [
    "DEMO_NAME",
    "DEMO_OBJECTIVE",
    "demo_grader_script",
    "load_demo",
    "write_demo_file",
]
