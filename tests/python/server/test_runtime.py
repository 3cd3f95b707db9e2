"""The one way of an execution, with the real native admission: policies, errors as kinds, permits given back."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from books import slow, slow_inputs
from execd import _native
from execd.api.execute import errors
from execd.errors import CallError, ExecdError, InputError, Kind
from execd.runtime.admission import AT_ONCE, PAUSE, Admission, Policy
from execd.runtime.board import Board
from execd.runtime.deadline import Deadline
from execd.runtime.disconnect import Gone, Watch
from execd.runtime.executor import Executor, Work
from execd.runtime.run import Runtime
from execd.runtime.suspension import Suspensions

POLICIES = {"queue": Policy(1, 60.0), "refuse": Policy(0, 0.0)}
SHORT, LONG = 0.0, 1.0


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    return Runtime(Admission(tmp_path / "permits", 1, POLICIES), Executor(4), Board(4), Suspensions())


async def never() -> None:
    await asyncio.Event().wait()


async def already() -> None:
    return


async def run(
    runtime: Runtime,
    policy: str,
    work: Work[str],
    *,
    expected: float = SHORT,
    gone: Callable[[], Awaitable[None]] = never,
) -> str:
    watch = Watch(gone)
    try:
        return await runtime.run(
            work,
            call_id="call",
            service="T/service",
            version="1.0.0",
            expected=expected,
            policy=policy,
            deadline=Deadline(60),
            watch=watch,
        )
    finally:
        watch.close()


def giving(text: str) -> Work[str]:
    return lambda _token, _within: text


def raising(error: Exception) -> Work[str]:
    def work(_token: _native.CancelToken | None, _within: float) -> str:
        raise error

    return work


def endless() -> Work[str]:
    """Native work that lasts until its token stops it."""
    model, call = _native.Model(slow()), _native.Call(slow_inputs(2_000_000))
    return lambda token, _within: model.answer(_native.Engine(1), call, token).outputs.decode()


def test_what_is_not_short_after_all_goes_on_in_a_thread(runtime: Runtime) -> None:
    # Each record takes some tens of microseconds.
    model, call, engine = _native.Model(slow()), _native.Call(slow_inputs(3_000)), _native.Engine(1)
    threads: list[int] = []

    def work(token: _native.CancelToken | None, within: float) -> str:
        threads.append(threading.get_ident())
        return model.answer(engine, call, token, within).outputs.decode()

    found = asyncio.run(run(runtime, "queue", work, expected=SHORT))
    assert found == model.answer(engine, call).outputs.decode()
    first, second = threads
    assert first == threading.get_ident() != second


def stopped_by(event: asyncio.Event) -> Callable[[], Awaitable[None]]:
    async def gone() -> None:
        await event.wait()

    return gone


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  what changes is native
            await asyncio.sleep(0.01)


def test_a_policy_decides_what_happens_when_no_permit_is_free(runtime: Runtime) -> None:
    async def story() -> None:
        stop = asyncio.Event()
        running = asyncio.ensure_future(run(runtime, "queue", endless(), expected=LONG, gone=stopped_by(stop)))
        await until(lambda: runtime.admission.figures()["in_use"] == 1)
        with pytest.raises(CallError) as refused:
            await run(runtime, "refuse", giving("never"))
        assert refused.value.kind is Kind.OVERLOADED
        assert refused.value.data["retry_after"] > 0
        waiting = asyncio.ensure_future(run(runtime, "queue", giving("waited")))
        await until(lambda: runtime.admission.is_full("queue"))
        with pytest.raises(CallError):
            await run(runtime, "queue", giving("never"))
        assert not runtime.admission.is_full("refuse"), "only an offer can tell"
        stop.set()
        with pytest.raises(Gone):
            await running
        assert await waiting == "waited"
        assert runtime.admission.figures() == {"permits": 1, "in_use": 0, "waiting": 0}

    asyncio.run(story())


def test_an_unknown_policy_is_a_bug_that_is_named(runtime: Runtime) -> None:
    with pytest.raises(KeyError, match="patience"):
        asyncio.run(run(runtime, "patience", giving("never")))


def test_errors_of_the_work_become_kinds_and_give_the_permit_back(runtime: Runtime) -> None:
    async def story() -> None:
        for error, kind in (
            (native_error(InputError, "invalid_input"), Kind.INVALID_INPUTS),
            (native_error(InputError, "too_large"), Kind.TOO_LARGE),
            (native_error(_native.DeadlineExceeded, "deadline"), Kind.DEADLINE),
            (native_error(_native.InternalError, "internal"), Kind.INTERNAL),
        ):
            with pytest.raises(CallError) as caught:
                await run(runtime, "refuse", raising(error))
            assert caught.value.kind is kind
        assert await run(runtime, "refuse", giving("text")) == "text"

    asyncio.run(story())


def native_error(class_: type[ExecdError], kind: str) -> ExecdError:
    error = class_("told by the native module")
    error.kind = kind
    return error


def test_who_is_gone_before_it_waits_leaves_the_queue(runtime: Runtime) -> None:
    async def story() -> None:
        stop = asyncio.Event()
        running = asyncio.ensure_future(run(runtime, "queue", endless(), expected=LONG, gone=stopped_by(stop)))
        await until(lambda: runtime.admission.figures()["in_use"] == 1)
        with pytest.raises(Gone):
            await run(runtime, "queue", giving("never"), gone=already)
        assert runtime.admission.figures()["waiting"] == 0
        stop.set()
        with pytest.raises(Gone):
            await running

    asyncio.run(story())


def test_under_lasting_overload_a_refusal_takes_a_moment(runtime: Runtime) -> None:
    """Counted in turns of the event loop: a refusal at once needs none, a later one waits for a timer."""

    async def refusal() -> None:
        with pytest.raises(CallError):
            await runtime.admission.refuse()

    async def story() -> None:
        for _ in range(AT_ONCE):
            await refusal()
        many = [asyncio.ensure_future(refusal()) for _ in range(AT_ONCE)]
        await asyncio.sleep(0)
        at_once = sum(one.done() for one in many)
        assert at_once < AT_ONCE // 2, "callers that come back at once must wait"
        await asyncio.gather(*many)

    assert PAUSE <= 0.25
    asyncio.run(story())


def test_every_kind_of_error_has_an_answer() -> None:
    assert set(errors.TABLE) == set(Kind)
    refused = errors.refusal(CallError(Kind.OVERLOADED, "full", retry_after=2.25))
    assert (refused.status, refused.headers[1:]) == (429, [("retry-after", "3"), ("x-retry-after", "2.250")])
