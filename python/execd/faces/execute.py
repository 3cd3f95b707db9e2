"""Execute v4: a batch of records in, a batch of results out, synchronously and within the time limit."""

import logging
import os
import re
from datetime import UTC, datetime

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from execd import __version__, _native, incoming
from execd.errors import ApiError, ExecdError, InternalError, from_native
from execd.faces.envelope import Envelope, Span, decode
from execd.faces.routing import ignoring_case
from execd.incoming import Deadline, Gone, Watch
from execd.node import Node
from execd.registry import Version
from execd.respond import encode, send_error, send_json

log = logging.getLogger("execd.execute")

SEPARATORS = (b'{"outputs":', b',"process_time":', b',"warnings":', b',"errors":')

# Version 4 and its variant, and the bits that are free.
CALL_ID_FIXED = 0x00000000_0000_4000_8000_000000000000
CALL_ID_FREE = 0xFFFFFFFF_FFFF_0FFF_3FFF_FFFFFFFFFFFF

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
        except Exception:
            log.exception("%s failed", scope["path"])
            await self._refuse(from_native(InternalError()), receive, send, deadline, reading)
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
            envelope, inputs, span = decode(body)
            version = await node.registry.resolve(
                envelope.version_id or "", envelope.service_id or "", envelope.service or ""
            )
            call = _call(inputs, version, arrived, envelope, span)
            with await node.admission.permit(deadline, watch):
                fragments = await node.bridge.execute(version, call, deadline, watch)
        finally:
            node.holdings.give_back(len(body))
        return _envelope(fragments, version, envelope, arrived)

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


def _call(body: bytes, version: Version, arrived: datetime, envelope: Envelope, span: Span | None) -> _native.Call:
    now = envelope.unix_now()
    return _native.Call(
        body,
        span,
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
            "call_id": _call_id(),
            "compiler_version": __version__,
            "correlation_id": envelope.correlation_id,
            "request_timestamp": arrived.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
    )
    return fragments.joined((*SEPARATORS, b"," + meta[1:]))


def _call_id() -> str:
    """A random UUID; `uuid.uuid4` takes several times as long."""
    bits = int.from_bytes(os.urandom(16)) & CALL_ID_FREE | CALL_ID_FIXED
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
