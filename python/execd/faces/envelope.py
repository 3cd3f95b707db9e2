"""The request of Execute v4 without its `inputs`, which stay bytes."""

import json
from datetime import datetime
from typing import Any

import msgspec

from execd import _native
from execd.errors import ApiError

EMPTY = msgspec.Raw(b"")
# No honest envelope is longer, its `inputs` aside.
LONG = 1 << 20


class Envelope(msgspec.Struct, frozen=True):
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


_decoder = msgspec.json.Decoder(Envelope)

# Envelopes that were decoded, oldest first, by their bytes.
_known: dict[bytes, Envelope] = {}
KNOWN = 256
# Longer ones are not kept.
SHORT = 4096

Span = tuple[int, int]


def decode(body: bytes) -> tuple[Envelope, bytes, Span | None]:
    """The envelope of a request, and where its `inputs` are: the bytes, and the span of them if it is not all.

    `inputs` is left to the native decoder, which knows the service's inputs and can say where a mistake is.
    """
    span = _native.find_inputs(body)
    if span is None:
        envelope = _decode(body)
        return envelope, bytes(envelope.inputs), None
    return _envelope(body[: span[0]] + b"null" + body[span[1] :]), body, span


def _envelope(rest: bytes) -> Envelope:
    """The envelope from a request without its inputs; programs send the same one again and again."""
    envelope = _known.get(rest)
    if envelope is None:
        envelope = _decode(rest)
        _refuse_repeated_keys(rest)
        if len(rest) <= SHORT:
            _known[rest] = envelope
            if len(_known) > KNOWN:
                del _known[next(iter(_known))]
    return envelope


def _decode(request: bytes) -> Envelope:
    try:
        envelope = _decoder.decode(request)
    except msgspec.ValidationError as error:
        raise ApiError("invalid_request", f"the request: {error}") from None
    except RecursionError:
        raise ApiError("invalid_json", "the request is not valid JSON: it nests too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ApiError("invalid_json", f"the request is not valid JSON: {error}") from None
    if not envelope.inputs:
        raise ApiError("invalid_request", "the request has no inputs")
    envelope.check_timestamp()
    return envelope


def _refuse_repeated_keys(rest: bytes) -> None:
    """JSON readers disagree about which of two equal keys counts, so neither does."""
    if len(rest) > LONG:
        raise ApiError("too_large", f"the request without its inputs is larger than {LONG} bytes")
    try:
        json.loads(rest, object_pairs_hook=_distinct)
    except (ValueError, RecursionError) as error:
        # What the decoder skips it does not check to the end: an unknown key may hold anything.
        raise ApiError("invalid_json", f"the request is not valid JSON: {error}") from None


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ApiError("invalid_json", f"the request has the key {twice!r} twice")
    return result
