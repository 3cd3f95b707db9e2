"""The log of a process: every line, whoever logs it, looks the same. What is told about calls is in `calls`."""

import json
import logging
import os
from collections.abc import MutableMapping
from typing import Any

import structlog

from execd.settings import Settings
from execd.telemetry.moment import iso
from execd.telemetry.writer import Writer

STANDARD_ERROR = 2

Event = MutableMapping[str, Any]


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger of events with fields. It is one of Python's own, so that any program may use the code that logs."""
    log: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return log


def configure(settings: Settings) -> Writer:
    """Send whatever is logged in this process to standard error, as the settings want it."""
    render = _json if settings.log_format == "json" else _plain
    formatter = structlog.stdlib.ProcessorFormatter(processors=[_fields, structlog.processors.format_exc_info, render])

    def lost(count: int) -> bytes:
        message = f"{count} lines of the log were left out: nobody read it"
        record = logging.LogRecord("execd", logging.WARNING, "", 0, message, None, None)
        return _encoded(formatter, record)

    writer = Writer(STANDARD_ERROR, lost)
    root = logging.getLogger()
    root.handlers = [_Handler(writer, formatter)]
    root.setLevel(settings.log_level.upper())
    return writer


class _Handler(logging.Handler):
    """Hands lines to the writer."""

    def __init__(self, writer: Writer, formatter: logging.Formatter) -> None:
        super().__init__()
        self._writer = writer
        self.formatter = formatter

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._writer.put(_encoded(self.formatter, record), urgent=record.levelno > logging.INFO)
        except Exception:  # noqa: BLE001  as Python's own handlers do
            self.handleError(record)


def _encoded(formatter: logging.Formatter | None, record: logging.LogRecord) -> bytes:
    text = formatter.format(record) if formatter else record.getMessage()
    return text.encode(errors="backslashreplace") + b"\n"


def _fields(_: object, __: str, event: Event) -> Event:
    """The fields that every line has, first; then those of the event."""
    record: logging.LogRecord = event.pop("_record")
    del event["_from_structlog"]
    first = {
        "time": iso(record.created),
        "level": record.levelname.lower(),
        "pid": os.getpid(),
        "event": event.pop("event"),
    }
    return {**first, **event}


def _json(_: object, __: str, event: Event) -> str:
    return json.dumps(event, separators=(",", ":"), default=str)


def _plain(_: object, __: str, event: Event) -> str:
    time, level, pid, said = (event.pop(name) for name in ("time", "level", "pid", "event"))
    trace = event.pop("exception", None)
    fields = "".join(f" {name}={word(str(value))}" for name, value in event.items())
    text = f"{time} {level:7} [{pid}] {one_line(str(said))}{fields}"
    return f"{text}\n{trace}" if trace else text


def one_line(text: str) -> str:
    """A text in one line: what is logged may hold what callers and file names hold."""
    return text if text.isprintable() else json.dumps(text)[1:-1]


def word(text: str) -> str:
    """A text that reads as one value."""
    plain = text.isprintable() and text and not any(sign in text for sign in ' "=')
    return text if plain else json.dumps(text)
