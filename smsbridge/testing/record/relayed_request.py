"""A request read from the bytes as they arrive, each of which is passed on."""

from __future__ import annotations

from collections.abc import Callable

from smsbridge.serving.request_reading import RequestReading, Steps


class RelayedRequest(RequestReading):
    """One request of a client, and the bytes of it that go to the provider.

    ``most``: bytes of its body that are kept. ``is_cut``: it was longer.
    """

    def __init__(self, rewrite: Callable[[list[bytes]], list[bytes]], most: int) -> None:
        """``rewrite`` is given the lines of the head, and returns those that are passed on."""
        self.is_cut = False
        self._rewrite = rewrite
        self._passed = bytearray()
        self._head_came = bytearray()
        super().__init__(most)

    @property
    def has_head(self) -> bool:
        """Whether its head has come."""
        return bool(self.method)

    @property
    def held(self) -> bytes:
        """What has come and was not returned by `relay`."""
        return bytes(self._passed + self._head_came + self._came)

    def relay(self, data: bytes) -> bytes:
        """Take the bytes that arrived, and return those to pass on; raises `BadRequest`."""
        self.feed(data)
        passed, self._passed = bytes(self._passed), bytearray()
        return passed

    def _drop(self, count: int) -> None:
        came = self._passed if self.has_head else self._head_came
        came += self._came[:count]
        super()._drop(count)

    def _begin_body(self, lines: list[bytes]) -> Steps:
        first = self._head_came.lstrip(b"\r\n").partition(b"\n")[0]
        end = b"\r\n" if first.endswith(b"\r") else b"\n"
        self._passed += b"".join(line + end for line in [*self._rewrite(lines), b""])
        self._head_came.clear()
        yield from super()._begin_body(lines)

    def _size(self, size: int) -> int:
        return size if size >= 0 else super()._size(size)

    def _keep(self, part: bytes) -> None:
        self._body += part[: max(self._most - len(self._body), 0)]
        self.is_cut |= len(self._body) >= self._most
