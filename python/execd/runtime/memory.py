"""Memory that processes share: made by the main process of a server, mapped by the workers that it starts.

It has no name and no file, so that nothing is left of it when its processes end, however they end.
"""

import mmap
import os
from multiprocessing.reduction import DupFd
from typing import Any, Protocol

WORD = 8


class _Passed(Protocol):
    """A descriptor on its way to a process that is being started."""

    def detach(self) -> int: ...


class Memory:
    """Bytes, all zero at first. It can be an argument of a process that is started with it, and of nothing else."""

    def __init__(self, size: int, descriptor: int | None = None) -> None:
        """`descriptor` is that of memory which another process made."""
        if descriptor is None:
            descriptor = os.memfd_create("execd")
            os.ftruncate(descriptor, size)
        self._descriptor = descriptor
        self._map = mmap.mmap(self._descriptor, size)
        self.bytes = memoryview(self._map)
        # The same as whole words, and as numbers: both are read and written in one piece.
        self.words = self.bytes.cast("Q")
        self.numbers = self.bytes.cast("d")

    def __reduce__(self) -> tuple[Any, ...]:
        return _passed_on, (len(self.bytes), DupFd(self._descriptor))

    def close(self) -> None:
        """Nobody in this process needs it any more."""
        for view in (self.words, self.numbers, self.bytes):
            view.release()
        self._map.close()
        os.close(self._descriptor)


def _passed_on(size: int, descriptor: _Passed) -> Memory:
    return Memory(size, descriptor.detach())
