"""Which process a background task runs in.

States outlive the process: what one remembers of a task that died with an earlier process must not
keep the next one from starting it again.
"""

from typing import Final
from uuid import uuid4

PROCESS: Final = uuid4().hex
"""This one."""
