"""Bodies of `multipart/form-data`, part by part as they arrive. What parts mean is the business of an API."""

from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from execd.errors import CallError, Kind

# What one body and one part may have.
MOST_PARTS = 100
MOST_HEADERS = 16
LONGEST_HEADER = 4096
# RFC 2046 has at most so many characters.
LONGEST_BOUNDARY = 70
# Encodings of a part that leave its bytes as they are.
AS_IT_IS = {b"", b"binary", b"7bit", b"8bit"}


class Part(NamedTuple):
    """A part begins. Its bytes follow, until the next one begins."""

    name: str


def boundary(content_type: str) -> bytes:
    """What separates the parts of a body of this type. Raises CallError if it is another type."""
    type_, options = parse_options_header(content_type)
    if type_ != b"multipart/form-data":
        message = f"the body must be multipart/form-data, not {content_type or 'without a Content-Type'}"
        raise CallError(Kind.INVALID_REQUEST, message)
    found = options.get(b"boundary", b"")
    if not 0 < len(found) <= LONGEST_BOUNDARY:
        raise CallError(Kind.INVALID_REQUEST, "the Content-Type multipart/form-data has no boundary that can be used")
    return found


async def parts(pieces: AsyncIterator[bytes], separator: bytes) -> AsyncIterator[Part | bytes]:
    """The parts of a body, each followed by its bytes. Raises CallError if the body is damaged or ends too early."""
    reader = _Reader(separator)
    async for piece in pieces:
        for found in reader.read(piece):
            yield found
    reader.finish()


class _Reader:
    """Collects what the parser finds in a piece."""

    def __init__(self, separator: bytes) -> None:
        self._parser = MultipartParser(
            separator,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._field,
                "on_header_value": self._value,
                "on_header_end": self._header,
                "on_headers_finished": self._headers,
                "on_part_data": self._data,
                "on_end": self._end,
            },
            max_header_count=MOST_HEADERS,
            max_header_size=LONGEST_HEADER,
        )
        self._found: list[Part | bytes] = []
        self._parts = 0
        self._name, self._text = b"", b""
        self._disposition, self._encoding = b"", b""
        self._ended = False

    def read(self, piece: bytes) -> Iterator[Part | bytes]:
        if self._ended:
            # What comes behind the last boundary means nothing.
            return iter(())
        try:
            self._parser.write(piece)
        except MultipartParseError as error:
            raise CallError(Kind.INVALID_REQUEST, f"the body is not valid multipart/form-data: {error}") from None
        found, self._found = self._found, []
        return iter(found)

    def finish(self) -> None:
        if not self._ended:
            message = "the body is not valid multipart/form-data: it ends before its last boundary"
            raise CallError(Kind.INVALID_REQUEST, message)

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise CallError(Kind.INVALID_REQUEST, f"the body has more than {MOST_PARTS} parts")
        self._disposition = self._encoding = b""

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _value(self, data: bytes, start: int, end: int) -> None:
        self._text += data[start:end]

    def _header(self) -> None:
        match self._name.lower():
            case b"content-disposition":
                self._disposition = self._text
            case b"content-transfer-encoding":
                self._encoding = self._text.strip().lower()
        self._name = self._text = b""

    def _headers(self) -> None:
        kind, options = parse_options_header(self._disposition)
        if kind != b"form-data" or b"name" not in options:
            message = f"part {self._parts} of the body has no Content-Disposition: form-data with a name"
            raise CallError(Kind.INVALID_REQUEST, message)
        name = options[b"name"].decode(errors="replace")
        if self._encoding not in AS_IT_IS:
            message = (
                f"part {name!r}: Content-Transfer-Encoding must be binary, not {self._encoding.decode('latin-1')}"
            )
            raise CallError(Kind.INVALID_REQUEST, message)
        self._found.append(Part(name))

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._found.append(data if (start, end) == (0, len(data)) else data[start:end])

    def _end(self) -> None:
        self._ended = True
