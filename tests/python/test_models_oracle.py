"""The five benchmark workbooks against the reference values of tests/oracle, whose metadata name the oracle.

However the records are cut into batches and on however many threads they run, the results must be the same bits.
"""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import compute as pc

import execd
from execd import _native

ROOT = Path(__file__).parents[2]
MODELS = ["double", "mortgage", "premium", "blackscholes", "cashflow"]
RELATIVE = 1e-9
EPOCH = pa.scalar(-25_569, pa.int32())


@cache
def model(name: str) -> execd.Model:
    return execd.load(ROOT / "examples" / "services" / "models" / f"{name}.xlsx")


@cache
def reference(name: str, side: str) -> pa.Table:
    """The inputs (`in`) or the outputs (`out`) of the reference records."""
    table = pq.read_table(ROOT / "tests" / "oracle" / f"{name}.parquet")
    names = [column for column in table.column_names if column.startswith(f"{side}.")]
    return table.select(names).rename_columns([column.removeprefix(f"{side}.") for column in names])


@cache
def alone(name):
    """The outputs of every reference record, each calculated as a batch of its own."""
    return evaluated(name, reference(name, "in"), batch=1)


def evaluated(name, inputs, *, batch, threads=1):
    """The outputs for `inputs`, in batches of `batch` records."""
    engine = _native.Engine(threads)
    parts = [
        pa.table(model(name).native.evaluate(engine, inputs.slice(first, batch))[0])
        for first in range(0, inputs.num_rows, batch)
    ]
    return pa.concat_tables(parts).combine_chunks()


def repeated(table, rows):
    """A table of `rows` rows that starts over when its rows are used up."""
    copies = -(-rows // table.num_rows)
    return pa.concat_tables([table] * copies).slice(0, rows).combine_chunks()


def numbers(column: pa.ChunkedArray) -> Any:
    """Numbers as they are, dates as serials."""
    if pa.types.is_date32(column.type):
        return pc.subtract(column.cast(pa.int32()), EPOCH).cast(pa.float64()).to_pylist()
    return column.to_pylist()


def differences(name: str, outputs: pa.Table) -> list[tuple[Any, ...]]:
    """Where outputs are not the reference's: (record, output, value, reference)."""
    found = []
    for output in reference(name, "out").column_names:
        wanted = reference(name, "out")[output].to_pylist()
        for record, (x, y) in enumerate(zip(numbers(outputs[output]), wanted, strict=True)):
            same = x == y if isinstance(y, str) else abs(x - y) <= RELATIVE * abs(y)
            if not same:
                found.append((record, output, x, y))
    return found


@pytest.mark.parametrize("name", MODELS)
def test_records_alone_agree_with_the_oracle(name):
    assert reference(name, "in").num_rows == 2000
    assert differences(name, alone(name)) == []


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("batch", [1, 7, 1_000, 10_000])
@pytest.mark.parametrize("name", MODELS)
def test_batches_and_threads_give_the_same_bits(name, batch, threads):
    rows = 10_000 if batch == 10_000 else 2_000
    outputs = evaluated(name, repeated(reference(name, "in"), rows), batch=batch, threads=threads)
    assert outputs.equals(repeated(alone(name), rows))


@pytest.mark.parametrize("name", MODELS)
def test_json_agrees_with_the_oracle(name):
    inputs = reference(name, "in")
    rows = [list(record.values()) for record in inputs.to_pylist()]
    answer = model(name).execute(msgspec.json.encode([inputs.column_names, *rows])).outputs
    header, *records = msgspec.json.decode(answer)
    wanted = reference(name, "out").select(header)
    kinds = {output["name"]: output["formats"][0] for output in model(name).outputs}
    dates = [kinds[output] == "date" for output in header]
    for given, exact in zip(records, wanted.to_pylist(), strict=True):
        for is_date, x, y in zip(dates, given, exact.values(), strict=True):
            if is_date:
                assert serial(x) == y
            elif isinstance(y, str):
                assert x == y
            else:
                assert x == pytest.approx(y, rel=RELATIVE)


def serial(text):
    """The serial of a date as JSON spells it."""
    days = pa.array([text]).cast(pa.date32()).cast(pa.int32())[0].as_py()
    return days + 25_569
