"""Whether a worker still serves: looks at its board and at its process, from the main process. It ends nothing."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from execd.runtime.board import CLOSED, Board

# Seconds between two looks, and at most between two beats of an event loop.
LOOK = 0.1
BEAT = 0.1
# A look that comes later than this counts as one that came now: when the main process did not run, the worker may not
# have run either.
LATE = 2 * LOOK
# Seconds for which an event loop may sleep or be stopped without a beat, and for which it may run without one, or wait
# for a thread that runs. Before the first beat, while the worker starts, both are so many times as long.
STILL, BUSY = 0.8, 1.0
STARTING = 60.0
# Seconds beyond its deadline after which an execution will not end any more.
OVERDUE = 5.0
TICKS = os.sysconf("SC_CLK_TCK")


class Activity(NamedTuple):
    """What a thread does."""

    state: str
    """A letter as in /proc: R runs or waits for a processor, S sleeps, D waits for a disk, T is stopped, t traced."""
    seconds: float
    """Of a processor, since it began."""


# By their ids; the main thread has that of the process, and runs the event loop.
Threads = Mapping[int, Activity]


class Pulse:
    """One worker as it was seen so far."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._beats = 0
        self._last: Threads = {}
        self._late: dict[tuple[int, float], float] = {}
        self._lost = 0.0

    @property
    def serves(self) -> bool:
        """Its event loop has begun, and has not ended."""
        return 0 < self._board.beats < CLOSED

    @property
    def hangs(self) -> bool:
        """Its event loop stands still and will not go on."""
        return self._lost >= (1.0 if self._beats else STARTING)

    def look(self, process: int, passed: float) -> None:
        """Look once more at the board and at the process, `passed` seconds after the last time."""
        beats = self._board.beats
        if beats != self._beats or beats == CLOSED:
            self._beats, self._last, self._lost = beats, {}, 0.0
            return
        threads = threads_of(process)
        self._lost += lost(process, self._last, threads, min(passed, LATE))
        self._last = threads

    def is_overdue(self, now: float, passed: float) -> bool:
        """Whether an execution goes on that should have ended long ago; asked as often as `look`."""
        passed = min(passed, LATE)
        late = (pair for pair in self._board.ends() if pair[1] < now)
        self._late = {pair: self._late.get(pair, 0.0) + passed for pair in late}
        return max(self._late.values(), default=0.0) >= OVERDUE


def lost(main: int, before: Threads, now: Threads, passed: float) -> float:
    """How much of its patience a main thread without a beat used up in `passed` seconds; at 1 it hangs.

    One that runs uses it up by the time that it runs; one that sleeps while others run may wait for Python's lock, and
    uses it up by their time. Who waits for a processor, or for memory from a disk, uses none: a busy machine is no
    fault of a worker, nor is a debugger.
    """
    ran = {thread: max(0.0, min(passed, one.seconds - before.get(thread, one).seconds)) for thread, one in now.items()}
    match now[main].state if main in now else "":
        case "R":
            return ran[main] / BUSY
        case "S" if any(one.state in "RD" for one in now.values()):
            return max(ran.values()) / BUSY
        case "S" | "T":
            return passed / STILL
    return 0.0


def threads_of(process: int) -> Threads:
    """What the threads of a process do; nothing once it has ended."""
    found = {}
    # Threads and processes end while they are looked at.
    with suppress(OSError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            with suppress(OSError):
                # The name in brackets may hold anything.
                fields = (thread / "stat").read_text(errors="replace").rpartition(")")[2].split()
                found[int(thread.name)] = Activity(fields[0], (int(fields[11]) + int(fields[12])) / TICKS)
    return found
