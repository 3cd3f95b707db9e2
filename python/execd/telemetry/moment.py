"""Moments as text."""

from datetime import UTC, datetime
from functools import lru_cache


def iso(unix: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC, to the millisecond."""
    second = int(unix)
    return f"{_to_the_second(second)}.{int((unix - second) * 1000):03d}Z"


# Calls that run at the same time arrived in few different seconds.
@lru_cache(64)
def _to_the_second(unix: int) -> str:
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%dT%H:%M:%S")
