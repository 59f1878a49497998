"""A client on its way to an answer: whether it still reads once it has ended its side."""

from __future__ import annotations

import socket
import time

_BEGINS = b"HTTP/1."
_LEFT_SECONDS = 0.5
_LOOK_AGAIN = 0.01


class AnsweredClient:
    """Takes one answer for a client."""

    def __init__(self, client: socket.socket) -> None:
        """Begin without a byte of the answer."""
        self._client = client
        self._early = b""
        self._is_answered = False

    def still_reads(self) -> bool:
        """Return whether a client that ended its side still waits for its answer.

        Only what is sent to it tells: the system of one that has left refuses it. Every answer
        begins with the same, so that this goes ahead. Once an answer has begun, it has left.
        """
        if self._is_answered:
            return False
        try:
            self._client.sendall(_BEGINS)
            self._early = _BEGINS
            until = time.monotonic() + _LEFT_SECONDS
            while time.monotonic() < until:
                if self._client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    return False
                time.sleep(_LOOK_AGAIN)
        except OSError:
            return False
        return True

    def send(self, data: bytes) -> None:
        """Pass on a part of the answer, without what went ahead."""
        if data:
            rest, self._early = data.removeprefix(self._early), b""
            self._is_answered = True
            self._client.sendall(rest)
