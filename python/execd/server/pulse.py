"""Whether a worker still serves: looks at its board and at its process, from the main process. It ends nothing."""

import os
from pathlib import Path
from typing import NamedTuple

from execd.runtime.board import CLOSED, Board

# Seconds between two looks, and at most between two beats of an event loop.
LOOK = 0.1
BEAT = 0.1
# A look that comes later than this counts as one that came now: when the main process did not run, the worker may not
# have run either.
LATE = 2 * LOOK
# Seconds for which an event loop may sleep or be stopped without a beat, and for which it may run without one. Before
# the first beat, while the worker starts, both are so many times as long.
STILL, BUSY = 0.8, 1.2
STARTING = 60.0
# Seconds beyond its deadline after which an execution will not end any more.
OVERDUE = 5.0
TICKS = os.sysconf("SC_CLK_TCK")


class Activity(NamedTuple):
    """What the thread of an event loop did."""

    state: str
    """A letter as in /proc: R runs or waits for a processor, S sleeps, D waits for a disk, T is stopped, t traced."""
    seconds: float
    """Of a processor, since it began."""


class Pulse:
    """One worker as it was seen so far."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._beats, self._last = 0, Activity("S", 0.0)
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
        beats, passed = self._board.beats, min(passed, LATE)
        if beats != self._beats or beats == CLOSED:
            self._beats, self._lost = beats, 0.0
        activity = activity_of(process)
        self._lost += lost(self._last, activity, passed)
        self._last = activity

    def is_overdue(self, now: float, passed: float) -> bool:
        """Whether an execution goes on that should have ended long ago; asked as often as `look`."""
        passed = min(passed, LATE)
        late = (pair for pair in self._board.ends() if pair[1] < now)
        self._late = {pair: self._late.get(pair, 0.0) + passed for pair in late}
        return max(self._late.values(), default=0.0) >= OVERDUE


def lost(before: Activity, now: Activity, passed: float) -> float:
    """How much of its patience a thread without a beat used up in `passed` seconds; at 1 it hangs.

    One that runs uses it up by the time that it runs. One that waits for a processor, or for memory from a disk, uses
    none: a busy machine is no fault of a worker, nor is a debugger.
    """
    match now.state:
        case "R":
            return max(0.0, min(passed, now.seconds - before.seconds)) / BUSY
        case "S" | "T":
            return passed / STILL
    return 0.0


def activity_of(process: int) -> Activity:
    """What the main thread of a process, which runs its event loop, does."""
    try:
        text = Path(f"/proc/{process}/task/{process}/stat").read_text(errors="replace")
    except OSError:
        # It has just died.
        return Activity("X", 0.0)
    # The name in brackets may hold anything.
    fields = text.rpartition(")")[2].split()
    return Activity(fields[0], (int(fields[11]) + int(fields[12])) / TICKS)
