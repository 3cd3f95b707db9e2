"""The two media types of the API, and what a caller accepts of them."""

from typing import NamedTuple

from execd.errors import CallError, Kind

RESULT = "application/vnd.com.fico.executor.v2+octet-stream"
JSON = "application/vnd.com.fico.executor.v2+json"


class Accepted(NamedTuple):
    """Which of the two a caller takes."""

    result: bool
    json: bool


EVERYTHING = Accepted(result=True, json=True)


def accepted(header: str) -> Accepted:
    """What an Accept header says; without one, everything. The most exact range that fits counts."""
    if not header.strip():
        return EVERYTHING
    ranges = [_range(one) for one in header.split(",") if one.strip()]
    return Accepted(*(_takes(ranges, type_) for type_ in (RESULT, JSON)))


def check(header: str) -> None:
    """Refuse a caller who takes neither. One of the two is enough: failures and results share an answer."""
    if not any(accepted(header)):
        raise CallError(Kind.NOT_ACCEPTABLE, f"Accept must allow {RESULT} or {JSON}, or leave it out")


def _range(text: str) -> tuple[str, float]:
    """A media range in lower case, and its quality; one that is no number counts as if it were not there."""
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    quality = next((one.removeprefix("q=") for one in parameters if one.startswith("q=")), "1")
    try:
        return name, float(quality)
    except ValueError:
        return name, 1.0


def _takes(ranges: list[tuple[str, float]], type_: str) -> bool:
    for pattern in (type_, "application/*", "*/*"):
        if found := [quality for name, quality in ranges if name == pattern]:
            return max(found) > 0
    return False
