"""The request of Execute v4 without its `inputs`, which stay bytes."""

import json
import re
from datetime import datetime
from typing import Any

import msgspec

from execd import _native
from execd.errors import ApiError, InputError

EMPTY = msgspec.Raw(b"")
# Inputs shorter than this are parsed again with the envelope when it is searched for repeated keys.
SHORT = 64


class Envelope(msgspec.Struct):
    """The keys that clients send. An empty text means the same as an absent key; unknown keys are ignored."""

    inputs: msgspec.Raw = EMPTY
    service: str | None = None
    service_id: str | None = None
    version_id: str | None = None
    version_by_timestamp: str | None = None
    output: str | list[str] | None = None
    subservice: str | list[str] | None = None
    manual_now: float | str | None = None
    unique_record_key: str | None = None
    compiler_type: str | None = None
    call_purpose: str | None = None
    source_system: str | None = None
    correlation_id: str | int | float | None = None

    def names(self, value: str | list[str] | None) -> list[str]:
        """A list that may come as one comma-joined text."""
        parts = value.split(",") if isinstance(value, str) else value or []
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


_decoder = msgspec.json.Decoder(Envelope)
_inputs_key = re.compile(rb'"inputs"\s*:')


def decode(body: bytes) -> Envelope:
    """The envelope of a request body; `inputs` is checked by the native decoder, not here."""
    try:
        envelope = _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise ApiError("invalid_request", f"the request: {error}") from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise _explain(body, error) from None
    if not envelope.inputs:
        raise ApiError("invalid_request", "the request has no inputs")
    _refuse_repeated_keys(body, bytes(envelope.inputs))
    return envelope


def _explain(body: bytes, error: Exception) -> ApiError:
    """Prefer the native decoder's message about `inputs`: it names the record and the input."""
    found = _inputs_key.search(body)
    if found:
        try:
            _native.check_json(body[found.end() :].lstrip())
        except InputError as native:
            return ApiError("invalid_json", str(native))
    if isinstance(error, RecursionError):
        return ApiError("invalid_json", "the request nests too deeply")
    return ApiError("invalid_json", f"the request is not valid JSON: {error}")


def _refuse_repeated_keys(body: bytes, inputs: bytes) -> None:
    """JSON readers disagree about which of two equal keys counts, so neither does."""
    rest = _without(body, inputs) if len(inputs) > SHORT else body
    json.loads(rest, object_pairs_hook=_distinct)


def _without(body: bytes, inputs: bytes) -> bytes:
    """`body` with `inputs` replaced by null. Looking for the start of it first keeps the search linear."""
    start = inputs[:SHORT]
    at = body.find(start)
    while body[at : at + len(inputs)] != inputs:
        at = body.find(start, at + 1)
    return body[:at] + b"null" + body[at + len(inputs) :]


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ApiError("invalid_json", f"the request has the key {twice!r} twice")
    return result
