"""The rule for who may call.

A server has no keys, so everybody who reaches it may call, as any tenant. That is why it may only be reached from its
own machine.
"""

import ipaddress
from collections.abc import Iterable

from execd.auth.principal import Principal
from execd.http.request import Request


def identify(request: Request) -> Principal:
    """Who sends a request."""
    return Principal(request.parameters.get("tenant", ""))


def may_see(_caller: Principal, _owner: Principal) -> bool:
    """Whether a caller may see and stop what another one began."""
    return True


def may_listen_on(addresses: Iterable[str]) -> bool:
    """Whether a server may be reached at all of these addresses."""
    return all(ipaddress.ip_address(address.partition("%")[0]).is_loopback for address in addresses)
