"""The clause about the deadline: a call is over when its time is up, token and repeat included."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from smsbridge.client.aio import AsyncClient
from smsbridge.client.sync import Client
from smsbridge.errors import MissingExtra, SmsbridgeError
from smsbridge.testing.contract.clause import clause
from smsbridge.testing.contract.conversation import ask, ask_async, converse
from smsbridge.testing.contract.ruling import Finding
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.server import MockServer

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.testing.contract.subject import Subject

_SECONDS = 1.0
_SHORT = 0.15
_PATIENCE = 5.0
_FAULTS = ("silence", "drip-headers", "token-down:silence")
_NEAR = 0.01


@clause(16, "the deadline is obeyed")
def check_deadline(subject: Subject) -> Iterator[Finding]:
    """Yield the calls that are given, or take, more time than the config allows."""
    late = list(_judge_in_process(subject.within(_SECONDS)))
    yield from late
    if subject.table.send is not None and not late:  # what is late would be late there too
        yield from _judge_by_socket(subject)


def _judge_in_process(subject: Subject) -> Iterator[str]:
    """Yield what is late by a clock that runs only while something waits, or by the real one."""
    for word in _FAULTS if subject.table.send else ():
        talk = converse(subject, subject.message, fault=word)
        if late := [one for one in talk.deadlines if one > _SECONDS + _NEAR]:
            yield f"fault {word}: a request may take {max(late):g} seconds, not {_SECONDS:g}"
        if talk.seconds[-1] > _SECONDS + _NEAR:
            yield f"fault {word}: the call took {talk.seconds[-1]:g} seconds, not {_SECONDS:g}"
    for operation in subject.table.operations():
        if _took(subject, operation) > _SECONDS < _took(subject, operation):  # twice: not by chance
            yield f"{operation}: it takes more than {_SECONDS:g} seconds, though nothing is slow"


def _took(subject: Subject, operation: str) -> float:
    began = time.monotonic()
    converse(subject, subject.do(operation))
    return time.monotonic() - began


def _judge_by_socket(subject: Subject) -> Iterator[str]:
    """Yield the clients that wait for a provider which is silent on a real connection."""
    provider = Provider(subject.backend)
    with MockServer(provider) as server:
        provider.fault = "silence"
        table = replace(subject.backend, url=server.provider.address, timeout=_SHORT)
        for name, send in (("sync", _send_sync), ("async", _send_async)):
            if (took := _seconds_of(send, table, subject)) > _PATIENCE:
                took = min(took, _seconds_of(send, table, subject))  # twice: not by chance
            if took > _PATIENCE:
                yield f"silence on a socket, {name}: {took:.1f} seconds, not {_SHORT:g}"


def _seconds_of(
    send: Callable[[Backend, Subject], None], table: Backend, subject: Subject
) -> float:
    began = time.monotonic()
    with suppress(SmsbridgeError, MissingExtra):
        send(table, subject)
    return time.monotonic() - began


def _send_sync(table: Backend, subject: Subject) -> None:
    with Client(table) as client:
        ask(client, subject.message)


def _send_async(table: Backend, subject: Subject) -> None:
    async def run() -> None:
        async with AsyncClient(table) as client:
            await ask_async(client, subject.message)

    asyncio.run(run())
