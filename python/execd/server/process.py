"""What workers ask of the operating system when they start."""

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker

PR_SET_PDEATHSIG = 1
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
# Bytes of a block that is returned to the system when it is freed, and of free memory that is not.
LARGE = 4 << 20
KEPT = 16 << 20


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when `parent` dies; `kill -9` of it must leave no orphan serving."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def ending(exit_code: int) -> str:
    """What ended a process: its exit code, or a signal."""
    return signal.Signals(-exit_code).name if exit_code < 0 else f"exit code {exit_code}"


@contextmanager
def starting_without_interrupts() -> Iterator[None]:
    """Processes that are started meanwhile do not get Ctrl-C, which a terminal sends to all: this one ends them."""
    # Else it starts with the first process, and lets signals through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def keep_freed_memory() -> None:
    """Tell glibc to keep what calls need again and again; else every large answer may get, clear and return pages."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(M_MMAP_THRESHOLD, LARGE)
        mallopt(M_TRIM_THRESHOLD, KEPT)
