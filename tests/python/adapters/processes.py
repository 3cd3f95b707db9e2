"""What runs in the worker processes of engines."""

import os
import time
from pathlib import Path

import pyarrow as pa

import execd
from tests.server import PATIENCE

SCHEMA = "process long, models long"


def seen(folder: Path, model: execd.Model) -> pa.Table:
    """This process, once another one is here as well, and how many models it has unpickled."""
    # Kept, so that no two can be at one address.
    held = vars(execd).setdefault("held_by_tests", [])
    held.append(model.native)
    (folder / str(os.getpid())).touch()
    latest = time.monotonic() + PATIENCE
    while len(list(folder.iterdir())) < 2 and time.monotonic() < latest:
        time.sleep(0.01)
    return pa.table({"process": [os.getpid()], "models": [len({id(one) for one in held})]})
