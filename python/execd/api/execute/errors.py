"""The table of Execute v4: the status and the body of every kind of error."""

from execd.errors import CallError, Kind
from execd.http.response import JSON, Response, encode, refusal_headers

# kind: (HTTP status, `type` of the body, `code` of the body)
TABLE: dict[Kind, tuple[int, str, str]] = {
    Kind.INVALID_JSON: (400, "invalid_input", "INVALID_JSON"),
    Kind.INVALID_REQUEST: (400, "invalid_input", "INVALID_REQUEST"),
    Kind.INVALID_INPUTS: (400, "invalid_input", "INVALID_INPUTS"),
    Kind.INVALID_PARAMETERS: (400, "invalid_input", "INVALID_REQUEST"),
    Kind.INVALID_ENCODING: (400, "invalid_input", "INVALID_ENCODING"),
    Kind.NOT_FOUND: (404, "invalid_input", "NOT_FOUND"),
    Kind.SERVICE_NOT_FOUND: (404, "invalid_input", "SERVICE_NOT_FOUND"),
    Kind.METHOD_NOT_ALLOWED: (405, "invalid_input", "METHOD_NOT_ALLOWED"),
    Kind.NOT_ACCEPTABLE: (406, "invalid_input", "NOT_ACCEPTABLE"),
    Kind.CONFLICT: (409, "invalid_input", "CONFLICT"),
    Kind.TOO_LARGE: (413, "invalid_input", "BODY_TOO_LARGE"),
    Kind.UNKNOWN_ENCODING: (415, "invalid_input", "UNSUPPORTED_ENCODING"),
    Kind.WORKBOOK: (422, "invalid_workbook", "WORKBOOK_NOT_COMPILED"),
    Kind.OVERLOADED: (429, "overloaded", "TOO_MANY_EXECUTIONS"),
    Kind.CANCELLED: (499, "cancelled", "CLIENT_CLOSED_REQUEST"),
    Kind.INTERNAL: (500, "internal_error", "INTERNAL_ERROR"),
    Kind.SUSPENDED: (503, "suspended", "SERVICE_SUSPENDED"),
    Kind.NO_SPACE: (503, "overloaded", "NO_SPACE"),
    Kind.DEADLINE: (504, "timeout", "TIME_LIMIT_EXCEEDED"),
}


def refusal(error: CallError) -> Response:
    """The answer to a call that failed."""
    status, type_, code = TABLE[error.kind]
    body = encode({"type": type_, "code": code, "message": str(error)})
    return Response(status, body, [JSON, *refusal_headers(error)])
