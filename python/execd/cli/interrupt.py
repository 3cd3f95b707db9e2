"""Ctrl-C ends a command with the exit code that a shell gives for it, also while native code runs."""

import os
import signal
import sys
import threading
import time

# 128 and the number of the signal.
INTERRUPTED = 130
# Seconds that a command has to end by itself, and to leave nothing half-written.
PATIENCE = 2.0


def watch() -> None:
    """From now on Ctrl-C raises KeyboardInterrupt, and ends this process if what runs does not let it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_end, args=(reading,), daemon=True).start()


def unwatch() -> None:
    """What runs now looks at signals."""
    signal.set_wakeup_fd(-1)


def _end(reading: int) -> None:
    while os.read(reading, 1)[0] != signal.SIGINT:
        pass
    time.sleep(PATIENCE)
    sys.stderr.write("execd: interrupted\n")
    os._exit(INTERRUPTED)
