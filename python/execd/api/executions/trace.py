"""The trace that a call belongs to, as its headers have it: W3C `traceparent`, or B3 in one header or in several."""

import random
import re
from typing import NamedTuple

from execd.http.request import Request

_traceparent = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")
_b3 = re.compile(r"([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(-.*)?")
NONE = "0" * 16


class Trace(NamedTuple):
    """Ids in hexadecimal digits: 16 or 32 for the trace, 16 for the others."""

    trace_id: str
    span_id: str
    """Of this call."""
    parent_id: str
    """Of the caller's own span; zeros if it names none."""


def of(request: Request) -> Trace:
    """The trace of a request; a new one if its headers name none that is valid."""
    found = _parent(request)
    trace_id, parent_id = found if found and int(found[0], 16) else (f"{random.getrandbits(128) | 1:032x}", NONE)
    return Trace(trace_id, f"{random.getrandbits(64) | 1:016x}", parent_id)


def _parent(request: Request) -> tuple[str, str] | None:
    several = f"{request.header('x-b3-traceid')}-{request.header('x-b3-spanid')}"
    for pattern, text in (
        (_traceparent, request.header("traceparent")),
        (_b3, request.header("b3")),
        (_b3, several),
    ):
        if found := pattern.fullmatch(text.strip().lower()):
            return found[1], found[2]
    return None
