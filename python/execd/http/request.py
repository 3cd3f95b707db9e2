"""A request as handlers see it: method, path, parameters of the path, headers, and the body whole or in pieces."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType
from urllib.parse import parse_qs

from granian.rsgi import HTTPProtocol, ProtocolClosed, Scope

from execd.errors import CallError, Kind

NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})

WITHOUT_BODY = {"GET", "HEAD", "OPTIONS"}
LITTLE = 8 * 1024

# Seconds within which a transport that saw a stream reset says so; it takes a fraction of a millisecond.
MOMENT = 0.005


class Request:
    """One request of a client."""

    __slots__ = ("_arrived", "_pieces", "_protocol", "_scope", "_taken", "declared", "method", "parameters", "path")

    def __init__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        self._scope = scope
        self._protocol = protocol
        self._pieces: AsyncIterator[bytes] | None = None
        self._arrived = 0
        self._taken = False
        self.method: str = scope.method
        self.path: str = scope.path
        self.parameters = NO_PARAMETERS
        """What the braces of the route stand for in this path."""
        length = scope.headers.get("content-length", "")
        self.declared = int(length) if length.isascii() and length.isdigit() else None
        """The length of the body in bytes, if the client says it."""

    def header(self, name: str) -> str:
        """The value of a header, named in lower case; empty if there is none."""
        value: str = self._scope.headers.get(name, "")
        return value

    def query(self, name: str) -> str:
        """The value of a name after the path's question mark; the last of several, empty if there is none."""
        return parse_qs(self._scope.query_string).get(name, [""])[-1]

    @property
    def is_being_sent(self) -> bool:
        """Whether the client still sends a body that somebody can read.

        A client that waits to be told to send it, and was not, never will, and what is left of a little one the
        transport takes.
        """
        if self._taken or self.method in WITHOUT_BODY or (self.header("expect") and not self._pieces):
            return False
        return self.declared is None or self.declared > LITTLE

    async def whole(self) -> bytes:
        """The body in one piece, as it was sent. For bodies whose declared length is small."""
        self._taken = True
        try:
            body: bytes = await self._protocol()
        except ProtocolClosed:
            raise _broken_off() from None
        return body

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body piece by piece, as it was sent. Raises CallError if it breaks off."""
        empty = False
        while self._arrived != self.declared:
            piece = await self._next()
            if piece is None:
                break
            # The transport ends a body with an empty piece. One more stands for what it could not read.
            if empty and not piece and not self.is_http2:
                raise _broken_off()
            empty = not piece
            if piece:
                yield piece
        if self.declared is not None and self._arrived != self.declared:
            raise _broken_off()
        if self.declared is None and self.is_http2:
            await self._refuse_a_reset_stream()
        self._taken = True

    async def discard(self, most: int) -> None:
        """Read what is still to come and throw it away; stop after `most` bytes."""
        thrown = 0
        while thrown <= most and (piece := await self._next()) is not None:
            thrown += len(piece)

    async def _next(self) -> bytes | None:
        if self._pieces is None:
            self._pieces = aiter(self._protocol)
        try:
            # Not `anext` with a default: Granian's worker dies of what that makes of its awaitables.
            piece = await self._pieces.__anext__()
        except StopAsyncIteration:
            return None
        self._arrived += len(piece)
        return piece

    @property
    def is_http2(self) -> bool:
        """Whether its connection may carry other requests at the same time."""
        return bool(self._scope.http_version == "2")

    async def _refuse_a_reset_stream(self) -> None:
        """A body of HTTP/2 without a declared length ends alike when it is complete and when it is reset."""
        try:
            await asyncio.wait_for(self.gone(), MOMENT)
        except TimeoutError:
            return
        raise _broken_off()

    async def gone(self) -> None:
        """Returns when the client has gone away."""
        await self._protocol.client_disconnect()


def _broken_off() -> CallError:
    return CallError(Kind.INVALID_REQUEST, "the body broke off before its end")
