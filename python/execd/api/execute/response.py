"""The answer of Execute v4: the native fragments in their envelope."""

import random
from datetime import UTC, datetime
from functools import lru_cache

from execd import __version__, _native
from execd.api.execute.request import ExecuteRequest
from execd.http.response import encode
from execd.registry.catalog import Version

SEPARATORS = (b'{"outputs":', b',"process_time":', b',"warnings":', b',"errors":')
COMPILER = b'"compiler_version":' + encode(__version__)


def answer(fragments: _native.Fragments, version: Version, request: ExecuteRequest, arrived: float) -> bytes:
    """The body of an answer. `arrived` is when the request did, in Unix seconds."""
    second, fraction = divmod(arrived, 1)
    rest = b',%b,"call_id":"%b",%b,"correlation_id":%b,"request_timestamp":"%b.%03dZ"}' % (
        _identity(version),
        _call_id(),
        COMPILER,
        request.correlation,
        _to_the_second(int(second)),
        int(fraction * 1000),
    )
    return fragments.joined((*SEPARATORS, rest))


@lru_cache(1024)
def _identity(version: Version) -> bytes:
    """The members that name the version."""
    names = {"service_id": version.service_id, "version_id": version.version_id, "version": version.number}
    return encode(names)[1:-1]


def _call_id() -> bytes:
    """A random UUID of version 4; `uuid.uuid4` takes several times as long."""
    digits = f"{random.getrandbits(128):032x}"
    variant = "89ab"[int(digits[16], 16) & 3]
    text = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
    return text.encode()


@lru_cache(1)
def _to_the_second(unix: int) -> bytes:
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%dT%H:%M:%S").encode()
