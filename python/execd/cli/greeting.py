"""What somebody who starts a server is told once it answers: where it is, what it serves, and a call to try."""

import http.client
import json
import threading
import time
from typing import Any

import click

from execd.settings import Settings
from execd.telemetry.logs import logger

# Seconds between two questions whether the server answers, and until nobody asks any more.
PAUSE, PATIENCE = 0.05, 60.0

log = logger("execd.server")


def greet(settings: Settings) -> None:
    """Tell it in a thread, as soon as the server answers: to people on standard output, to programs in the log."""
    threading.Thread(target=_greet, args=(settings,), daemon=True).start()


def _greet(settings: Settings) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if page := _front(settings):
            _tell(page, settings)
            return
        time.sleep(PAUSE)


def _front(settings: Settings) -> dict[str, Any] | None:
    connection = http.client.HTTPConnection(settings.host, settings.port, timeout=PATIENCE)
    try:
        connection.request("GET", "/")
        return dict(json.load(connection.getresponse()))
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def _tell(page: dict[str, Any], settings: Settings) -> None:
    count = len({one["service"] for one in page["services"]})
    about = {name: page[name] for name in ("hint", "try") if name in page}
    if settings.log_format == "json":
        log.info("serving", url=page["url"], services=count, **about)
        return
    number = f"{count} service" if count == 1 else f"{count or 'no'} services"
    lines = [f"execd {page['version']} at {page['url']}: {number}", *(f"  {text}" for text in about.values())]
    click.echo("\n".join(lines))
