"""Deadlines of what a worker reads: one timer for all."""

import asyncio

import pytest

from execd.runtime.deadline import Deadline, Timer

FAR = 3600.0


async def never() -> None:
    await asyncio.Event().wait()


async def now() -> str:
    return "read"


def test_what_is_late_is_stopped_and_nothing_else() -> None:
    async def story() -> None:
        timer = Timer()
        far = asyncio.ensure_future(timer.within(Deadline(FAR), never()))
        late = [asyncio.ensure_future(timer.within(Deadline(seconds), never())) for seconds in (0.02, 0.01)]
        for one in late:
            with pytest.raises(TimeoutError):
                await one
        assert await timer.within(Deadline(FAR), now()) == "read"
        assert not far.done()
        far.cancel()
        with pytest.raises(asyncio.CancelledError):
            await far

    asyncio.run(story())


def test_a_read_that_ended_in_time_is_left_alone() -> None:
    async def story() -> None:
        timer, late = Timer(), Deadline(0.01)
        assert await timer.within(late, now()) == "read"
        with pytest.raises(TimeoutError):
            await asyncio.create_task(timer.within(late, never()))
        assert await now() == "read"

    asyncio.run(story())
