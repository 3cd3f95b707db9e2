"""How people write the options of a run, on the command line and over HTTP: lists of names, moments, marks of CSV.

What the options mean is the native code's. Every reader raises ValueError that goes on from the value: "is not …".
"""

import csv
import datetime as dt
from collections.abc import Iterable

FORMATS = ("csv", "ndjson", "json", "parquet", "arrow", "arrows", "xlsx")
OTHER_NAMES = {"jsonl": "ndjson", "ipc": "arrow", "feather": "arrow", "arrow-stream": "arrows"}
PACKINGS = ("gzip", "zstd")

DELIMITERS = {"tab": "\t", "\\t": "\t"}
NO_QUOTES = "none"


def names(texts: Iterable[str]) -> list[str]:
    """Lists with commas; a name that has a comma stands in quotes."""
    return [name.strip() for row in csv.reader(texts, skipinitialspace=True) for name in row if name.strip()]


def moment(text: str) -> float:
    """Seconds since 1970. A moment without an offset is one of UTC, as NOW() is."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is no date or moment of ISO 8601, like 2026-01-31T12:00") from None
    return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).timestamp()


def delimiter(text: str) -> str:
    """What stands between the fields of CSV records; `tab` is a name of one."""
    return DELIMITERS.get(text, text)


def quote(text: str) -> str:
    """What stands around fields of CSV records; empty where nothing does."""
    return "" if text == NO_QUOTES else text
