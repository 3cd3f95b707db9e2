"""The part `executionRequest`: what its parameters ask for. Values are texts, or the JSON that they stand for."""

import csv
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from execd import _native
from execd.errors import CallError, InputError, Kind
from execd.registry.address import Address

PART = "executionRequest"
# Bytes of the part, and of a name or value that a message repeats.
LONGEST = 1 << 20
SHOWN = 100

FORMATS = ("csv", "ndjson", "jsonl", "json", "parquet", "arrow", "arrows", "ipc", "feather", "xlsx")
PACKINGS = ("gzip", "zstd")
DELIMITERS = {"tab": "\t", "\\t": "\t"}
MOST_AT_ONCE = 1 << 20
YES = {"true", "yes", "on", "1"}
NO = {"false", "no", "off", "0"}


class Asked(NamedTuple):
    """What a call asks for."""

    address: Address
    options: dict[str, Any]
    """Options of a native run."""
    ignored: list[str]
    """Parameters that mean nothing, or nothing yet, and members that the object should not have."""


def decode(text: bytes) -> Asked:
    """The request in the part. Raises CallError that names each parameter that cannot be used."""
    request = _object(text)
    parameters = request.pop("parameters", None)
    if parameters is None:
        parameters = {}
    if not isinstance(parameters, dict):
        message = f"parameters must be an object, not {_shown(parameters)}"
        raise CallError(Kind.INVALID_PARAMETERS, message, details=[(message, f"{PART}.parameters")])
    values = _values(parameters)
    address = Address(values.pop("version_id", ""), values.pop("service_id", ""), values.pop("service", ""))
    values.pop("version_by_timestamp", None)
    values["carry_all"] = values.get("carry") == ["all"]
    without_effect = [f"{name} (it has no effect yet)" for name in WITHOUT_EFFECT if values.pop(name, None)]
    unknown = [name for name in parameters if name not in PARAMETERS]
    names = [name[:SHOWN] for name in (*request, *unknown)]
    return Asked(address, values, [*sorted(names), *without_effect])


def _object(text: bytes) -> dict[str, Any]:
    message = ""
    try:
        text = text.removeprefix(b"\xef\xbb\xbf")
        _native.check_json(text)
        found = msgspec.json.decode(text)
        if isinstance(found, dict):
            return found
        message = f"must be a JSON object, not {_shown(found)}"
    except (InputError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"is not valid JSON: {error}"
    raise CallError(Kind.INVALID_JSON, f"{PART} {message}", details=[(message, PART)])


def _values(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the parameters that are known, under the names of the options. An empty text is no value."""
    values: dict[str, Any] = {}
    wrong: list[tuple[str, str]] = []
    for name, (option, read) in PARAMETERS.items():
        value = parameters.get(name)
        if value is None or value == "":
            continue
        try:
            values[option] = read(value)
        except ValueError as error:
            wrong.append((f"{name}: {_shown(value)} {error}", f"{PART}.parameters.{name}"))
    if wrong:
        raise CallError(Kind.INVALID_PARAMETERS, "; ".join(text for text, _ in wrong), details=wrong)
    return values


def _shown(value: Any) -> str:  # noqa: ANN401
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _text(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, str):
        return value
    raise ValueError("is not a text")


def _word(*words: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:  # noqa: ANN401
        word = str(value).strip().lower()
        if word not in words:
            raise ValueError(f"is not {', '.join(words[:-1])} or {words[-1]}")
        return word

    return read


def _packing(value: Any) -> str | None:  # noqa: ANN401
    word = _word("none", *PACKINGS)(value)
    return None if word == "none" else word


def _truth(value: Any) -> bool:  # noqa: ANN401
    word = str(value).strip().lower()
    if word not in YES | NO:
        raise ValueError("is not true or false")
    return word in YES


def _names(value: Any) -> list[str]:  # noqa: ANN401
    """A list of names, or a text with commas; a name that has a comma stands in quotes."""
    if isinstance(value, str):
        return [name.strip() for row in csv.reader([value], skipinitialspace=True) for name in row if name.strip()]
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return value
    raise ValueError("is neither a list of names nor a text with commas")


def _moment(value: Any) -> float:  # noqa: ANN401
    """Unix seconds, or a date or moment of ISO 8601; one without an offset is in UTC."""
    try:
        seconds = float(_text(value) if isinstance(value, bool | list | dict) else value)
    except ValueError:
        try:
            moment = datetime.fromisoformat(_text(value))
        except ValueError:
            raise ValueError("is neither a number of seconds since 1970 nor a date or moment of ISO 8601") from None
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if not abs(seconds) < 1e12:  # noqa: PLR2004
        raise ValueError("is out of range")
    return seconds


def _date(value: Any) -> str:  # noqa: ANN401
    """A moment that is one. Versions in a folder have no effective dates, so all bound every moment."""
    try:
        datetime.fromisoformat(_text(value))
    except ValueError:
        raise ValueError("is not an ISO 8601 date or time") from None
    return str(value)


def _count(value: Any) -> int:  # noqa: ANN401
    text = str(value).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 8 and 0 < int(text) <= MOST_AT_ONCE):  # noqa: PLR2004
        raise ValueError(f"is not a whole number from 1 to {MOST_AT_ONCE}")
    return int(text)


def _delimiter(value: Any) -> str:  # noqa: ANN401
    text = DELIMITERS.get(_text(value), _text(value))
    if not (len(text) == 1 and text.isascii() and text not in '"\r\n'):
        raise ValueError("is not one ASCII character, or tab")
    return text


def _anything(value: Any) -> Any:  # noqa: ANN401
    return value


# By name: the option of a run that a parameter sets, and what reads its value.
PARAMETERS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "service": ("service", _text),
    "service_id": ("service_id", _text),
    "version_id": ("version_id", _text),
    "version_by_timestamp": ("version_by_timestamp", _date),
    "inputFormat": ("source_format", _word(*FORMATS)),
    "outputFormat": ("target_format", _word(*FORMATS)),
    "compression": ("packing", _packing),
    "output": ("outputs", _names),
    "carry": ("carry", _names),
    "strict": ("strict", _truth),
    "manual_now": ("now", _moment),
    "delimiter": ("delimiter", _delimiter),
    "chunking": ("chunk", _count),
    "subservice": ("subservice", _anything),
}
WITHOUT_EFFECT = ("subservice",)
