"""What a worker tells its main process without a word: that its event loop runs, and what it executes.

It stands in shared memory, so that it can still be read when the worker hangs or has died. What follows from it is
decided in `server`.
"""

import struct
from collections.abc import Iterator
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from execd.runtime.memory import WORD, Memory

# What a board has room for: executions beyond that are not told.
MOST = 256
# The words at its beginning.
BEATS, USED = 0, 1
HEADER = 64
# The value of `BEATS` once the event loop has ended.
CLOSED = (1 << 64) - 1
# A slot: where it runs (0: the slot is free), when it must have ended, how many executions of the same version this
# worker completed before, the call, and what it executes.
LONGEST = 960
SLOT = struct.Struct(f"<QdQ40s{LONGEST}s")
SIZE = SLOT.size
# The same but for what it executes, which mostly is what the slot had before.
BEGINNING = struct.Struct("<QdQ40s")
# A call for which there was no slot.
NOWHERE = -1


class Where(IntEnum):
    """Where something runs that may end or hold up a worker."""

    LOOP = 1
    THREAD = 2
    COMPILER = 3


PLACES = {int(where) for where in Where}


class Subject:
    """One version of a service, as something that is executed."""

    __slots__ = ("completed", "packed", "service", "version")

    def __init__(self, service: str, version: str) -> None:
        """`service` is `folder/name`."""
        self.service, self.version = service, version
        self.packed = f"{service}\0{version}".encode(errors="surrogatepass")[:LONGEST]
        self.completed = 0


class Running(NamedTuple):
    """Something that a worker executes, or executed when it died."""

    where: Where
    end: float
    """On the monotonic clock."""
    completed: int
    """Executions of the same version that this worker had completed when this one began."""
    call_id: str
    """Empty where a workbook was compiled, which is done for many calls."""
    packed: bytes
    """Names the version, as `Subject.packed` does."""

    @property
    def named(self) -> dict[str, str]:
        """The call and what it executes, in words."""
        service, version = unpack(self.packed)
        call = {"call_id": self.call_id} if self.call_id else {}
        return {**call, "service": service, "version": version}


class Board:
    """The board of one worker. One process writes it, from one thread; another one reads it at any time."""

    def __init__(self, executions: int) -> None:
        """`executions` is how many the worker runs at once."""
        self._slots = min(max(executions, 1), MOST)
        self._attach(Memory(HEADER + self._slots * SIZE))

    def _attach(self, memory: Memory) -> None:
        self._memory = memory
        self._bytes, self._words = memory.bytes, memory.words
        # A slot is named by its first word.
        self._free = [(HEADER + slot * SIZE) // WORD for slot in reversed(range(self._slots))]
        self._had: dict[int, Subject] = {}
        self.subject = lru_cache(1024)(Subject)
        """A version as this worker knows it, by service and version."""

    def __getstate__(self) -> tuple[int, Memory]:
        return self._slots, self._memory

    def __setstate__(self, state: tuple[int, Memory]) -> None:
        self._slots, memory = state
        self._attach(memory)

    def begin(self, subject: Subject, call_id: str, where: int, end: float) -> int:
        """Something begins; gives what `finish` wants to know."""
        if not self._free:
            return NOWHERE
        slot = self._free.pop()
        if self._had.get(slot) is subject:
            BEGINNING.pack_into(self._bytes, slot * WORD, where, end, subject.completed, call_id.encode())
            return slot
        SLOT.pack_into(self._bytes, slot * WORD, where, end, subject.completed, call_id.encode(), subject.packed)
        self._had[slot] = subject
        self._words[USED] = max(len(self._had), self._words[USED])
        return slot

    def move(self, slot: int, where: int) -> None:
        """It goes on elsewhere."""
        if slot != NOWHERE:
            self._words[slot] = where

    def finish(self, slot: int, executed: Subject | None = None) -> None:
        """It has ended, and the worker lives: one more of what was executed, if it was."""
        if slot != NOWHERE:
            self._words[slot] = 0
            self._free.append(slot)
            if executed:
                executed.completed += 1

    def beat(self) -> None:
        """The event loop runs."""
        self._words[BEATS] += 1

    def end(self) -> None:
        """The event loop has ended; the process soon will."""
        self._words[BEATS] = CLOSED

    @property
    def beats(self) -> int:
        """How often the event loop has told that it runs; `CLOSED` when it has ended."""
        return self._words[BEATS]

    def running(self) -> list[Running]:
        """What runs."""
        found = (SLOT.unpack_from(self._bytes, offset) for offset in self._taken())
        # What a worker that lives has just finished is none any more.
        return [_unpack(*one) for one in found if one[0] in PLACES]

    def ends(self) -> Iterator[tuple[int, float]]:
        """A number and the end for each that runs; two looks find the same pair for the same one."""
        for offset in self._taken():
            yield offset, self._memory.numbers[offset // WORD + 1]

    def _taken(self) -> Iterator[int]:
        for slot in range(min(self._words[USED], self._slots)):
            offset = HEADER + slot * SIZE
            if self._words[offset // WORD]:
                yield offset

    def close(self) -> None:
        """The worker is gone, and nobody will read this any more."""
        self._memory.close()


def unpack(packed: bytes) -> tuple[str, str]:
    """The service and version that `Subject.packed` names."""
    service, _, version = packed.decode(errors="replace").partition("\0")
    return service, version


def _unpack(where: int, end: float, completed: int, call_id: bytes, packed: bytes) -> Running:
    return Running(Where(where), end, completed, call_id.rstrip(b"\0").decode(errors="replace"), packed.rstrip(b"\0"))
