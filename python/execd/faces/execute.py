"""Execute v4: a batch of records in, a batch of results out, synchronously and within the time limit."""

import logging
import os
import re
import time
from datetime import UTC, datetime
from functools import lru_cache

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from execd import __version__, _native, incoming
from execd.errors import ApiError, ExecdError, InputError, InternalError, from_native
from execd.faces.envelope import Asked, Request, decode, guess
from execd.faces.routing import ignoring_case
from execd.incoming import Deadline, Gone, Watch
from execd.node import Node
from execd.registry import Version
from execd.respond import encode, send_error, send_json

log = logging.getLogger("execd.execute")

SEPARATORS = (b'{"outputs":', b',"process_time":', b',"warnings":', b',"errors":')
COMPILER = b'"compiler_version":' + encode(__version__)

PATHS = ("/{tenant}/api/v4/execute", "/{tenant}/api/v4/public/execute")


is_path = re.compile("|".join(path.replace("{tenant}", "[^/]+") for path in PATHS), re.IGNORECASE).fullmatch


def routes(node: Node) -> list[BaseRoute]:
    """Both paths lead to the same handler; the fixed parts ignore case."""
    return [ignoring_case(Route(path, Execute(node), methods=["POST"])) for path in PATHS]


class Execute:
    """The handler, as a plain ASGI application."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call; a mistake of the caller, an overload and a bug all get a body that says so."""
        deadline = Deadline(self._node.settings.time_limit)
        headers = dict(scope["headers"])
        watch = Watch(receive)
        try:
            body = await self._answer(headers, receive, deadline, watch)
            await send_json(send, 200, body, headers.get(b"accept-encoding", b""))
        except Gone:
            return
        except ExecdError as error:
            await self._refuse(from_native(error), receive, send, deadline, watch)
            if error.kind == "internal":
                log.exception("execution failed")
        except ApiError as error:
            await self._refuse(error, receive, send, deadline, watch)
        except Exception:
            log.exception("%s failed", scope["path"])
            await self._refuse(from_native(InternalError()), receive, send, deadline, watch)
        finally:
            watch.close()

    async def _answer(self, headers: incoming.Headers, receive: Receive, deadline: Deadline, watch: Watch) -> bytes:
        node = self._node
        if node.admission.is_full:
            raise node.admission.refusal()
        body = await node.uploads.read(receive, headers, deadline)
        watch.uploaded = True
        try:
            arrived = time.time()
            request = guess(body)
            version = request and node.registry.found(request.asked.address)
            if request and version:
                try:
                    return await self._execute(request, version, arrived, deadline, watch)
                except InputError:
                    # Or the guess was wrong.
                    pass
            request = decode(body)
            version = await node.registry.resolve(*request.asked.address)
            return await self._execute(request, version, arrived, deadline, watch)
        finally:
            node.uploads.give_back(body)

    async def _execute(
        self, request: Request, version: Version, arrived: float, deadline: Deadline, watch: Watch
    ) -> bytes:
        admission, bridge = self._node.admission, self._node.bridge
        call = _call(request, version, arrived)
        permit = admission.offer(deadline)
        if isinstance(permit, int):
            permit = await admission.wait(permit, watch)
        try:
            fragments = bridge.at_once(version, call, deadline)
            if fragments is None:
                fragments = await bridge.in_thread(version, call, deadline, watch)
        finally:
            admission.give_back(permit)
        return _envelope(fragments, version, request.asked, arrived)

    async def _refuse(self, error: ApiError, receive: Receive, send: Send, deadline: Deadline, watch: Watch) -> None:
        if not watch.uploaded:
            # A client that is still sending would not read the answer.
            await self._node.uploads.discard(receive, deadline)
        await send_error(send, error)


def _call(request: Request, version: Version, arrived: float) -> _native.Call:
    asked, body, span = request
    return _native.Call(
        body,
        span,
        service=version.source.service,
        outputs=asked.outputs,
        unix_now=arrived if asked.unix_now is None else asked.unix_now,
    )


def _envelope(fragments: _native.Fragments, version: Version, asked: Asked, arrived: float) -> bytes:
    second, fraction = divmod(arrived, 1)
    rest = b',%b,"call_id":"%b",%b,"correlation_id":%b,"request_timestamp":"%b.%03dZ"}' % (
        version.identity,
        _call_id(),
        COMPILER,
        asked.correlation,
        _to_the_second(int(second)),
        int(fraction * 1000),
    )
    return fragments.joined((*SEPARATORS, rest))


def _call_id() -> bytes:
    """A random UUID of version 4; `uuid.uuid4` takes several times as long."""
    digits = os.urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    text = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
    return text.encode()


@lru_cache(1)
def _to_the_second(unix: int) -> bytes:
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%dT%H:%M:%S").encode()
