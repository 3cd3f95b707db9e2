"""Arrow data that lie: they come over the C interface, where nobody has looked at them."""

import struct

import pyarrow as pa
import pytest

import execd
from books import basics

TEXTS = b"abcdef"


def texts(data: bytes, *offsets: int) -> pa.Array:
    buffer = pa.py_buffer(struct.pack(f"<{len(offsets)}i", *offsets))
    return pa.Array.from_buffers(pa.utf8(), len(offsets) - 1, [None, buffer, pa.py_buffer(data)])


def dictionary(*indexes: int) -> pa.Array:
    keys = pa.array(indexes, pa.int32())
    return pa.DictionaryArray.from_arrays(keys, pa.array(["x", "y"]), safe=False)


@pytest.fixture(scope="module")
def model() -> execd.Model:
    return execd.load(basics())


@pytest.mark.parametrize(
    "column",
    [
        pytest.param(texts(b"\xff\xfe\xfdok!", 0, 3, 6), id="no UTF-8"),
        pytest.param(texts("aé".encode(), 0, 2, 3), id="half a character"),
        pytest.param(texts(TEXTS, 0, 5, 2), id="offsets that fall"),
        pytest.param(dictionary(0, 7), id="an index beyond the dictionary"),
        pytest.param(dictionary(-1, 0), id="a negative index"),
    ],
)
def test_a_damaged_column_is_named(model: execd.Model, column: pa.Array) -> None:
    table = pa.table({"a": [1.0, 2.0], "text": column})
    with pytest.raises(execd.InputError, match=r"the column .text. is damaged"):
        model.evaluate(table)


def test_offsets_beyond_the_buffer_are_refused(model: execd.Model) -> None:
    offsets = bytearray(struct.pack("<3i", 0, 3, 6))
    column = pa.Array.from_buffers(pa.utf8(), 2, [None, pa.py_buffer(offsets), pa.py_buffer(TEXTS)])
    table = pa.table({"a": [1.0, 2.0], "text": column})
    # pyarrow has looked at them, and they are changed behind its back.
    offsets[8:] = struct.pack("<i", 1 << 30)
    with pytest.raises(execd.InputError, match="cannot be read"):
        model.evaluate(table)


def test_a_damaged_column_that_names_no_input_is_not_looked_at(model: execd.Model) -> None:
    table = pa.table({"a": [1.0, 2.0], "other": texts(b"\xff\xfe\xfdok!", 0, 3, 6)})
    with pytest.warns(execd.UnmatchedNameWarning, match="other"):
        assert model.evaluate(table)["sum"].to_pylist() == [4.0, 5.0]


def test_a_slice_of_sound_data_is_sound(model: execd.Model) -> None:
    table = pa.table({"a": [1.0, 2.0, 3.0], "text": ["a", "é", "b"]})
    assert model.evaluate(table.slice(1, 2))["shout"].to_pylist() == ["é!", "b!"]
