"""The library: models, tables in and out, recalculation."""

import json
import threading
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

import execd
from books import HOSTILE, basics, doubling, slow, slow_inputs, slow_to_compile, workbook
from execd import _native

EXAMPLES = Path(execd.__file__).parent / "examples"


@pytest.fixture(scope="module")
def model() -> execd.Model:
    return execd.load(basics())


def test_the_interface_is_described(model: execd.Model) -> None:
    inputs = {row["name"]: row for row in model.inputs}
    assert (inputs["a"]["shape"], inputs["a"]["default"], inputs["text"]["default"]) == ("scalar", 2.0, "x")
    assert (inputs["items"]["headings"], inputs["items"]["rows"]) == (["price", "count"], 2)
    assert inputs["items"]["default"] == [[1.5, 2.0], [10.0, 1.0]]
    assert {row["name"] for row in model.outputs} == {"sum", "quotient", "shout", "total"}
    assert model.report["formula_cells"] == 4


def test_a_validation_is_described() -> None:
    model = execd.load(EXAMPLES / "MyFolder" / "BlockParty.xlsx")
    described = {row["name"]: row["validation"] for row in model.inputs}
    assert described["A11"] is not None
    assert described["A33"] is None


def test_bytes_in_bytes_out_in_both_layouts(model: execd.Model) -> None:
    arrays = json.loads(model.execute(b'[["a","b"],[1,2],[5,7]]'))
    objects = json.loads(model.execute(b'[{"a":1,"b":2},{"a":5,"b":7}]'))
    assert [row[arrays[0].index("sum")] for row in arrays[1:]] == [3, 12]
    assert [row["sum"] for row in objects] == [3, 12]


def test_a_pyarrow_table_gives_one(model: execd.Model) -> None:
    result = model.evaluate(pa.table({"a": [1.0, 5.0, None], "b": [2, 7, 1], "text": ["p", None, "q"]}))
    assert isinstance(result, pa.Table)
    assert result["sum"].to_pylist() == [3.0, 12.0, 1.0]
    assert result["shout"].to_pylist() == ["p!", "!", "q!"]


def test_a_polars_frame_gives_one(model: execd.Model) -> None:
    result = model.evaluate(pl.DataFrame({"a": [1, 5], "b": [2.5, 7.5]}))
    assert isinstance(result, pl.DataFrame)
    assert result["sum"].to_list() == [3.5, 12.5]
    assert result["quotient"].to_list() == [0.4, 5 / 7.5]


def test_a_polars_column_of_nothing_but_nulls_is_blank(model: execd.Model) -> None:
    result = model.evaluate(pl.DataFrame({"a": [None, None], "b": [2, 3]}))
    assert result["sum"].to_list() == [2.0, 3.0]


def test_an_output_may_be_called_errors() -> None:
    cells = {"B1": 2, "B2": "=B1*2", "B3": "=1/B1"}
    model = execd.load(workbook(cells, {"Xinput_a": "B1", "Xoutput_Errors": "B2", "Xoutput_ratio": "B3"}))
    result = model.evaluate(pl.DataFrame({"a": [4, 0]}))
    assert result["Errors"].to_list() == [8, 0]
    assert result["_errors"].to_list() == [None, "ratio: #DIV/0!"]


@pytest.mark.parametrize("value", [5, "x", [1], None, {"a": [1]}])
def test_what_is_no_table_is_refused(model: execd.Model, value: object) -> None:
    with pytest.raises(execd.InputError, match="__arrow_c_stream__"):
        model.evaluate(value)


def test_broken_inputs_name_the_place(model: execd.Model) -> None:
    with pytest.raises(execd.InputError, match=r"record 2, input 'a'") as caught:
        model.execute(b'[{"a":1},{"a":NaN}]')
    assert caught.value.kind == "invalid_input"
    assert caught.value.offset is not None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(("encrypted", "encrypted"), ("truncated", "not_a_workbook"), ("notaworkbook", "not_a_workbook")),
        *(("empty", "not_a_workbook"), ("unsupported", "unsupported"), ("bomb", "too_large")),
    ],
)
def test_a_file_that_cannot_be_compiled_has_a_kind(name: str, kind: str) -> None:
    with pytest.raises(execd.WorkbookError) as caught:
        execd.load(HOSTILE[name]())
    assert caught.value.kind == kind


def test_a_file_that_cannot_be_compiled_is_still_described() -> None:
    description = execd.inspect(HOSTILE["unsupported"]())
    assert [row["name"] for row in description["inputs"]] == ["x"]
    (gap,) = description["report"]["unsupported"]
    assert (gap["sheet"], gap["cell"]) == ("S", "B1")
    assert "NOSUCHFUNCTION" in gap["formula"]


def test_recalculation_has_a_row_per_formula_cell() -> None:
    cells = {"A1": 2, "A2": "=A1*3", "A3": '="x"&A1', "A4": "=A1>1", "A5": "=1/0", "A6": "=NOSUCHFUNCTION(1)"}
    table = execd.recalculate(workbook(cells, {}))
    assert table.column_names == ["sheet", "cell", "kind", "number", "text"]
    rows = {row["cell"]: (row["kind"], row["number"], row["text"]) for row in table.to_pylist()}
    unsupported = rows.pop("A6")
    assert rows == {
        "A2": ("number", 6.0, None),
        "A3": ("text", None, "x2"),
        "A4": ("bool", None, "TRUE"),
        "A5": ("error", None, "#DIV/0!"),
    }
    assert unsupported[0] == "unsupported"
    assert unsupported[2]


def test_an_execution_can_be_cancelled_and_limited() -> None:
    model = _native.Model(slow())
    call, engine = _native.Call(slow_inputs(2_000_000)), _native.Engine(1)
    with pytest.raises(execd.DeadlineExceeded):
        model.answer(engine, call, _native.CancelToken(), 0.05)
    token = _native.CancelToken()
    threading.Timer(0.05, token.cancel).start()
    with pytest.raises(execd.Cancelled):
        model.answer(engine, call, token)


def test_a_compile_can_be_cancelled() -> None:
    token = _native.CancelToken()
    threading.Timer(0.1, token.cancel).start()
    with pytest.raises(execd.Cancelled) as caught:
        _native.Model(slow_to_compile(), token)
    assert "B1" in str(caught.value)


def test_a_workbook_that_is_too_large_to_compile_is_refused_with_its_formula() -> None:
    with pytest.raises(execd.WorkbookError) as caught:
        execd.load(doubling())
    assert caught.value.kind == "too_large"
    assert "S!B1 =LET(" in str(caught.value)


def test_threads_share_a_model(model: execd.Model) -> None:
    answers: list[bytes] = []
    threads = [threading.Thread(target=lambda: answers.append(model.execute(b'[["a","b"],[1,2]]'))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 1
    assert len(answers) == 8
