"""Content codings, without a server."""

import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest

from execd.errors import CallError, Kind
from execd.http.compression import PIECE, Inflater, choose, compress

PLAIN = b'{"inputs": [1, 2, 3]}' * 5000
PACK: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}


@pytest.mark.parametrize("coding", PACK)
@pytest.mark.parametrize("step", [1, 7, 1000, 1_000_000])
def test_any_cut_of_the_stream_inflates(coding: str, step: int) -> None:
    packed = PACK[coding](PLAIN)
    inflater = Inflater(coding, len(PLAIN))
    assert (
        b"".join(piece for at in range(0, len(packed), step) for piece in inflater.feed(packed[at : at + step]))
        == PLAIN
    )
    inflater.finish()


@pytest.mark.parametrize("coding", PACK)
@pytest.mark.parametrize("step", [7, 1000, 1_000_000])
def test_few_bytes_unpack_in_many_pieces(coding: str, step: int) -> None:
    plain = bytes(40 * PIECE + 1)
    packed = PACK[coding](plain)
    inflater = Inflater(coding, len(plain))
    pieces = [piece for at in range(0, len(packed), step) for piece in inflater.feed(packed[at : at + step])]
    inflater.finish()
    assert b"".join(pieces) == plain
    assert max(map(len, pieces)) <= 2 * PIECE


@pytest.mark.parametrize("coding", PACK)
def test_a_bomb_is_refused_before_it_unfolds(coding: str) -> None:
    bomb = PACK[coding](bytes(100 << 20))
    inflater = Inflater(coding, 1 << 20)
    with pytest.raises(CallError) as caught:
        list(inflater.feed(bomb))
    assert caught.value.kind is Kind.TOO_LARGE


@pytest.mark.parametrize("coding", PACK)
def test_garbage_is_the_caller_s_mistake(coding: str) -> None:
    with pytest.raises(CallError) as caught:
        list(Inflater(coding, 1000).feed(b"this is not compressed at all"))
    assert caught.value.kind is Kind.INVALID_ENCODING


@pytest.mark.parametrize("coding", PACK)
def test_a_truncated_stream_is_the_caller_s_mistake(coding: str) -> None:
    inflater = Inflater(coding, len(PLAIN))
    list(inflater.feed(PACK[coding](PLAIN)[:-9]))
    with pytest.raises(CallError) as caught:
        inflater.finish()
    assert caught.value.kind is Kind.INVALID_ENCODING


@pytest.mark.parametrize("coding", PACK)
@pytest.mark.parametrize("step", [1, 1_000_000])
def test_what_stands_after_the_end_is_never_dropped(coding: str, step: int) -> None:
    packed = PACK[coding](PLAIN) + PACK[coding](PLAIN)
    inflater = Inflater(coding, 2 * len(PLAIN))
    with pytest.raises(CallError, match="is not valid") as caught:
        [list(inflater.feed(packed[at : at + step])) for at in range(0, len(packed), step)]
    assert caught.value.kind is Kind.INVALID_ENCODING


def test_an_unknown_coding_is_told() -> None:
    with pytest.raises(CallError) as caught:
        Inflater("zstd", 1000)
    assert caught.value.kind is Kind.UNKNOWN_ENCODING


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("gzip, deflate", "gzip"),
        ("gzip, deflate, br", "gzip"),
        ("br", "br"),
        ("deflate", "deflate"),
        ("br;q=1.0, gzip;q=0.5", "br"),
        ("gzip;q=0", None),
        ("identity", None),
        ("*", "gzip"),
        ("", None),
        ("gzip;q=x, br", "br"),
        ("zstd", None),
        ("identity;q=1, gzip;q=0.5", None),
    ],
)
def test_the_answer_s_coding_is_one_that_the_client_prefers(accepted: str, chosen: str | None) -> None:
    assert choose(accepted) == chosen


@pytest.mark.parametrize("coding", PACK)
def test_what_is_packed_unpacks(coding: str) -> None:
    assert b"".join(Inflater(coding, len(PLAIN)).feed(compress(coding, PLAIN))) == PLAIN
