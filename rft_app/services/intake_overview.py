"""Use case: see what arrives by itself."""

import time
from typing import Final

from sqlmodel import Session

from rft_app.domain.intake_overview import IntakeMinute, IntakeOverview
from rft_app.services.intake import list_counts
from rft_app.services.intake_keys import count_keys
from rft_app.services.retention import get_retention
from rft_app.storage import intake_minutes

NUM_MINUTES: Final = 60
_MINUTE_S: Final = 60


def read_overview(session: Session) -> IntakeOverview:
    """The last hour by minute, the last day by outcome, and what was chosen."""
    return IntakeOverview(
        this_minute=_this_minute(),
        minutes=tuple(list_minutes(session)),
        counts=tuple(list_counts(session)),
        num_keys=count_keys(session),
        retention_days=get_retention(session).days,
    )


def list_minutes(session: Session) -> list[IntakeMinute]:
    """Each minute and source of the last hour that brought traces, the oldest first."""
    return intake_minutes.list_minutes(session, _this_minute() - NUM_MINUTES + 1)


def _this_minute() -> int:
    return int(time.time()) // _MINUTE_S
