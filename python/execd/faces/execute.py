"""Execute v4: a batch of records in, a batch of results out, synchronously and within the time limit."""

import asyncio
import logging
import uuid
from datetime import UTC, datetime

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from execd import __version__, _native, incoming
from execd.errors import ApiError, ExecdError, InputError, from_native
from execd.faces.envelope import BrokenJson, Envelope, decode
from execd.faces.routing import ignoring_case
from execd.incoming import Deadline, Gone, Watch
from execd.node import Node
from execd.registry import Version
from execd.respond import encode, send_error, send_json

log = logging.getLogger("execd.execute")

PATHS = ("/{tenant}/api/v4/execute", "/{tenant}/api/v4/public/execute")


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
        reading = Reading()
        try:
            accepted = headers.get(b"accept-encoding", b"").decode("latin-1")
            body = await self._answer(headers, receive, deadline, watch, reading)
            await send_json(send, 200, body, accepted)
        except Gone:
            return
        except ExecdError as error:
            await self._refuse(from_native(error), receive, send, deadline, reading)
            if error.kind == "internal":
                log.exception("execution failed")
        except ApiError as error:
            await self._refuse(error, receive, send, deadline, reading)
        finally:
            watch.close()

    async def _answer(
        self,
        headers: incoming.Headers,
        receive: Receive,
        deadline: Deadline,
        watch: Watch,
        reading: "Reading",
    ) -> bytes:
        node = self._node
        if node.admission.is_full:
            raise node.admission.refusal()
        body = await incoming.read(receive, headers, node.settings.max_body, node.holdings, deadline)
        reading.done = True
        try:
            arrived = datetime.now(UTC)
            envelope = await self._decode(body)
            envelope.check_timestamp()
            version = await node.registry.resolve(
                envelope.version_id or "", envelope.service_id or "", envelope.service or ""
            )
            call = _call(envelope, version, arrived)
            async with node.admission.permit(deadline, watch):
                fragments = await node.bridge.execute(version, call, deadline, watch)
        finally:
            node.holdings.give_back(len(body))
        return _envelope(fragments, version, envelope, arrived)

    async def _decode(self, body: bytes) -> Envelope:
        try:
            return decode(body)
        except BrokenJson as broken:
            raise await self._located(body, broken) from None

    async def _located(self, body: bytes, broken: BrokenJson) -> ApiError:
        """The native decoder, which knows the service's inputs, names the record and the input."""
        if broken.inputs_at is None:
            return broken.error
        try:
            version = await self._node.registry.resolve("", "", broken.service)
            await asyncio.to_thread(version.model.check_inputs, body[broken.inputs_at :])
        except InputError as error:
            start = broken.inputs_at
            if error.offset is not None and broken.is_inside(body, start, start + error.offset):
                return ApiError("invalid_json", str(error))
        except ApiError:
            pass
        return broken.error

    async def _refuse(
        self, error: ApiError, receive: Receive, send: Send, deadline: Deadline, reading: "Reading"
    ) -> None:
        if not reading.done:
            # A client that is still sending would not read the answer.
            await incoming.discard(receive, self._node.settings.max_discard, deadline)
        await send_error(send, error)


class Reading:
    """Whether the body has been read to its end."""

    done = False


def _call(envelope: Envelope, version: Version, arrived: datetime) -> _native.Call:
    now = envelope.unix_now()
    return _native.Call(
        bytes(envelope.inputs),
        service=version.source.service,
        outputs=envelope.kept_outputs(),
        unix_now=arrived.timestamp() if now is None else now,
    )


def _envelope(fragments: _native.Fragments, version: Version, envelope: Envelope, arrived: datetime) -> bytes:
    meta = encode(
        {
            "service_id": version.service_id,
            "version_id": version.version_id,
            "version": version.source.number,
            "call_id": str(uuid.uuid4()),
            "compiler_version": __version__,
            "correlation_id": envelope.correlation_id,
            "request_timestamp": arrived.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
    )
    return b"".join(
        (
            b'{"outputs":',
            fragments.outputs,
            b',"process_time":',
            fragments.process_time,
            b',"warnings":',
            fragments.warnings,
            b',"errors":',
            fragments.errors,
            b",",
            meta[1:],
        )
    )
