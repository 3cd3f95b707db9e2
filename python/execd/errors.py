"""What can go wrong for a caller, and the one table from kind to HTTP status. Texts are written where they arise."""

from execd import _native
from execd._native import Cancelled, DeadlineExceeded, ExecdError, InputError, InternalError, WorkbookError

__all__ = [
    "ApiError",
    "Cancelled",
    "DeadlineExceeded",
    "ExecdError",
    "InputError",
    "InternalError",
    "WorkbookError",
    "from_native",
]

# kind: (HTTP status, `type` of the body, `code` of the body)
TABLE: dict[str, tuple[int, str, str]] = {
    "invalid_json": (400, "invalid_input", "INVALID_JSON"),
    "invalid_request": (400, "invalid_input", "INVALID_REQUEST"),
    "invalid_inputs": (400, "invalid_input", "INVALID_INPUTS"),
    "invalid_encoding": (400, "invalid_input", "INVALID_ENCODING"),
    "not_found": (404, "invalid_input", "NOT_FOUND"),
    "service_not_found": (404, "invalid_input", "SERVICE_NOT_FOUND"),
    "method_not_allowed": (405, "invalid_input", "METHOD_NOT_ALLOWED"),
    "too_large": (413, "invalid_input", "BODY_TOO_LARGE"),
    "unknown_encoding": (415, "invalid_input", "UNSUPPORTED_ENCODING"),
    "workbook": (422, "invalid_workbook", "WORKBOOK_NOT_COMPILED"),
    "overloaded": (429, "overloaded", "TOO_MANY_EXECUTIONS"),
    "cancelled": (499, "cancelled", "CLIENT_CLOSED_REQUEST"),
    "internal": (500, "internal_error", "INTERNAL_ERROR"),
    "deadline": (504, "timeout", "TIME_LIMIT_EXCEEDED"),
}


class ApiError(Exception):
    """A request that gets an error body. `kind` is a key of `TABLE`; `headers` go out with the answer."""

    def __init__(self, kind: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.headers = headers or {}

    @property
    def status(self) -> int:
        """The HTTP status of the kind."""
        return TABLE[self.kind][0]

    @property
    def body(self) -> dict[str, str]:
        """The body in the platform's own shape."""
        _, type_, code = TABLE[self.kind]
        return {"type": type_, "code": code, "message": str(self)}


def from_native(error: _native.ExecdError) -> ApiError:
    """The answer that an error of the native module becomes."""
    match error:
        case InputError():
            return ApiError("too_large" if error.kind == "too_large" else "invalid_inputs", str(error))
        case DeadlineExceeded():
            return ApiError("deadline", str(error))
        case Cancelled():
            return ApiError("cancelled", str(error))
        case WorkbookError():
            return ApiError("workbook", str(error))
    return ApiError("internal", "internal error; the server's log has the details")
