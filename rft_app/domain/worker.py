"""Workers: the processes that execute jobs."""

from datetime import datetime, timedelta

from rft_app.domain.entity import Entity

HEARTBEAT_LIMIT = timedelta(seconds=15)
"""A worker that has not been heard of for longer is dead."""


class Worker(Entity):
    """A process that executes jobs, or was one."""

    id: str
    pid: int
    host: str
    """Names the machine and its process namespace: only there `pid` means anything."""
    started_at: datetime
    heartbeat_at: datetime

    def is_heard_of(self, now: datetime) -> bool:
        """Whether its last heartbeat is young enough."""
        return now - self.heartbeat_at <= HEARTBEAT_LIMIT
