"""The table of executions: the status and the inner code of every kind of error, and the object that tells of them."""

import re
import time
from http import HTTPStatus
from typing import Any

from execd.api.executions import accept, trace
from execd.errors import CallError, Kind
from execd.http.request import Request
from execd.http.response import Response, encode, refusal_headers
from execd.telemetry.moment import iso

# kind: (HTTP status, inner code, what a program may make of it)
TABLE: dict[Kind, tuple[int, str, str]] = {
    Kind.INVALID_JSON: (400, "OPTI-Executor-Validation-InvalidJson", "The JSON cannot be read"),
    Kind.INVALID_REQUEST: (400, "OPTI-Executor-Validation-InvalidRequest", "The request cannot be read"),
    Kind.INVALID_ENCODING: (400, "OPTI-Executor-Validation-InvalidEncoding", "The body cannot be unpacked"),
    Kind.UNKNOWN_ENCODING: (400, "OPTI-Executor-Validation-UnknownEncoding", "The Content-Encoding is not supported"),
    Kind.DEADLINE: (400, "OPTI-Executor-Upload-TooSlow", "The body arrives too slowly"),
    Kind.NOT_FOUND: (404, "OPTI-Executor-Resource-NotFound", "There is nothing at this path"),
    Kind.SERVICE_NOT_FOUND: (404, "OPTI-Executor-Service-NotFound", "There is no such service or version"),
    Kind.METHOD_NOT_ALLOWED: (405, "OPTI-Executor-Resource-MethodNotAllowed", "The path takes other methods"),
    Kind.NOT_ACCEPTABLE: (406, "OPTI-Executor-Validation-NotAcceptable", "No acceptable media type"),
    Kind.CONFLICT: (409, "OPTI-Executor-Execution-Ended", "The execution has ended"),
    Kind.TOO_LARGE: (413, "OPTI-Executor-Validation-TooLarge", "The request is too large"),
    Kind.INVALID_PARAMETERS: (422, "OPTI-Executor-Validation-InvalidParameters", "Parameters cannot be used"),
    Kind.INVALID_INPUTS: (422, "OPTI-Executor-Validation-InvalidInputs", "The records cannot be used"),
    Kind.WORKBOOK: (422, "OPTI-Executor-Service-NotCompiled", "The workbook cannot be compiled"),
    Kind.OVERLOADED: (
        429,
        "OPTI-Executor-Validation-TooManyExecutions",
        "Maximum concurrent executions cannot be exceeded",
    ),
    Kind.CANCELLED: (500, "OPTI-Executor-Execution-Cancelled", "The execution was cancelled"),
    Kind.INTERNAL: (500, "OPTI-Executor-Service-InternalError", "The server failed"),
    Kind.SUSPENDED: (503, "OPTI-Executor-Service-Suspended", "The service is refused for a while"),
    Kind.NO_SPACE: (503, "OPTI-Executor-Service-NoSpace", "The server cannot put the body aside"),
}
# The statuses that `error.code` may name; for any other it names what HTTP takes that for.
CODES = {400, 404, 406, 409, 413, 422, 423, 429, 500, 503}
TOO_MANY = "Execution was not accepted. There are too many executions. Please try again later."

_path = re.compile(r"(/[^/]+/services/[^/]+/[^/]+)?/api/executions(/.*)?", re.IGNORECASE)


def owns(path: str) -> bool:
    """Whether a path is one of this API's, whether or not there is something."""
    return bool(_path.fullmatch(path))


def refusal(request: Request, error: CallError, host: str) -> Response:
    """The answer to a call that failed: the object, or nothing for a caller that takes results only."""
    status, _, _ = TABLE[error.kind]
    headers = [("fico-execution-host", host), *refusal_headers(error)]
    takes = accept.accepted(request.header("accept"))
    if takes.result and not takes.json:
        return Response(status, b"", [("content-type", accept.RESULT), *headers])
    return Response(status, encode({"error": _object(request, error)}), [("content-type", accept.JSON), *headers])


def _object(request: Request, error: CallError) -> dict[str, Any]:
    status, code, meaning = TABLE[error.kind]
    trace_id, span_id, parent_id = trace.of(request)
    phrase, now = HTTPStatus(status).phrase, iso(time.time())
    message = TOO_MANY if error.kind is Kind.OVERLOADED else str(error)
    details = [
        {"code": code, "desc": meaning, "message": text, "target": target, "timestamp": now}
        for text, target in error.data.get("details", [])
    ]
    return {
        "code": f"FICO-Platform-Http-{status if status in CODES else status // 100 * 100}",
        "desc": phrase,
        "message": phrase,
        **({"details": details} if details else {}),
        "innerError": {"code": code, "desc": meaning, "message": message},
        "traceId": trace_id,
        "spanId": span_id,
        "parentId": parent_id,
        "timestamp": now,
    }
