"""Errors that are raised on purpose, grouped by who has to act.

Edges translate them: REST to `status_code`, the interface to a message with the next step, a
worker to "retry" or "failed".  Every other exception that reaches an edge is a defect.

An answer that could not be graded is not in this list: it is data, see
`rft_app.domain.grading.GradingFailure`.
"""

import errno
from typing import ClassVar

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_DATABASE_FULL = "database or disk is full"


class RftError(Exception):
    """Base of the expected errors; the message is written for the person who reads it."""

    status_code: ClassVar[int] = 500
    code: ClassVar[str] = "internal"

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        """Machine-readable context for the REST envelope, e.g. `line=12`."""


class InvalidInputError(RftError):
    """The values given cannot work; whoever gave them can mend them."""

    status_code = 422
    code = "invalid_input"


class TooLargeError(InvalidInputError):
    """A limit of the settings was exceeded."""

    status_code = 413
    code = "too_large"


class NotFoundError(RftError):
    """The named thing is not there, or no longer."""

    status_code = 404
    code = "not_found"


class ConflictError(RftError):
    """The thing is in a state in which this cannot be done."""

    status_code = 409
    code = "conflict"


class NotAvailableError(ConflictError):
    """A part of the product that this installation does not have."""

    code = "not_available"


class BusyError(RftError):
    """Too much waits to be done; the same request can be taken later."""

    status_code = 503
    code = "busy"


class KilledError(RftError):
    """The system ended a process of ours; whoever runs the machine can mend that."""

    code = "killed"


class ProviderError(RftError):
    """Something outside refused, failed or was too slow."""

    status_code = 502
    code = "provider"

    def __init__(self, message: str, *, retryable: bool = False, **details: object) -> None:
        super().__init__(message, **details)
        self.retryable = retryable


class JobCancelledError(Exception):
    """Somebody asked to stop the job that runs here; neither a fault nor a result."""


def is_disk_full(error: BaseException) -> bool:
    """Whether something could not be written for want of room.

    Example:
        >>> is_disk_full(OSError(28, "No space left on device")), is_disk_full(OSError(5, "I/O"))
        (True, False)
    """
    return getattr(error, "errno", None) in _FULL or _DATABASE_FULL in str(error)
