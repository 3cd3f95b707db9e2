"""Versions of services that are refused for a while, because workers died or hung while they executed them.

The main process of a server decides it (`server.suspects`); the workers look here before they execute or compile.
"""

import struct
import time
from typing import NamedTuple

from execd.errors import CallError, Kind
from execd.runtime.board import LONGEST, Subject, unpack
from execd.runtime.memory import Memory

# Versions that can be suspended at once; beyond that the one whose time is over first gets free.
MOST = 64
# The words at the beginning: how often the table was changed (odd: it is being changed), and its length.
CHANGES, LENGTH = 0, 1
HEADER = 16
# Until when, and what.
ENTRY = struct.Struct(f"<d{LONGEST}s")


class Suspended(NamedTuple):
    """A version that is refused, for so many seconds from now on."""

    service: str
    version: str
    seconds: float


class Suspensions:
    """The table of suspended versions. One process writes it; all read it."""

    def __init__(self) -> None:
        self._attach(Memory(HEADER + MOST * ENTRY.size))

    def _attach(self, memory: Memory) -> None:
        self._memory, self._words = memory, memory.words
        self._seen = 0
        self._until: dict[bytes, float] = {}

    def __getstate__(self) -> Memory:
        return self._memory

    def __setstate__(self, memory: Memory) -> None:
        self._attach(memory)

    def check(self, subject: Subject) -> None:
        """Raise CallError if a version is suspended."""
        if self._words[CHANGES] != self._seen:
            self._read()
        if not self._until:
            return
        seconds = self._until.get(subject.packed, 0.0) - time.monotonic()
        if seconds > 0:
            raise CallError(
                Kind.SUSPENDED,
                f"{subject.service} {subject.version} is refused for a while: processes of the server died or hung "
                "while they executed it; the log names the calls",
                retry_after=seconds,
            )

    def suspended(self) -> list[Suspended]:
        """What is refused now."""
        self._read()
        now = time.monotonic()
        return [Suspended(*unpack(packed), until - now) for packed, until in self._until.items() if until > now]

    def write(self, until: dict[bytes, float]) -> None:
        """Suspend these versions until these moments of the monotonic clock, and no others."""
        memory, last = self._memory, sorted(until.items(), key=lambda item: -item[1])[:MOST]
        memory.words[CHANGES] += 1
        memory.words[LENGTH] = len(last)
        for index, (packed, end) in enumerate(last):
            ENTRY.pack_into(memory.bytes, HEADER + index * ENTRY.size, end, packed)
        memory.words[CHANGES] += 1

    def _read(self) -> None:
        """Take over the table, unless it is being changed: then the next call does."""
        memory = self._memory
        changes = memory.words[CHANGES]
        offsets = (HEADER + index * ENTRY.size for index in range(min(MOST, memory.words[LENGTH])))
        entries = [ENTRY.unpack_from(memory.bytes, offset) for offset in offsets]
        if changes % 2 == 0 and memory.words[CHANGES] == changes:
            self._seen = changes
            self._until = {packed.rstrip(b"\0"): end for end, packed in entries}
