"""The address that a server listens on: found, and refused where it would be open or taken."""

import socket

from execd.auth.policy import may_listen_on


def listening_address(host: str, port: int) -> str:
    """The address of a host name. Raises ValueError if a server may not or cannot listen there."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise ValueError(f"--host {host}: {error.strerror}") from None
    if not may_listen_on(str(info[4][0]) for info in found):
        raise ValueError(
            f"--host {host}: without keys the server is open to everybody who can reach it, so it listens on "
            "loopback only (127.0.0.1, ::1, localhost)"
        )
    # Granian takes no names; of a name's addresses that of IPv4 is the one that more callers try.
    family, kind, _, _, address = min(found, key=lambda info: info[0] != socket.AF_INET)
    # The workers share their port, and would share it with another server's: callers would reach either.
    with socket.socket(family, kind) as probe:
        # Connections of a server that has just ended do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise ValueError(f"--port {port}: {error.strerror}") from None
    return str(address[0])
