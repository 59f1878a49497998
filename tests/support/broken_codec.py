"""Codecs that fail, in a file that holds no canary: an error report quotes the lines around."""

from __future__ import annotations

from typing import Any

from smsbridge import Protocol, Rest, backend

from support.asking import ALL, BY_TOKEN, Gate


class BrokenRest(Rest):
    """A codec of somebody's own that fails before it sends."""

    def encode(self, *_: object, **__: object) -> Any:
        raise TypeError("a bug")


@backend
class Odd(Gate):
    name = "odd"
    protocols = {"rest": Protocol(BrokenRest(body="json"), BY_TOKEN, **ALL)}
