"""How requests name a version: by ids, or by `folder/service[1.2]` and its variants."""

import re
import uuid
from functools import lru_cache
from typing import NamedTuple

from execd.errors import CallError, Kind

# Addresses that are kept as they were read, and how long they may be: a file's name is no longer than 255 bytes.
KNOWN = 1024
LONGEST = 1024

_address = re.compile(r"(?P<path>.*?)(?:\[(?P<version>[^\[\]]*)\])?")
_number = re.compile(r"\d+(?:\.\d+){0,2}")


class Address(NamedTuple):
    """What a request gives; the first that is not empty counts."""

    version_id: str = ""
    service_id: str = ""
    service: str = ""


class Named(NamedTuple):
    """A service by folder and name, or by its id alone; and the first numbers of a version."""

    folder: str | None
    service: str
    version: tuple[int, ...]


def named(address: str) -> Named:
    """Read `folder/service[version]`, `folders/x/services/y` and both with a leading slash, or the id of a service."""
    # Programs name the same few services again and again.
    return _read_before(address) if len(address) <= LONGEST else _read(address)


def unknown(address: str) -> CallError:
    """There is no such service or version."""
    return CallError(Kind.SERVICE_NOT_FOUND, f"service could not be found: {address!r}")


def _read(address: str) -> Named:
    match = _address.fullmatch(address.strip())
    path = match["path"].strip() if match else ""
    wanted = ((match["version"] if match else None) or "").strip()
    if _is_uuid(path):
        return Named(None, path, _version_numbers(wanted, address))
    parts = [part for part in path.split("/") if part]
    match parts:
        case [folders, folder, services, service] if (folders.lower(), services.lower()) == (
            "folders",
            "services",
        ):
            return Named(folder, service, _version_numbers(wanted, address))
        case [folder, service]:
            return Named(folder, service, _version_numbers(wanted, address))
    message = f"service could not be found: {address!r} is not folder/service or an id"
    raise CallError(Kind.SERVICE_NOT_FOUND, message)


_read_before = lru_cache(KNOWN)(_read)


def _version_numbers(wanted: str, address: str) -> tuple[int, ...]:
    if wanted and not _number.fullmatch(wanted):
        raise CallError(Kind.INVALID_REQUEST, f"{address!r}: a version is written [1], [1.4] or [1.4.3]")
    return tuple(map(int, wanted.split("."))) if wanted else ()


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
