"""The request of Execute v4 without its `inputs`, which stay bytes."""

import json
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from execd import _native
from execd.errors import ApiError
from execd.registry import Address
from execd.respond import encode

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

    @property
    def address(self) -> Address:
        """What names the version."""
        return (self.version_id or "", self.service_id or "", self.service or "")

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


class Asked(NamedTuple):
    """What the envelope of a request comes to, whatever its inputs are."""

    address: Address
    outputs: list[str]
    unix_now: float | None
    correlation: bytes
    """The correlation id as JSON."""


class Request(NamedTuple):
    """A request: what it asks for, the bytes that hold its `inputs`, and the span of them if that is not all."""

    asked: Asked
    body: bytes
    span: tuple[int, int] | None


_decoder = msgspec.json.Decoder(Envelope)

# Envelopes that were decoded, oldest first, by their bytes.
_known: dict[bytes, Asked] = {}
KNOWN = 256
# Longer ones are not kept.
SHORT = 4096

# What stood around the array of `inputs`, brackets included, in the last requests that differ in it, oldest first.
_recent: dict[tuple[bytes, bytes], Asked] = {}
# The same, the longest first: of two that fit a request, the other one would take a key for a part of `inputs`.
_frames: list[tuple[bytes, bytes, Asked]] = []
FRAMES = 8


def guess(body: bytes) -> Request | None:
    """The request if it begins and ends like one of the last ones, without a look at what is in between.

    It is right if that is one JSON value, which its decoder finds out.
    """
    for before, behind, asked in _frames:
        if body.startswith(before) and body.endswith(behind) and len(body) >= len(before) + len(behind):
            return Request(asked, body, (len(before) - 1, len(body) - len(behind) + 1))
    return None


def decode(body: bytes) -> Request:
    """The request. `inputs` is left to the native decoder, which can say where a mistake is."""
    span = _native.find_inputs(body)
    if span is None:
        envelope = _decode(body)
        return Request(_asked(envelope), bytes(envelope.inputs), None)
    start, end = span
    rest = body[:start] + b"null" + body[end:]
    asked = _known.get(rest)
    if asked is None:
        asked = _asked(_decode(rest))
        _refuse_repeated_keys(rest)
    if len(rest) <= SHORT:
        _keep(rest, asked)
        if (body[start], body[end - 1]) == (ord("["), ord("]")):
            _keep_frame((body[: start + 1], body[end - 1 :]), asked)
    return Request(asked, body, span)


def _keep(rest: bytes, asked: Asked) -> None:
    """Programs send the same envelope again and again."""
    _known[rest] = asked
    if len(_known) > KNOWN:
        del _known[next(iter(_known))]


def _keep_frame(frame: tuple[bytes, bytes], asked: Asked) -> None:
    if frame not in _recent:
        _recent[frame] = asked
        if len(_recent) > FRAMES:
            del _recent[next(iter(_recent))]
        frames = ((before, behind, asked) for (before, behind), asked in _recent.items())
        _frames[:] = sorted(frames, key=lambda frame: len(frame[0]) + len(frame[1]), reverse=True)


def _asked(envelope: Envelope) -> Asked:
    return Asked(envelope.address, envelope.kept_outputs(), envelope.unix_now(), encode(envelope.correlation_id))


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
