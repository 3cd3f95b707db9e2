"""What the bodies and the answers of one worker take of its memory together."""

from execd.errors import CallError, Kind


class Held:
    """Bytes that calls hold. Bodies ask for room; answers, which are there already, only keep others from theirs."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.bytes = 0

    def ask(self, count: int) -> None:
        """Hold some more, if there is room. Raises CallError."""
        if self.bytes + count > self._most:
            message = "the bodies and answers of other requests fill this node's memory; try again later"
            raise CallError(Kind.OVERLOADED, message, retry_after=1.0)
        self.bytes += count

    def add(self, count: int) -> None:
        """Hold some more."""
        self.bytes += count

    def give_back(self, count: int) -> None:
        """They are no longer held."""
        self.bytes -= count
