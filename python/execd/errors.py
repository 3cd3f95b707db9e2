"""What can go wrong for a caller: kinds and their data. Which status and body one gets is the business of each API."""

from enum import StrEnum
from typing import Any

from execd._native import Cancelled, DeadlineExceeded, ExecdError, InputError, InternalError, WorkbookError

__all__ = [
    "CallError",
    "Cancelled",
    "DeadlineExceeded",
    "ExecdError",
    "InputError",
    "InternalError",
    "Kind",
    "WorkbookError",
    "from_native",
]


class Kind(StrEnum):
    """Everything that a call can fail with. The words are stable."""

    INVALID_JSON = "invalid_json"
    INVALID_REQUEST = "invalid_request"
    INVALID_INPUTS = "invalid_inputs"
    INVALID_ENCODING = "invalid_encoding"
    UNKNOWN_ENCODING = "unknown_encoding"
    INVALID_PARAMETERS = "invalid_parameters"
    NOT_ACCEPTABLE = "not_acceptable"
    CONFLICT = "conflict"
    NO_SPACE = "no_space"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    SERVICE_NOT_FOUND = "service_not_found"
    TOO_LARGE = "too_large"
    WORKBOOK = "workbook"
    OVERLOADED = "overloaded"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"
    DEADLINE = "deadline"
    INTERNAL = "internal"


# Seconds after which a call that found no memory may be made again.
RETRY_AFTER = 1.0


class CallError(Exception):
    """A call that is not answered as it asked. The message is for the caller.

    `data` belongs to the kind: `retry_after` in seconds for OVERLOADED and SUSPENDED, `allowed` methods for
    METHOD_NOT_ALLOWED, `details` (pairs of what is wrong with which part of the request, and its name) where a request
    has many parts.
    """

    def __init__(self, kind: Kind, message: str, **data: Any) -> None:  # noqa: ANN401
        super().__init__(message)
        self.kind = kind
        self.data = data


def from_native(error: ExecdError) -> CallError:
    """What an error of the native module means to the caller."""
    match error:
        case InputError(kind="overloaded"):
            return CallError(Kind.OVERLOADED, str(error), retry_after=RETRY_AFTER)
        case InputError():
            kinds = {"invalid_json": Kind.INVALID_JSON, "too_large": Kind.TOO_LARGE}
            return CallError(kinds.get(error.kind, Kind.INVALID_INPUTS), str(error))
        case DeadlineExceeded():
            return CallError(Kind.DEADLINE, str(error))
        case Cancelled():
            return CallError(Kind.CANCELLED, str(error))
        case WorkbookError():
            return CallError(Kind.WORKBOOK, str(error))
    return bug()


def bug() -> CallError:
    """What a caller is told about a failure of ours."""
    return CallError(Kind.INTERNAL, "internal error; the server's log has the details")
