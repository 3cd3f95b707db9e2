"""Who is refused when workers die: what is certain at once, what is doubtful later, innocents hardly ever."""

import pytest

from execd.errors import CallError, Kind
from execd.runtime.board import Board, Running, Subject, Where
from execd.runtime.suspension import MOST, Suspensions
from execd.server.pulse import OVERDUE
from execd.server.suspects import FIRST, FORGOTTEN, LONGEST, Suspects, causes

GUILTY, BUSY = Subject("T/guilty", "1.0.0"), Subject("T/busy", "1.0.0")


def ran(subject: Subject, completed: int = 0, where: Where = Where.THREAD, end: float = 1e9) -> Running:
    return Running(where, end, completed, "call", subject.packed)


def accused(suspects: Suspects, *running: Running, now: float) -> list[tuple[str, float]]:
    return [(packed.split(b"\0")[0].decode(), seconds) for packed, seconds in suspects.accuse(running, now)]


def test_each_suspension_takes_twice_as_long_until_it_is_forgotten() -> None:
    suspects = Suspects(Suspensions())
    assert accused(suspects, ran(GUILTY), now=0.0) == []
    assert accused(suspects, ran(GUILTY), now=1.0) == [("T/guilty", FIRST)]
    assert accused(suspects, ran(GUILTY), now=2.0) == [], "it is refused already; this one had begun before"
    now, seconds = 1.0, FIRST
    for _ in range(10):
        now += seconds + 1
        seconds = min(2 * seconds, LONGEST)
        assert accused(suspects, ran(GUILTY), now=now) == [("T/guilty", seconds)]
    now += seconds + FORGOTTEN + 1
    assert accused(suspects, ran(GUILTY), now=now) == []
    assert accused(suspects, ran(GUILTY), now=now + 1) == [("T/guilty", FIRST)]


def test_what_was_executed_often_before_is_not_blamed_for_a_newcomer() -> None:
    suspects = Suspects(Suspensions())
    found = []
    for death in range(20):
        # The newcomer kills every time; the other one is always in flight, and had been executed a while.
        now = death * 2 * LONGEST / 20
        found += accused(suspects, ran(GUILTY), ran(BUSY, 50), ran(BUSY, 49), now=now)
    assert found
    assert {name for name, _ in found} == {"T/guilty"}


def test_what_cannot_be_told_apart_is_refused_together() -> None:
    suspects = Suspects(Suspensions())
    assert accused(suspects, ran(GUILTY), ran(BUSY), now=0.0) == []
    assert {name for name, _ in accused(suspects, ran(GUILTY), ran(BUSY), now=1.0)} == {"T/guilty", "T/busy"}


def test_a_compilation_beside_an_execution_is_less_likely_the_cause() -> None:
    suspects = Suspects(Suspensions())
    compiled = ran(BUSY, where=Where.COMPILER)
    accused(suspects, ran(GUILTY), compiled, now=0.0)
    assert accused(suspects, ran(GUILTY), compiled, now=1.0) == [("T/guilty", FIRST)]
    alone = Suspects(Suspensions())
    accused(alone, compiled, now=0.0)
    assert accused(alone, compiled, now=1.0) == [("T/busy", FIRST)]


def test_what_stood_still_or_went_on_for_ever_is_the_cause() -> None:
    on_loop, late, other = ran(GUILTY, where=Where.LOOP), ran(GUILTY, end=100.0), ran(BUSY)
    assert causes([other, on_loop], hung=True, now=0.0) == [on_loop]
    assert causes([other, on_loop], hung=False, now=0.0) == [other, on_loop]
    assert causes([other, late], hung=False, now=101.0 + OVERDUE) == [late]
    assert causes([other, late], hung=False, now=100.0) == [other, late]


def test_workers_see_what_is_suspended_and_when_it_ends() -> None:
    suspensions, far = Suspensions(), 1e12
    suspensions.check(GUILTY)
    suspensions.write({GUILTY.packed: far})
    with pytest.raises(CallError, match=r"T/guilty 1\.0\.0") as caught:
        suspensions.check(GUILTY)
    assert caught.value.kind is Kind.SUSPENDED
    suspensions.check(BUSY)
    assert [one[:2] for one in suspensions.suspended()] == [("T/guilty", "1.0.0")]
    suspensions.write({GUILTY.packed: 0.0})
    suspensions.check(GUILTY)
    assert suspensions.suspended() == []
    many = {Subject(f"T/{number}", "1.0.0").packed: far + number for number in range(2 * MOST)}
    suspensions.write(many)
    assert len(suspensions.suspended()) == MOST


def test_a_board_tells_what_runs_whatever_it_is_called() -> None:
    board, name = Board(2), 'T"/ü\n' + "é" * 250
    subject = board.subject(name, "1.2.3")
    first = board.begin(subject, "one", Where.THREAD, 1.5)
    board.begin(board.subject(name, "1.2.3"), "two", Where.LOOP, 2.5)
    # There is no room for a third: it runs all the same.
    board.finish(board.begin(subject, "three", Where.THREAD, 3.5))
    assert [(one.where, one.end, one.named) for one in board.running()] == [
        (Where.THREAD, 1.5, {"call_id": "one", "service": name, "version": "1.2.3"}),
        (Where.LOOP, 2.5, {"call_id": "two", "service": name, "version": "1.2.3"}),
    ]
    board.finish(first)
    assert [one.call_id for one in board.running()] == ["two"]
    assert [end for _, end in board.ends()] == [2.5]
