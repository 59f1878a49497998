"""An answer on its way back to the client: as it came, except for addresses of the provider."""

from __future__ import annotations

import re
from collections.abc import Callable

from smsbridge.http.answer import Reading

_INTERIM = re.compile(rb"HTTP/1\.[0-9] +1(?!01)[0-9]{2}\b")
_FRAMING = ("content-length", "transfer-encoding", "content-encoding", "content-md5", "etag")


class AnswerRelay:
    """Passes an answer on as it arrives, line by line in its head, then byte for byte.

    ``reading``: the answer as it is understood.
    """

    def __init__(
        self,
        reading: Reading,
        move_place: Callable[[bytes], bytes],
        move_body: Callable[[Reading], bytes | None] | None = None,
    ) -> None:
        """``move_place`` is given the value of a Location.

        ``move_body`` is given the whole answer, where that is held back, and returns another body,
        or None for the one that came.
        """
        self.reading = reading
        self._move_place = move_place
        self._move_body = move_body
        self._held = bytearray()
        self._head: list[bytes] = []
        self._is_body = False
        self._begins = b""

    @property
    def is_http(self) -> bool:
        """Whether what came begins as an answer of HTTP."""
        return self._begins.lstrip(b"\r\n").startswith(b"HTTP/")

    def fault(self, why: str) -> str:
        """Return the fault that an answer of no HTTP is; ``why`` it was not understood."""
        if not self.is_http:
            return "garbage"
        if self.reading.status:
            return "half-body" if "cut off" in why else "bad-framing:lengths"
        if "contradict" in why or "Content-Length" in why:
            return "bad-framing:lengths"
        return "bad-framing:cr" if " CR " in why else "garbage"

    def feed(self, data: bytes) -> bytes:
        """Take what arrived, empty for the end; return what is passed on now.

        Raises `BadAnswer`, after which `rest` is to be passed on, and all that follows.
        """
        self._held += data
        self._begins = (self._begins + data[:16])[:16]
        self.reading.feed(data)
        if self._move_body is not None and self.reading.status and not _may_be_xml(self.reading):
            self._move_body = None
        if self._move_body is not None:
            return self._hold()
        passed = b"" if self._is_body else self._pass_lines()
        return passed + (self.rest() if self._is_body or not data else b"")

    def rest(self) -> bytes:
        """Return what is still held back, as it came."""
        held, self._held = bytes(self._held), bytearray()
        return held

    def _pass_lines(self) -> bytes:
        passed = bytearray()
        while not self._is_body and (end := self._held.find(b"\n")) >= 0:
            line = bytes(self._held[: end + 1])
            del self._held[: end + 1]
            self._head.append(line)
            if not line.strip(b"\r\n"):
                self._is_body = not _INTERIM.match(self._head[0])
                self._head = []
            passed += self._move_line(line)
        return bytes(passed)

    def _move_line(self, line: bytes) -> bytes:
        name, colon, value = line.partition(b":")
        if not colon or name.strip().lower() != b"location":
            return line
        place = value.strip(b" \t\r\n")
        return line.replace(place, self._move_place(place), 1) if place else line

    def _hold(self) -> bytes:
        if not self.reading.whole:
            return b""
        body = self._move_body(self.reading) if self._move_body else None
        self._move_body = None
        if body is None:
            return self._pass_lines() + self.rest()
        self._held.clear()
        lines = [f"HTTP/1.1 {self.reading.status} OK"]
        lines += [
            f"{name}: {value}"
            for name, value in self.reading.headers.items()
            if name.lower() not in _FRAMING
        ]
        head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])
        return head.encode("latin-1", "replace") + body


def _may_be_xml(reading: Reading) -> bool:
    """Return whether the head of an answer allows its body to be a WSDL or a schema."""
    named = (value for name, value in reading.headers.items() if name.lower() == "content-type")
    kind = next(named, "").lower()
    return not kind or any(word in kind for word in ("xml", "wsdl", "octet-stream", "text/plain"))
