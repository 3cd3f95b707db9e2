"""The library: models, tables in and out, recalculation."""

import json
import pickle
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
    items = inputs["items"]
    assert items["shape"] == "table"
    assert (items["headings"], items["rows"]) == (["price", "count"], 2)
    assert inputs["items"]["default"] == [[1.5, 2.0], [10.0, 1.0]]
    assert {row["name"] for row in model.outputs} == {"sum", "quotient", "shout", "total"}
    assert model.report["formula_cells"] == 4


def test_a_validation_is_described() -> None:
    model = execd.load(EXAMPLES / "MyFolder" / "BlockParty.xlsx")
    described = {row["name"]: row["validation"] for row in model.inputs}
    assert described["A11"] is not None
    assert described["A33"] is None


def test_bytes_in_bytes_out_in_both_layouts(model: execd.Model) -> None:
    arrays = json.loads(model.execute(b'[["a","b"],[1,2],[5,7]]').outputs)
    objects = json.loads(model.execute(b'[{"a":1,"b":2},{"a":5,"b":7}]').outputs)
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
    said = ""
    # A busy machine may be reading the file still when the first of these pass.
    for seconds in (0.1, 0.4, 1.6, 6.4):
        token = _native.CancelToken()
        threading.Timer(seconds, token.cancel).start()
        with pytest.raises(execd.Cancelled) as caught:
            _native.Model(slow_to_compile(), token)
        said = str(caught.value)
        if "B1" in said:
            break
    assert "B1" in said


def test_a_workbook_that_is_too_large_to_compile_is_refused_with_its_formula() -> None:
    with pytest.raises(execd.WorkbookError) as caught:
        execd.load(doubling())
    assert caught.value.kind == "too_large"
    assert "S!B1 =LET(" in str(caught.value)


def test_threads_share_a_model(model: execd.Model) -> None:
    answers: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: answers.append(model.execute(b'[["a","b"],[1,2]]').outputs)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 1
    assert len(answers) == 8


def test_the_report_tells_mistakes_and_warnings_with_their_places() -> None:
    cells = {"A1": 1, "B1": "=A1*2", "C1": 3}
    names = {"Xinput_x": "A1", "Xoutput_y": "B1", "Xinputs_z": "C1"}
    warning = {"sheet": "S", "cell": "C1", "name": "Xinputs_z"}
    warning["message"] = "the name Xinputs_z declares nothing: did you mean Xinput_z?"
    assert execd.load(workbook(cells, names)).report["warnings"] == [warning]
    report = execd.inspect(workbook(cells, names | {"Xinput_t": "D1:E2", "xinput_X": "C1"}))["report"]
    assert report["warnings"] == [warning]
    told = [(row["sheet"], row["cell"], row["name"]) for row in report["mistakes"]]
    assert sorted(told) == [("S", "C1", "xinput_X"), ("S", "D1", "Xinput_t")]
    with pytest.raises(execd.WorkbookError, match=r"(?s)Xinput_t.*xinput_X|xinput_X.*Xinput_t") as failure:
        execd.load(workbook(cells, names | {"Xinput_t": "D1:E2", "xinput_X": "C1"}))
    assert failure.value.kind == "interface"


def test_execute_tells_what_is_wrong(model: execd.Model) -> None:
    answer = model.execute([{"a": 1, "b": 0, "text": "", "items": None, "c": 2}], outputs=["quotient"])
    assert answer.outputs == [{"quotient": "#DIV/0!"}]
    assert answer.errors == [None]
    assert answer.warnings is not None
    told = [item["message"] for item in answer.warnings[0]]
    assert [fragment in message for fragment, message in zip(["'c'", "null", "quotient"], told, strict=True)] == [
        True
    ] * 3
    with pytest.raises(execd.InputError, match=r"strict: 'c' is not an input"):
        model.execute([{"c": 2}], strict=True)


def test_a_frame_with_a_stranger(model: execd.Model) -> None:
    frame = pl.DataFrame({"a": [1], "b": [2], "colour": ["red"], "items[3].price": [5]})
    with pytest.warns(execd.UnmatchedNameWarning) as caught:
        assert model.evaluate(frame, outputs=["sum"], threads=1).row(0) == (3.0, None, None)
    told = sorted(str(one.message) for one in caught)
    assert ["'colour' is not an input" in told[0], "'items[3].price' is beyond the 2 rows" in told[1]] == [True, True]
    with pytest.raises(execd.InputError, match=r"strict: 'colour'"):
        model.evaluate(frame, strict=True)


def test_tables_as_lists_of_structs(model: execd.Model) -> None:
    rows = [
        [{"price": 2.0, "count": 3}],
        None,
        [{"price": 1.0, "count": 1}, None, {"price": 9.0, "count": 9}],
        [],
    ]
    plain = pa.list_(pa.struct([("price", pa.float64()), ("count", pa.int64())]))
    for kind in (plain, pa.large_list(plain.value_type)):
        table = pa.table({"items": pa.array(rows, kind), "b": [1, 2, 3, 4]})
        # Sliced, so that offsets do not begin at 0. Prices times counts, by hand; the third has a row too many.
        result = model.evaluate(pa.concat_tables([table.slice(3), table])).slice(1)
        assert result["total"].to_pylist() == [6.0, 0.0, 1.0, 0.0]
        assert [text is None for text in result["warnings"].to_pylist()] == [True, True, False, True]
    without = pa.table({"items": [[{"price": 2.0}], []], "b": [1, 1]})
    result = model.evaluate(without)
    assert result["errors"].to_pylist() == ["items: heading 'count' is missing; total: #VALUE!", None]


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        (pl.LazyFrame({"a": [1]}), "collect"),
        (pl.Series("a", [1]), "to_frame"),
        ({"a": [1]}, "polars.DataFrame"),
        ([{"a": 1}], "execute"),
    ],
)
def test_what_is_nearly_a_table_gets_advice(model: execd.Model, value: object, advice: str) -> None:
    with pytest.raises(execd.InputError, match=advice):
        model.evaluate(value)


def test_models_travel(tmp_path: Path, model: execd.Model) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(basics())
    of_path, of_bytes = execd.load(path), execd.load(basics())
    assert len(pickle.dumps(of_path)) < 1000
    for one in (of_path, of_bytes):
        again = pickle.loads(pickle.dumps(one))
        assert again.execute([{"a": 1, "b": 2}], outputs=["sum"]).outputs == [{"sum": 3}]
        assert pickle.loads(pickle.dumps(one)) is again, "compiled once in a process"
    assert "book.xlsx" in repr(of_path)
    assert "a, b, items, text -> quotient, shout, sum, total" in repr(model)
    path.write_bytes(slow())
    pickled = pickle.dumps(execd.load(path))
    path.write_bytes(basics())
    with pytest.raises(ValueError, match="has changed"):
        pickle.loads(pickled)
    path.unlink()
    with pytest.raises(FileNotFoundError, match="load the model from bytes"):
        pickle.loads(pickled)
