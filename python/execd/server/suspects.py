"""Which versions of services took workers down, and for how long they are refused.

What is refused stands in the table of `runtime.suspension`; who died, and what ran then, finds `supervisor`.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from execd.runtime.board import Running, Where
from execd.runtime.suspension import Suspensions
from execd.server.pulse import OVERDUE

# So many deaths are too much. One that was more likely another's counts for less than one.
TOO_MUCH = 1.5
# What is left of it when a suspension is over: one more death brings the next.
LEFT = 1.0
# Seconds of the first suspension; each one after it takes twice as long, up to the most.
FIRST, LONGEST = 60.0, 3600.0
# Seconds without a death after which all is forgotten.
FORGOTTEN = 3600.0


@dataclass(slots=True)
class Suspect:
    """A version that ran when workers died."""

    deaths: float = 0.0
    suspensions: int = 0
    until: float = 0.0
    """The end of its last suspension, or 0."""
    last: float = 0.0
    """Its last death."""


class Suspects:
    """What is held against versions. Times are of the monotonic clock."""

    def __init__(self, suspensions: Suspensions) -> None:
        self._table = suspensions
        self._known: dict[bytes, Suspect] = defaultdict(Suspect)

    def accuse(self, ran: Iterable[Running], now: float) -> list[tuple[bytes, float]]:
        """A worker had to die while these ran; gives versions that are suspended for it, and for how many seconds."""
        self._forget(now)
        found = []
        for packed, share in shares(ran).items():
            suspect = self._known[packed]
            suspect.last = now
            if suspect.until > now:
                continue
            suspect.deaths += share
            if suspect.deaths >= TOO_MUCH:
                seconds = min(FIRST * 2**suspect.suspensions, LONGEST)
                suspect.deaths, suspect.until = LEFT, now + seconds
                suspect.suspensions += 1
                found.append((packed, seconds))
        if found:
            self._table.write({packed: one.until for packed, one in self._known.items() if one.until > now})
        return found

    def _forget(self, now: float) -> None:
        for packed, one in list(self._known.items()):
            if now - max(one.last, one.until) > FORGOTTEN:
                del self._known[packed]


def shares(ran: Iterable[Running]) -> dict[bytes, float]:
    """How much of a death is held against each version that may have caused it: 1 for the likeliest.

    What this worker had executed a thousand times is unlikely to be the cause, what ran for the first time likely.
    Compiling, which has limits of its own, is half as likely.
    """
    likely: dict[bytes, float] = {}
    for one in ran:
        weight = (0.5 if one.where is Where.COMPILER else 1.0) / (1 + one.completed)
        likely[one.packed] = max(likely.get(one.packed, 0.0), weight)
    most = max(likely.values(), default=1.0)
    return {packed: weight / most for packed, weight in likely.items()}


def causes(ran: list[Running], *, hung: bool, now: float) -> list[Running]:
    """Which of them may have caused that the worker had to die.

    What ran on the event loop while that stood still did; and what went on long after its deadline.
    """
    on_loop = [one for one in ran if hung and one.where is Where.LOOP]
    return on_loop or [one for one in ran if one.end + OVERDUE < now] or ran
