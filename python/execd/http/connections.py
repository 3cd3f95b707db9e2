"""The connections of a worker as the operating system sees them: those whose clients take nothing are ended."""

import os
import socket
import sys

# What a network may lose of a connection before it counts as dead, in seconds.
SHORTEST = 5.0


def end_stuck(seconds: float) -> None:
    """End connections that take nothing of what was sent for this many seconds; all that are accepted from now on.

    Accepted connections have what is set for the socket that listens, and the transport offers no other way.
    """
    if sys.platform != "linux":
        return
    milliseconds = int(max(seconds, SHORTEST) * 1000)
    for descriptor in os.listdir("/proc/self/fd"):  # noqa: PTH208  numbers, not paths
        try:
            with socket.socket(fileno=os.dup(int(descriptor))) as one:
                if one.family != socket.AF_UNIX and one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        except OSError:
            # No socket, or closed since it was listed.
            continue
