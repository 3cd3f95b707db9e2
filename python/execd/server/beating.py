"""The application of a worker whose event loop tells the main process that it runs."""

import asyncio
from typing import Any

from execd.http.application import Application
from execd.runtime.board import Board
from execd.server.pulse import BEAT


class Beating:
    """An application, as Granian wants it, and a beat on the board beside it."""

    def __init__(self, application: Application, board: Board) -> None:
        self._application, self._board = application, board
        # Called for every request: without a step between.
        self.__rsgi__: Any = application.__rsgi__

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._application.__rsgi_init__(loop)
        loop.call_soon(self._beat, loop)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """The worker no longer listens: what it still does ends, and then the process."""
        self._application.__rsgi_del__(loop)
        self._board.end()

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        self._board.beat()
        loop.call_later(BEAT, self._beat, loop)
