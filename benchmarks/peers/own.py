"""Our own part of a send: a client whose requests are answered at once, without any I/O."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from benchmarks.peers.model import Kind, Send, check_id, in_turn, next_message, ours
from benchmarks.target import ANSWER, Place, soap_answer


class _AtOnce:
    """A transport that has one answer, ready made."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def send(self, *_: object, **__: object) -> Any:
        """Return the answer."""
        return self._answer

    def close(self) -> None:
        """Do nothing: nothing is open."""


def _answered(place: Place, kind: str, body: str, **more: Any) -> Iterator[Send]:
    from smsbridge import Client
    from smsbridge.http.exchange import Response

    answer = Response(status=200, headers={"Content-Type": kind}, body=body.encode())
    with ours(place, **more) as made:
        backend = made.backend
    with Client(backend, transport=_AtOnce(answer)) as sms:
        yield in_turn(lambda: check_id(sms.send(*next_message())))


def rest(place: Place) -> Iterator[Send]:
    """Over REST."""
    return _answered(place, "application/json", json.dumps(ANSWER))


def soap(place: Place) -> Iterator[Send]:
    """Over SOAP."""
    return _answered(place, "text/xml; charset=utf-8", soap_answer(), protocol="soap")


KINDS = (Kind(name="REST", run=rest), Kind(name="SOAP", run=soap))
