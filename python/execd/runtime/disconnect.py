"""Notices that a caller goes away while its execution waits or runs."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager


class Gone(Exception):
    """The caller went away; nobody is left to answer."""


class Watch:
    """Waits for the caller to go away. Costs nothing until somebody wants to know."""

    def __init__(self, gone: Callable[[], Awaitable[None]]) -> None:
        """`gone` returns when the caller has gone away."""
        self._wait_until_gone = gone
        self._task: asyncio.Task[None] | None = None
        self._on_gone: Callable[[], None] | None = None
        self._gone = False

    @contextmanager
    def telling(self, on_gone: Callable[[], None]) -> Iterator[None]:
        """Call `on_gone` if the caller goes away during the block, or is gone already."""
        self._on_gone = on_gone
        if self._gone:
            on_gone()
        elif self._task is None:
            self._task = asyncio.ensure_future(self._wait())
        try:
            yield
        finally:
            self._on_gone = None

    async def _wait(self) -> None:
        await self._wait_until_gone()
        self._gone = True
        if self._on_gone:
            self._on_gone()

    def close(self) -> None:
        """Nobody will want to know any more."""
        if self._task:
            self._task.cancel()
