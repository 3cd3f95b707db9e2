"""The request of Execute v4: what its envelope asks for. Its `inputs` stay bytes."""

from datetime import datetime
from typing import NamedTuple

import msgspec

from execd import _native
from execd.errors import CallError, InputError, Kind, from_native
from execd.http.response import encode
from execd.registry.address import Address

EMPTY = msgspec.Raw(b"")
# Values that are as good as none.
SAYS_NOTHING = (b"null", b'""', b"[]", b"{}")
# Entries of `output`.
MOST_OUTPUTS = 10_000
WITHOUT_EFFECT = ("subservice", "compiler_type", "unique_record_key")


class Envelope(msgspec.Struct, frozen=True):
    """What a request may have. An empty text means the same as an absent key."""

    inputs: msgspec.Raw = EMPTY
    service: str | None = None
    service_id: str | None = None
    version_id: str | None = None
    version_by_timestamp: str | None = None
    output: str | list[str] | None = None
    manual_now: float | str | None = None
    correlation_id: str | int | float | None = None
    strict: bool = False
    # Words for the caller's own records: they change no answer.
    call_purpose: msgspec.Raw = EMPTY
    source_system: msgspec.Raw = EMPTY
    # Options that have no effect yet.
    subservice: msgspec.Raw = EMPTY
    compiler_type: msgspec.Raw = EMPTY
    unique_record_key: msgspec.Raw = EMPTY

    @property
    def address(self) -> Address:
        """What names the version."""
        return Address(self.version_id or "", self.service_id or "", self.service or "")

    def kept_outputs(self) -> list[str]:
        """The outputs to keep; clients send a list or one comma-joined text."""
        if not self.output:
            return []
        parts = self.output.split(",") if isinstance(self.output, str) else self.output
        if len(parts) > MOST_OUTPUTS:
            raise CallError(Kind.TOO_LARGE, f"output: {len(parts)} entries are more than {MOST_OUTPUTS}")
        return [part.strip() for part in parts if part.strip()]

    def unix_now(self) -> float | None:
        """`manual_now` in Unix seconds."""
        if self.manual_now is None or self.manual_now == "":
            return None
        try:
            seconds = float(self.manual_now)
        except ValueError:
            raise CallError(Kind.INVALID_REQUEST, f"manual_now: {self.manual_now!r} is not a number") from None
        if not abs(seconds) < 1e12:  # noqa: PLR2004
            raise CallError(Kind.INVALID_REQUEST, f"manual_now: {self.manual_now!r} is out of range")
        return seconds

    def without_effect(self) -> list[str]:
        """Options that are asked for and have no effect. `Neuron` is the compiler that callers mean."""
        if not (self.subservice or self.compiler_type or self.unique_record_key):
            return []
        asked = [(name, bytes(value)) for name in WITHOUT_EFFECT if (value := getattr(self, name))]
        return [name for name, value in asked if value not in SAYS_NOTHING and value.lower() != b'"neuron"']

    def check_timestamp(self) -> None:
        """Refuse a moment that is none. Versions in a folder have no effective dates, so all bound every moment."""
        if self.version_by_timestamp:
            try:
                datetime.fromisoformat(self.version_by_timestamp)
            except ValueError:
                message = f"version_by_timestamp: {self.version_by_timestamp!r} is not an ISO 8601 date or time"
                raise CallError(Kind.INVALID_REQUEST, message) from None


class ExactEnvelope(Envelope, frozen=True, forbid_unknown_fields=True):
    """The same, and nothing else."""


class ExecuteRequest(NamedTuple):
    """What a call asks for."""

    address: Address
    outputs: list[str]
    unix_now: float | None
    strict: bool
    """Whether names that match nothing are an error."""
    ignored: list[str]
    """Keys of the request that mean nothing, or nothing yet."""
    correlation: bytes
    """The correlation id as JSON."""
    body: bytes
    """The bytes that hold the inputs."""
    inputs: tuple[int, int] | None
    """The span of the inputs in the body; None if they are all of it."""


_decoder = msgspec.json.Decoder(Envelope)
_exact_decoder = msgspec.json.Decoder(ExactEnvelope)
_keys_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])


def decode(body: bytes) -> ExecuteRequest:
    """The request in a body. Its inputs are left to the native decoder, which can say where a mistake is."""
    try:
        scanned = _native.scan(body)
        if scanned:
            start, end, rest = scanned
            return _request(*_decode(rest), body, (start, end))
        envelope, unknown = _decode(body)
        _native.check_json(body)
        return _request(envelope, unknown, bytes(envelope.inputs), None)
    except InputError as error:
        raise from_native(error) from None


def _request(envelope: Envelope, unknown: list[str], body: bytes, inputs: tuple[int, int] | None) -> ExecuteRequest:
    envelope.check_timestamp()
    return ExecuteRequest(
        envelope.address,
        envelope.kept_outputs(),
        envelope.unix_now(),
        envelope.strict,
        [*unknown, *envelope.without_effect()],
        encode(envelope.correlation_id),
        body,
        inputs,
    )


def _decode(request: bytes) -> tuple[Envelope, list[str]]:
    """The envelope, and the keys that it does not know."""
    try:
        envelope, unknown = _known_and_unknown(request)
    except msgspec.ValidationError as error:
        raise CallError(Kind.INVALID_REQUEST, f"the request: {error}") from None
    except RecursionError:
        raise CallError(Kind.INVALID_JSON, "the request is not valid JSON: it nests too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CallError(Kind.INVALID_JSON, f"the request is not valid JSON: {error}") from None
    if not envelope.inputs:
        raise CallError(Kind.INVALID_REQUEST, "the request has no inputs")
    return envelope, unknown


def _known_and_unknown(request: bytes) -> tuple[Envelope, list[str]]:
    try:
        return _exact_decoder.decode(request), []
    except msgspec.ValidationError:
        envelope = _decoder.decode(request)
        others = _keys_decoder.decode(request).items()
        said = (
            key for key, value in others if key not in Envelope.__struct_fields__ and bytes(value) not in SAYS_NOTHING
        )
        return envelope, sorted(said)
