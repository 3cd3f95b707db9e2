"""The command `execd`, and `python -m execd`."""

import signal

# Until a command runs, Ctrl-C ends the process silently, as it ends programs that know nothing of it.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from execd.cli import main

if __name__ == "__main__":
    main()
