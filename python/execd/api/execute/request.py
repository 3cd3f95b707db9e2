"""The request of Execute v4: what its envelope asks for. Its `inputs` stay bytes."""

from datetime import datetime
from typing import NamedTuple

import msgspec

from execd import _native
from execd.errors import CallError, InputError, Kind, from_native
from execd.http.response import encode
from execd.registry.address import Address

EMPTY = msgspec.Raw(b"")


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
        return Address(self.version_id or "", self.service_id or "", self.service or "")

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
            raise CallError(Kind.INVALID_REQUEST, f"manual_now: {self.manual_now!r} is not a number") from None
        if not abs(seconds) < 1e12:  # noqa: PLR2004
            raise CallError(Kind.INVALID_REQUEST, f"manual_now: {self.manual_now!r} is out of range")
        return seconds

    def check_timestamp(self) -> None:
        """Refuse a moment that is none. Versions in a folder have no effective dates, so all bound every moment."""
        if self.version_by_timestamp:
            try:
                datetime.fromisoformat(self.version_by_timestamp)
            except ValueError:
                message = f"version_by_timestamp: {self.version_by_timestamp!r} is not an ISO 8601 date or time"
                raise CallError(Kind.INVALID_REQUEST, message) from None


class ExecuteRequest(NamedTuple):
    """What a call asks for."""

    address: Address
    outputs: list[str]
    unix_now: float | None
    correlation: bytes
    """The correlation id as JSON."""
    body: bytes
    """The bytes that hold the inputs."""
    inputs: tuple[int, int] | None
    """The span of the inputs in the body; None if they are all of it."""


_decoder = msgspec.json.Decoder(Envelope)


def decode(body: bytes) -> ExecuteRequest:
    """The request in a body. Its inputs are left to the native decoder, which can say where a mistake is."""
    try:
        scanned = _native.scan(body)
        if scanned:
            start, end, rest = scanned
            return _request(_decode(rest), body, (start, end))
        envelope = _decode(body)
        _native.check_json(body)
        return _request(envelope, bytes(envelope.inputs), None)
    except InputError as error:
        raise from_native(error) from None


def _request(envelope: Envelope, body: bytes, inputs: tuple[int, int] | None) -> ExecuteRequest:
    envelope.check_timestamp()
    correlation = encode(envelope.correlation_id)
    return ExecuteRequest(envelope.address, envelope.kept_outputs(), envelope.unix_now(), correlation, body, inputs)


def _decode(request: bytes) -> Envelope:
    try:
        envelope = _decoder.decode(request)
    except msgspec.ValidationError as error:
        raise CallError(Kind.INVALID_REQUEST, f"the request: {error}") from None
    except RecursionError:
        raise CallError(Kind.INVALID_JSON, "the request is not valid JSON: it nests too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CallError(Kind.INVALID_JSON, f"the request is not valid JSON: {error}") from None
    if not envelope.inputs:
        raise CallError(Kind.INVALID_REQUEST, "the request has no inputs")
    return envelope
