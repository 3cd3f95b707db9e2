"""Lines of a log to a file descriptor, by a thread: who logs never waits for a reader. Their text is not made here."""

import atexit
import os
import select
import threading
from collections import deque
from collections.abc import Callable

# Seconds for which lines are gathered, so that a busy server wakes the thread twenty times a second.
GATHERED = 0.05
# Lines that wait for a reader who does not read. What comes after them is counted and told later.
MOST = 50_000
# Lines that are written in one piece.
AT_ONCE = 1_000
# Seconds that a process waits at its end for a reader to take what is left.
PATIENCE = 5.0


class Writer:
    """Lines written in order; all of them, also at the end of the process, unless nobody reads."""

    def __init__(self, descriptor: int, lost: Callable[[int], bytes]) -> None:
        """`lost` is the line that tells how many were left out."""
        self._descriptor = descriptor
        self._lost = lost
        self._lines: deque[bytes] = deque()
        self._left_out = 0
        self._asleep = True
        self._work, self._now = threading.Event(), threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def put(self, line: bytes, *, urgent: bool = False) -> None:
        """Write a line that ends with a line feed, soon; an urgent one at once."""
        if len(self._lines) >= MOST:
            self._left_out += 1
            return
        self._lines.append(line)
        if urgent:
            self._now.set()
        if self._asleep:
            self._asleep = False
            self._work.set()
        if self._ended and not self._thread.is_alive():
            self._write_lines()

    def close(self) -> None:
        """Write what is left. Lines that come later are written by who puts them."""
        self._ended = True
        self._now.set()
        self._work.set()
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        while not self._ended:
            self._work.wait()
            self._now.wait(GATHERED)
            self._work.clear()
            self._now.clear()
            # From now on a new line wakes the thread again; those that are there are written below.
            self._asleep = True
            self._write_lines()
        self._write_lines()

    def _write_lines(self) -> None:
        while self._lines:
            count = min(len(self._lines), AT_ONCE)
            self._write(b"".join(self._lines.popleft() for _ in range(count)))
        if left_out := self._left_out:
            self._left_out -= left_out
            self._write(self._lost(left_out))

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:
                select.select([], [self._descriptor], [])
            except OSError:
                # Nobody reads it any more, or its disk is full: there is nowhere to tell that.
                return
