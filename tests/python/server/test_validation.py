"""Inputs against the data validations of their cells, over the wire.

The oracle is Excel's documentation: "Apply data validation to cells" and "More on data validation" (kinds, operators,
formulas relative to the cell, lists, "Ignore blank": a blank cell that the formula refers to lets every value pass; a
custom formula allows what makes it TRUE), and the Execute API's for what becomes of a failure. Where a limit is an
Excel error, nothing passes, as nothing compares with an error.
"""

import datetime as dt
import json
from typing import Any

import polars as pl
import pytest
from openpyxl.worksheet.datavalidation import DataValidation

import execd
from books import validated, workbook
from conftest import Server
from execd import _native

SERVICE = "tests/validated"
# Excel's serial number of today, and a date some days from it.
TODAY = (dt.datetime.now(dt.UTC).date() - dt.date(1899, 12, 30)).days
FUTURE = TODAY + 100


def refused(server: Server, name: str, values: list[Any], **others: Any) -> list[Any]:
    """Which of the values the input refuses in records that have these other inputs besides."""
    body = server.execute(SERVICE, [[name, *others], *([value, *others.values()] for value in values)])
    for items in body["errors"]:
        assert items is None or [item["source_path"] for item in items] == [f"$.Input.{name}"]
    return [value for value, items in zip(values, body["errors"], strict=True) if items]


@pytest.mark.parametrize(
    ("name", "others", "values", "wrong"),
    [
        ("whole", {}, [0, 1, 1.5, 20, 21, "7", "x", True, None], [0, 1.5, 21, "x", True, None]),
        ("whole", {"base": 11}, [20, 21, 22, 23], [23]),
        ("whole", {"base": "x"}, [1, 2], [1, 2]),
        ("decimal", {"base": 3}, [5.9, 6, -1], [6]),
        ("date", {}, [TODAY, FUTURE, TODAY - 100], [TODAY - 100]),
        ("time", {"base": 8}, [8 / 24, 9 / 24, 0.5, 17.01 / 24], [9 / 24, 0.5]),
        ("length", {"word": "four"}, ["five", "abc", 1234, 1.5, None], ["abc", 1.5, None]),
        ("range", {}, ["red", "GREEN", "blue", "", None], ["blue", "", None]),
        ("dependent", {"word": "fruit"}, ["apple", "red"], ["red"]),
        ("dependent", {"word": "nothing"}, ["apple"], ["apple"]),
        ("dependent", {"word": None}, ["apple", "red"], []),
        ("mixed", {"base": 5, "word": "A"}, [5, "5", "a", 10], [10]),
        ("mixed", {"base": 5, "word": None}, [5, "a"], ["a"]),
        ("single", {"base": 5}, [5, 6], [6]),
        ("single", {"base": None}, [5, 0], [5, 0]),
        ("custom", {}, ["abcd", "abcde", 12345, None], ["abcde", 12345]),
        ("custom", {"base": 0}, ["a"], ["a"]),
        ("custom", {"base": None}, ["abcde"], []),
        ("fraction", {"base": 11}, [1], []),
        ("fraction", {"base": 9}, [1], [1]),
        ("fraction", {"base": 10}, [1], [1]),
        ("not_equal", {"base": 4}, [3, 4, 5, 3.5], [4, 3.5]),
        ("greater", {"base": None}, [0, 0.5], [0]),
        ("at_most", {"base": 3}, [0.3, 0.31], [0.31]),
        ("at_most", {"base": None}, [99], []),
    ],
)
def test_verdicts(server: Server, name: str, others: dict[str, Any], values: list[Any], wrong: list[Any]) -> None:
    assert refused(server, name, values, **others) == wrong


def test_a_failure_is_told_and_stops_nothing(server: Server) -> None:
    body = server.execute(SERVICE, [{"base": 4, "whole": 9, "custom": "abcde"}, {"base": 5, "whole": 9}])
    item = {"error_category": "validation_error", "error_type": "error.VALIDATION", "additional_details": "validated"}
    assert body["errors"] == [
        [
            {
                "source_path": "$.Input.custom",
                "message": "Input Not Valid",
                "rule": "a value that a formula of the workbook allows",
                "value": "abcde",
                **item,
            },
            {
                "source_path": "$.Input.whole",
                "message": "At most twice the base",
                "rule": "a whole number between 1 and a value that the workbook calculates",
                "value": 9,
                **item,
            },
        ],
        None,
    ]
    assert body["outputs"] == [{"twice": 8}, {"twice": 10}]


def test_cells_named_xvalidate_complain(server: Server) -> None:
    body = server.execute(SERVICE, [["base", "not_equal"], [1, 2], [-1, -1], [99, 1], [-2, 1]])
    told = [items and [(item["source_path"], item["message"]) for item in items] for items in body["errors"]]
    assert told == [
        None,
        [("$.Input.not_equal", "Input Not Valid"), ("$.Input.base", "Base is -1")],
        [("$.Input.Other", "#DIV/0!")],
        [("$.Input.base", "Base is -2")],
    ]
    assert body["outputs"] == [["twice"], [2], [-2], [198], [-4]]


def test_cells_of_a_table_are_judged_with_their_own_row(server: Server) -> None:
    def table(*rows: list[int]) -> list[list[Any]]:
        return [[["low", "high"], *rows]]

    records = [table([1, 2], [5, 6]), table([1, 2], [6, 5]), table([3, 2], [6, 5])]
    body = server.execute(SERVICE, [["table"], *records])
    messages = [items and [item["message"] for item in items] for items in body["errors"]]
    assert messages == [None, ["High must be above low"], ["High must be above low"]]


def test_a_blank_row_of_a_table_is_not_judged(server: Server) -> None:
    """The rows given are the rows; a blank in one of them is judged, for the author does not ignore blanks."""
    rows = [["low", "high"], [1, 2], None]
    errors = server.execute(SERVICE, [["table"], [rows], [[*rows[:2], [3, None]]], [[*rows[:2], [None, None]]]])[
        "errors"
    ]
    assert errors[0] is None
    assert errors[2] is None
    assert (errors[1][0]["value"], errors[1][0]["row"], errors[1][0]["heading"]) == (None, 2, "high")


def test_a_text_that_passes_as_a_number_is_that_number() -> None:
    """Oracle: in Excel, 12 typed into a cell with such a validation is the number 12, so that =A1=12 is TRUE."""
    rules = [
        DataValidation("whole", "1", "20"),
        DataValidation("list", '"5,12,red"'),
        DataValidation("list", "$D$1:$D$2"),
    ]
    for rule in rules:
        cells = {"A1": 5, "B1": "=A1=12", "D1": 5, "D2": 12}
        model = execd.load(workbook(cells, {"Xinput_v": "A1", "Xoutput_o": "B1"}, {"A1": rule}))
        answer = model.execute([["v"], ["12"], [" 12 "], [12], ["13"]])
        assert answer.outputs is not None
        assert [row[0] for row in answer.outputs[1:]] == [True, True, True, False]
        assert answer.errors is not None
        assert [items is None for items in answer.errors][:3] == [True, True, True]


def test_every_record_is_judged_alike_in_any_batch(server: Server) -> None:
    rows = [[base, amount] for base in range(60) for amount in range(60)]
    errors = server.execute(SERVICE, [["base", "whole"], *rows])["errors"]
    assert [items is None for items in errors] == [1 <= amount <= base * 2 for base, amount in rows]


def test_the_clock_of_the_call_counts(server: Server) -> None:
    # 2022-04-22 and the day before it as serial numbers.
    body = server.execute(SERVICE, [["date"], [44673], [44672]], manual_now=1650593119)
    assert [items is None for items in body["errors"]] == [True, False]


def test_rules_are_described() -> None:
    described: dict[str, Any] = {row["name"]: row["validation"] for row in execd.load(validated()).inputs}
    assert (described["whole"]["rule"], described["whole"]["limits"]) == ("whole", [1.0, None])
    assert described["range"]["options"] == ["red", "green"]
    assert described["dependent"]["options"] is None
    assert described["custom"]["rule"] == "custom"
    assert [row["cells"] for row in described["table"]] == [[(1, "high")], [(2, "high")]]
    assert described["base"] is None


def test_tables_in_and_out_tell_failures() -> None:
    result = execd.load(validated()).evaluate(pl.DataFrame({"base": [4, 5], "whole": [9, 9]}))
    assert [text is None for text in result["errors"]] == [False, True]
    assert json.dumps(result["errors"].to_list()).count("At most twice the base") == 1


OPERATORS = ["between", "notBetween", "equal", "notEqual", "greaterThan", "lessThan", "greaterThanOrEqual"]
FORMULAS = [
    *(("whole", operator, "$B$1", "5") for operator in OPERATORS),
    ("decimal", "between", "$B$1", "$B$1*2"),
    ("textLength", "lessThanOrEqual", "$B$1", None),
    ("list", None, "$B$1", None),
    ("list", None, "$B$1:$D$1", None),
    ("list", None, "IF($B$1=2,$D$1:$D$2,$D$3:$D$4)", None),
    ("custom", None, "AND(A1>=$B$1,LEN(A1)<4)", None),
]


@pytest.mark.parametrize("blank", [True, False])
@pytest.mark.parametrize(("kind", "operator", "first", "second"), FORMULAS)
def test_a_limit_is_the_same_in_the_workbook_and_in_the_record(
    kind: str, operator: str | None, first: str, second: str | None, *, blank: bool
) -> None:
    values = [0, 1, 2, 2.5, -1, "2", "x", "", "2.50", True, None, "TRUE", "abc"]
    limits = [2, 2.5, "2", "x", True, None, 0, -1]

    def model(limit: object, inputs: dict[str, str]) -> execd.Model:
        rule = DataValidation(kind, first, second, operator=operator, allow_blank=blank)
        cells = {"A1": 1, "B1": limit, "C1": "x", "D1": "x", "D2": 2, "D3": 2.5, "D4": True}
        return execd.load(workbook(cells, {"Xinput_v": "A1", "Xoutput_o": "C1"} | inputs, {"A1": rule}))

    def refusals(model: execd.Model, records: list[list[Any]]) -> list[bool]:
        answer = model.native.answer(_native.Engine.shared(), _native.Call(json.dumps(records).encode()))
        return [items is not None for items in json.loads(answer.errors)]

    of_record = model(None, {"Xinput_b": "B1"})
    for limit in limits:
        changing = refusals(of_record, [["v", "b"], *([value, limit] for value in values)])
        constant = model(limit, {})
        told = [warning["message"] for warning in constant.report["warnings"]]
        match [message for message in told if message.startswith("the validation")]:
            case []:
                assert changing == refusals(constant, [["v"], *([value] for value in values)]), limit
            case [message] if "blank" in message:
                assert not any(changing), limit
            case _:
                assert changing == [value is not None or not blank for value in values], limit
