"""One line of the log for each call: who was asked, how much, how it ended, how long it took. Never what was sent.

Calls are many and their lines are alike, so they are put together by hand, a tenth of what a logger takes.
"""

import json
import logging
import os
import time
from collections.abc import Callable
from functools import lru_cache

from execd.settings import Settings
from execd.telemetry.logs import word
from execd.telemetry.moment import iso

# Characters of a name that a line repeats: a caller may send any.
SHOWN = 200


class Calls:
    """The lines about the calls of one worker."""

    def __init__(self, settings: Settings, put: Callable[[bytes], None]) -> None:
        """`put` takes the lines."""
        self._put = put
        level = logging.getLevelName(settings.log_level.upper())
        self._answered = settings.log_calls and level <= logging.INFO
        self._level = level if settings.log_calls else max(level, logging.WARNING)
        self._json = settings.log_format == "json"
        self._pid = os.getpid()
        self._named = lru_cache(1024)(self._names)

    def answered(self, call_id: str, service: tuple[str, str, str], records: int, errors: int, seconds: float) -> None:
        """A call was answered. `service` is folder, name and version; `errors` are records that have any."""
        if not self._answered:
            return
        now, milliseconds, names = iso(time.time()), seconds * 1000, self._named(service)
        if self._json:
            text = (
                f'{{"time":"{now}","level":"info","pid":{self._pid},"event":"call","status":200,"ms":{milliseconds:.1f},'
                f'{names},"records":{records},"errors":{errors},"call_id":"{call_id}"}}\n'
            )
        else:
            text = (
                f"{now} info    [{self._pid}] call status=200 ms={milliseconds:.1f} {names} "
                f"records={records} errors={errors} call_id={call_id}\n"
            )
        self._put(text.encode())

    def refused(self, level: int, *, service: str, status: int, code: str, reason: str, seconds: float) -> None:
        """A call was not answered as it asked. `service` is as the caller names it; `reason` tells no input."""
        if level < self._level:
            return
        fields: dict[str, str | int | float] = {"status": status, "ms": round(seconds * 1000, 1)}
        fields |= {"service": service[:SHOWN]} if service else {}
        fields |= {"code": code}
        fields |= {"reason": reason} if reason else {}
        now, name = iso(time.time()), logging.getLevelName(level).lower()
        if self._json:
            first = {"time": now, "level": name, "pid": self._pid, "event": "call"}
            text = json.dumps({**first, **fields}, separators=(",", ":"))
        else:
            shown = " ".join(f"{field}={word(str(value))}" for field, value in fields.items())
            text = f"{now} {name:7} [{self._pid}] call {shown}"
        self._put(text.encode(errors="backslashreplace") + b"\n")

    def _names(self, service: tuple[str, str, str]) -> str:
        folder, name, number = service
        if self._json:
            return f'"service":{json.dumps(f"{folder}/{name}")},"version":"{number}"'
        return f"service={word(f'{folder}/{name}')} version={number}"
