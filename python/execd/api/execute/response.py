"""The answer of Execute v4: the native fragments in their envelope."""

import random
from functools import lru_cache

from execd import __version__, _native
from execd.api.execute.request import ExecuteRequest
from execd.http.response import encode
from execd.registry.catalog import Version
from execd.telemetry.moment import iso

SEPARATORS = (b'{"outputs":', b',"process_time":', b',"warnings":', b',"errors":')
# Of the bits of a UUID six are fixed: the digit of the version, and the variant.
NOT_RANDOM = 0x4 << 76 | 0x8 << 60
RANDOM = ~(0xF << 76 | 0xC << 60)
COMPILER = b'"compiler_version":' + encode(__version__)


def answer(
    fragments: _native.Fragments, version: Version, request: ExecuteRequest, arrived: float, call_id: str
) -> bytes:
    """The body of an answer. `arrived` is when the request did, in Unix seconds."""
    rest = b',%b,"call_id":"%b",%b,"correlation_id":%b,"request_timestamp":"%b"}' % (
        _identity(version),
        call_id.encode(),
        COMPILER,
        request.correlation,
        iso(arrived).encode(),
    )
    return fragments.joined((*SEPARATORS, rest))


@lru_cache(1024)
def _identity(version: Version) -> bytes:
    """The members that name the version."""
    names = {"service_id": version.service_id, "version_id": version.version_id, "version": version.number}
    return encode(names)[1:-1]


def new_call_id() -> str:
    """A random UUID of version 4; `uuid.uuid4` takes several times as long."""
    digits = f"{random.getrandbits(128) & RANDOM | NOT_RANDOM:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
