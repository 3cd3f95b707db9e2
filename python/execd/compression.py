"""Content codings both ways: gzip, zlib-wrapped deflate, br. Whose body it is and what is in it are elsewhere."""

import zlib
from collections.abc import Callable

import brotli

from execd.errors import ApiError

# Below this many bytes compression costs more than it saves.
WORTHWHILE = 1024
# Fast levels: a calculation service is asked for time, not for the last byte.
LEVEL = 1

GZIP_WINDOW = 16 + zlib.MAX_WBITS


class Inflater:
    """Undoes one content coding piece by piece and refuses to grow past `limit` bytes in all."""

    def __init__(self, coding: str, limit: int) -> None:
        self.coding = coding
        self.left = limit
        self.limit = limit
        self._take = _decoder(coding)

    def feed(self, piece: bytes) -> bytes:
        """Decode a piece; an over-long or broken stream is an error."""
        try:
            # One byte more than allowed is enough to know.
            plain = self._take(piece, self.left + 1)
        except (zlib.error, brotli.error) as error:
            raise ApiError("invalid_encoding", f"the body is not valid {self.coding}: {error}") from None
        self.left -= len(plain)
        if self.left < 0:
            raise ApiError("too_large", f"the unpacked body is larger than {self.limit} bytes")
        return plain


def _decoder(coding: str) -> Callable[[bytes, int], bytes]:
    match coding:
        case "gzip" | "x-gzip":
            return _zlib_decoder(GZIP_WINDOW)
        case "deflate":
            return _zlib_decoder(zlib.MAX_WBITS)
        case "br":
            return _brotli_decoder()
    raise ApiError("unknown_encoding", f"Content-Encoding {coding!r} is not supported: use gzip, deflate or br")


def _zlib_decoder(window: int) -> Callable[[bytes, int], bytes]:
    decoder = zlib.decompressobj(window)

    def take(piece: bytes, most: int) -> bytes:
        # What does not fit stays in `unconsumed_tail`, and then the limit has been passed anyway.
        return decoder.decompress(piece, most)

    return take


def _brotli_decoder() -> Callable[[bytes, int], bytes]:
    decoder = brotli.Decompressor()

    def take(piece: bytes, most: int) -> bytes:
        plain: bytes = decoder.process(piece, output_buffer_limit=most)
        while len(plain) < most and not decoder.can_accept_more_data():
            plain += decoder.process(b"", output_buffer_limit=most - len(plain))
        return plain

    return take


def choose(accepted: str) -> str | None:
    """The coding to answer in, from an Accept-Encoding header; `None` for as it is."""
    offers: dict[str, float] = {}
    for offer in accepted.split(","):
        name, _, parameter = offer.strip().partition(";")
        quality = parameter.strip().removeprefix("q=") if parameter else "1"
        try:
            offers[name.strip().lower()] = float(quality)
        except ValueError:
            continue
    usable = [name for name in ("gzip", "br", "deflate") if offers.get(name, offers.get("*", 0.0)) > 0]
    best = max((offers.get(name, offers.get("*", 0.0)) for name in usable), default=0.0)
    if best < offers.get("identity", 0.0):
        return None
    return next((name for name in usable if offers.get(name, offers.get("*", 0.0)) == best), None)


def compress(coding: str, plain: bytes) -> bytes:
    """`plain` in `coding`, one of what `choose` gives."""
    if coding == "br":
        packed: bytes = brotli.compress(plain, quality=LEVEL)
        return packed
    packer = zlib.compressobj(LEVEL, wbits=GZIP_WINDOW if coding == "gzip" else zlib.MAX_WBITS)
    return packer.compress(plain) + packer.flush()
