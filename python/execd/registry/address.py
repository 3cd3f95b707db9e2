"""How requests name a version: by ids, or by `folder/service[1.2]` and its variants."""

import re
import unicodedata
import uuid
from functools import lru_cache
from typing import NamedTuple

from execd.errors import CallError, Kind

# Addresses that are kept as they were read, and how long they may be: a file's name is no longer than 255 bytes.
KNOWN = 1024
LONGEST = 1024
# Characters of an address that a message repeats.
SHOWN = 200

# Up to three numbers; 18 digits hold a moment to the millisecond, and are read in no time.
DIGITS = 18
NUMBER = rf"[0-9]{{1,{DIGITS}}}(?:\.[0-9]{{1,{DIGITS}}}){{0,2}}"
# Stands for a number that no version has.
NEVER = -1

_brackets = re.compile(r"(?P<name>.+)\[(?P<version>[^\[\]]*)\]\s*", re.DOTALL)
_numbers = re.compile(r"[0-9]+(?:\.[0-9]+){0,2}")


class Address(NamedTuple):
    """What a request gives; the first that is not empty counts."""

    version_id: str = ""
    service_id: str = ""
    service: str = ""


class Named(NamedTuple):
    """A service by folder and name, or by its id alone; and the first numbers of a version."""

    folder: str | None
    service: str
    version: tuple[int, ...] | None
    """None if the brackets at the end hold no version."""
    whole: str
    """The name with its brackets: a service may be called so."""


def named(address: str) -> Named:
    """Read `folder/service[version]`, `folders/x/services/y` and both with a leading slash, or the id of a service."""
    # Programs name the same few services again and again.
    return _read_before(address) if len(address) <= LONGEST else _read(address)


def normal(name: str) -> str:
    """A name as all its spellings are kept: Unicode's NFC, without spaces around it."""
    return name.strip() if name.isascii() else unicodedata.normalize("NFC", name).strip()


def key(name: str) -> str:
    """What is the same for names that mean the same: neither case nor Unicode's normal form counts."""
    folded = normal(name).casefold()
    return folded if folded.isascii() else unicodedata.normalize("NFC", folded)


def unknown(address: str) -> CallError:
    """There is no such service or version."""
    return CallError(Kind.SERVICE_NOT_FOUND, f"service could not be found: {_shown(address)}")


def no_version(address: str) -> CallError:
    """What is written where a version belongs is none."""
    message = f"{_shown(address)}: a version is written [1], [1.4] or [1.4.3]"
    return CallError(Kind.INVALID_REQUEST, message)


def _read(address: str) -> Named:
    parts = [part for part in address.strip().split("/") if part.strip()]
    match parts:
        case [service]:
            folder = None
        case [folder, service]:
            pass
        case [folders, folder, services, service] if (key(folders), key(services)) == ("folders", "services"):
            pass
        case _:
            raise _no_service(address)
    split = _brackets.fullmatch(service)
    name, wanted = (split["name"], split["version"].strip()) if split else (service, "")
    if folder is None and not _is_uuid(name.strip()):
        raise _no_service(address)
    return Named(folder, name.strip(), _version(wanted), service)


def _version(wanted: str) -> tuple[int, ...] | None:
    if not wanted:
        return ()
    if not _numbers.fullmatch(wanted):
        return None
    return tuple(int(number) if len(number) <= DIGITS else NEVER for number in wanted.split("."))


_read_before = lru_cache(KNOWN)(_read)


def _no_service(address: str) -> CallError:
    message = f"service could not be found: {_shown(address)} is not folder/service or an id"
    return CallError(Kind.SERVICE_NOT_FOUND, message)


def _shown(address: str) -> str:
    return repr(address if len(address) <= SHOWN else f"{address[:SHOWN]}…")


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
