"""The request of Execute v4 without its `inputs`, which stay bytes."""

import json
import re
from datetime import datetime
from typing import Any

import msgspec

from execd.errors import ApiError

EMPTY = msgspec.Raw(b"")
# No honest envelope is longer, its `inputs` aside.
LONG = 1 << 20


class Envelope(msgspec.Struct):
    """The keys that decide about an execution. An empty text means the same as an absent key; others are ignored."""

    inputs: msgspec.Raw = EMPTY
    service: str | None = None
    service_id: str | None = None
    version_id: str | None = None
    version_by_timestamp: str | None = None
    output: str | list[str] | None = None
    manual_now: float | str | None = None
    correlation_id: str | int | float | None = None

    def kept_outputs(self) -> list[str]:
        """The outputs to keep; clients send a list or one comma-joined text."""
        parts = self.output.split(",") if isinstance(self.output, str) else self.output or []
        return [part.strip() for part in parts if part.strip()]

    def unix_now(self) -> float | None:
        """`manual_now` in Unix seconds."""
        if self.manual_now in (None, ""):
            return None
        try:
            seconds = float(self.manual_now or 0)
        except ValueError:
            raise ApiError("invalid_request", f"manual_now: {self.manual_now!r} is not a number") from None
        if not abs(seconds) < 1e12:  # noqa: PLR2004
            raise ApiError("invalid_request", f"manual_now: {self.manual_now!r} is out of range")
        return seconds

    def check_timestamp(self) -> None:
        """Refuse a moment that is none. Versions in a folder have no effective dates, so all bound every moment."""
        if self.version_by_timestamp:
            try:
                datetime.fromisoformat(self.version_by_timestamp)
            except ValueError:
                message = f"version_by_timestamp: {self.version_by_timestamp!r} is not an ISO 8601 date or time"
                raise ApiError("invalid_request", message) from None


class BrokenJson(Exception):
    """The body is not JSON. Says where as far as is known, so that somebody may find a better name for the place."""

    def __init__(self, body: bytes, error: Exception) -> None:
        super().__init__("nests too deeply" if isinstance(error, RecursionError) else str(error))
        inputs, service = _inputs_key.search(body), _service_key.search(body)
        self.inputs_at = inputs.end() if inputs else None
        self.service = service[1].decode(errors="replace") if service else ""

    def is_inside(self, body: bytes, start: int, end: int) -> bool:
        """It is inside the value from `start` on if that value does not end by `end`."""
        try:
            msgspec.json.decode(body[start:end], type=msgspec.Raw)
        except (msgspec.DecodeError, RecursionError):
            return True
        return False

    @property
    def error(self) -> ApiError:
        """The answer, if nobody found a better name."""
        return ApiError("invalid_json", f"the request is not valid JSON: {self}")


_decoder = msgspec.json.Decoder(Envelope)
_inputs_key = re.compile(rb'"inputs"\s*:\s*')
_service_key = re.compile(rb'"service"\s*:\s*"([^"\\]*)"')


def decode(body: bytes) -> Envelope:
    """The envelope of a request body; the content of `inputs` is the native decoder's business."""
    try:
        envelope = _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise ApiError("invalid_request", f"the request: {error}") from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BrokenJson(body, error) from None
    if not envelope.inputs:
        raise ApiError("invalid_request", "the request has no inputs")
    _refuse_repeated_keys(body, bytes(envelope.inputs))
    return envelope


def _refuse_repeated_keys(body: bytes, inputs: bytes) -> None:
    """JSON readers disagree about which of two equal keys counts, so neither does."""
    rest = _without(body, inputs)
    if len(rest) > LONG:
        raise ApiError("too_large", f"the request without its inputs is larger than {LONG} bytes")
    try:
        json.loads(rest, object_pairs_hook=_distinct)
    except (ValueError, RecursionError) as error:
        # What the decoder skips it does not check to the end: an unknown key may hold anything.
        raise ApiError("invalid_json", f"the request is not valid JSON: {error}") from None


def _without(body: bytes, inputs: bytes) -> bytes:
    """`body` with its `inputs` replaced by null."""
    for key in _inputs_key.finditer(body):
        start, end = key.end(), key.end() + len(inputs)
        if body[start:end] == inputs:
            return body[:start] + b"null" + body[end:]
    return body


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ApiError("invalid_json", f"the request has the key {twice!r} twice")
    return result
