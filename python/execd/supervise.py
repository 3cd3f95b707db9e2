"""Starts the workers of a server and keeps them going; no worker outlives the main process."""

import ctypes
import ipaddress
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections import deque
from functools import partial
from typing import Any

from granian.constants import Interfaces, Loops
from granian.server.mp import MPServer

from execd.app import create_app
from execd.settings import Settings

PR_SET_PDEATHSIG = 1
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
# Bytes of a block that is returned to the system when it is freed, and of free memory that is not.
LARGE = 4 << 20
KEPT = 16 << 20
# More respawns than this within a minute mean that the workers cannot run at all.
MAX_RESPAWNS = 30
MINUTE = 60.0
# Seconds that a worker gets to finish its requests after SIGTERM, beyond the time limit of an execution.
GRACE = 5


class Supervisor(MPServer):
    """Granian's server, which gives up on a worker that dies twice in a few seconds, with more patience."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self._respawns: deque[float] = deque(maxlen=MAX_RESPAWNS)

    def _respawn_workers(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super()._respawn_workers(*args, **kwargs)
        now = time.monotonic()
        if len(self._respawns) < MAX_RESPAWNS or now - self._respawns[0] > MINUTE:
            self.respawned_wrks.clear()
        self._respawns.append(now)


def serve(settings: Settings) -> None:
    """Serve until a signal ends it."""
    settings = settings.for_machine()
    refuse_open_network(settings.host)
    # Granian takes no names; of a name's addresses that of IPv4 is the one that more callers try.
    addresses = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    family, kind, _, _, address = min(addresses, key=lambda one: one[0] != socket.AF_INET)
    refuse_taken_port(family, kind, address)
    if settings.data:
        (settings.data / "services").mkdir(parents=True, exist_ok=True)
    # A forked worker would share the descriptor of the slot file, and with it the permits, and inherit no threads.
    multiprocessing.set_start_method("spawn", force=True)
    server = Supervisor(
        "execd",
        address=str(address[0]),
        port=settings.port,
        interface=Interfaces.ASGINL,
        workers=settings.workers,
        loop=Loops.uvloop if sys.platform == "linux" else Loops.auto,
        websockets=False,
        backlog=2048,
        backpressure=4096,
        respawn_failed_workers=True,
        workers_kill_timeout=int(settings.time_limit) + GRACE,
    )
    server.serve(target_loader=partial(_load, settings, os.getpid()), wrap_loader=False)


def _load(settings: Settings, parent: int) -> Any:  # noqa: ANN401
    """Runs in a new worker."""
    die_with_parent(parent)
    keep_freed_memory()
    return create_app(settings)


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when `parent` dies; `kill -9` of it must leave no orphan serving."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def keep_freed_memory() -> None:
    """Tell glibc to keep what calls need again and again; else every large answer may get, clear and return pages."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(M_MMAP_THRESHOLD, LARGE)
        mallopt(M_TRIM_THRESHOLD, KEPT)


def refuse_open_network(host: str) -> None:
    """A server without keys answers anybody who reaches it, so it may only be reached from this machine."""
    try:
        addresses = {info[4][0] for info in socket.getaddrinfo(host, None)}
    except OSError as error:
        raise ValueError(f"--host {host}: {error.strerror}") from None
    if not all(ipaddress.ip_address(str(address).partition("%")[0]).is_loopback for address in addresses):
        raise ValueError(
            f"--host {host}: without keys the server is open to everybody who can reach it, so it listens on "
            "loopback only (127.0.0.1, ::1, localhost)"
        )


def refuse_taken_port(family: socket.AddressFamily, kind: socket.SocketKind, address: tuple[Any, ...]) -> None:
    """The workers share their port, and would share it with another server's: callers would reach either."""
    with socket.socket(family, kind) as probe:
        # Connections of a server that has just ended do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise ValueError(f"--port {address[1]}: {error.strerror}") from None
