"""Receives webhooks: checks and reads them, calls a function once for each event, and answers."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from traceback import walk_tb
from typing import Any, Protocol
from uuid import uuid4

from smsbridge.errors import ConfigError, InvalidMessage, WebhookRefused
from smsbridge.http.exchange import Request, Response
from smsbridge.mapping.filters import text
from smsbridge.mapping.template import render
from smsbridge.text.frames import forget_locals_of_methods
from smsbridge.text.secrets import Secret
from smsbridge.webhooks.apps import Asgi, Wsgi, asgi_app, phrase, wsgi_app
from smsbridge.webhooks.deduplication import Claim, Memory, Seen, keys_of
from smsbridge.webhooks.event_reader import (
    MOST_BYTES,
    WRONG_METHOD,
    Taken,
    methods_of,
    take,
)
from smsbridge.webhooks.events import Event
from smsbridge.webhooks.guard import Guard, origin_of
from smsbridge.webhooks.table import TEXT_PLAIN, Webhook

_LOG = logging.getLogger("smsbridge.webhooks")
_FAILED, _BUSY = 500, 503
_MOST_LINES = 10
_GENERATES = (inspect.isgeneratorfunction, inspect.isasyncgenfunction)
Function = Callable[[Any], object]


class _Offers(Protocol):
    """A backend whose provider sends webhooks."""

    @property
    def webhooks(self) -> Sequence[Webhook]:
        """Its tables."""


@forget_locals_of_methods
class Receiver:
    """Receives the webhooks of one provider. Safe across threads.

    ``source``: a backend, its class, or tables. If the provider signs with a credential, give the
    backend itself, and nothing else. Otherwise give one or more of: ``secrets``, with which the
    provider signs, several while they are rotated; ``path``, which nobody can guess; ``networks``
    from which it calls, such as ``192.0.2.0/24``. A request must satisfy all that are given.

    ``public_url``: the address that the provider calls, up to its path, such as
    ``https://app.example``, for a signature that covers it; by default that of the backend's
    ``callback``. ``seen``: the memory of events, by default the last 10,000 of this process.
    ``now``: the clock.

    Raises `ConfigError` without a guard, and for an invalid argument.

    >>> from smsbridge.backends.smsmobileapi import SMSMobileAPI
    >>> from smsbridge.webhooks import Receiver
    >>> receiver = Receiver(SMSMobileAPI, secrets=["SECRET"])
    >>> app = receiver.wsgi(lambda event: print(event.type))
    """

    def __init__(  # noqa: PLR0913  (each is a separate setting)
        self,
        source: Webhook | Sequence[Webhook] | _Offers | type[_Offers],
        *,
        secrets: Collection[Secret | str] = (),
        path: str = "",
        networks: Collection[str] = (),
        public_url: str = "",
        seen: Seen | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Refuse arguments that would protect nothing; see the class for them."""
        self._tables = _tables_of(source)
        ready = None if isinstance(source, type) else source
        known: Callable[[], Mapping[str, str]] = getattr(ready, "credentials", dict)
        self._zone: tzinfo | None = getattr(ready, "zone", lambda: None)()
        self._guard = Guard(
            self._tables,
            known,
            secrets=secrets,
            path=path,
            networks=networks,
            public_url=public_url or origin_of(getattr(ready, "callback", "")),
            now=now,
        )
        self._seen = Memory() if seen is None else seen

    def read(self, request: Request, peer: str = "") -> Sequence[Event]:
        """Return the events of a request, whether or not they came before. ``peer``: who sent it.

        Raises `WebhookUntrusted`, before the body is read, or `WebhookUnreadable`.
        """
        return self._take(request, peer).events

    def _take(self, request: Request, peer: str) -> Taken:
        return take(self._guard.check(request, peer), request, self._zone)

    def answer(self, request: Request, function: Function, peer: str = "") -> Response:
        """Call a function with the events of a request, once for each; return the answer.

        An event for which the function raises an error will be accepted again: the answer is a 500,
        or the status of the `WebhookRefused` that it raises.

        Raises `ConfigError` for a function that a call alone doesn't run: async, or a generator.
        """
        _check_function(function)
        _refuse_async(function)
        taken = self._take_or_refuse(request, peer)
        if isinstance(taken, Response):
            return taken
        for event in taken.events:
            keys = keys_of(event)
            claim = self._claim(keys)
            if isinstance(claim, Response):
                return claim
            if claim is Claim.DONE:
                continue
            try:
                _refuse_undone(function(event))
                self._seen.keep(keys)
            except Exception as error:  # noqa: BLE001  (any error: the event must come again)
                return self._release(keys, error)
            except BaseException:
                self._seen.release(keys)
                raise
        return answer_of(taken)

    async def answer_async(
        self,
        request: Request,
        function: Callable[[Any], Awaitable[object]] | Function,
        peer: str = "",
    ) -> Response:
        """Do as `answer` does: await an async function, call any other in a thread."""
        _check_function(function)
        if not _is_async(function):
            return await asyncio.to_thread(self.answer, request, function, peer)
        taken = self._take_or_refuse(request, peer)
        if isinstance(taken, Response):
            return taken
        for event in taken.events:
            keys = keys_of(event)
            claim = self._claim(keys)
            if isinstance(claim, Response):
                return claim
            if claim is Claim.DONE:
                continue
            try:
                _refuse_undone(await function(event))  # type: ignore[misc]  # _is_async said so
                self._seen.keep(keys)
            except Exception as error:  # noqa: BLE001  (any error: the event must come again)
                return self._release(keys, error)
            except BaseException:  # it was cancelled
                self._seen.release(keys)
                raise
        return answer_of(taken)

    def wsgi(self, function: Function) -> Wsgi:
        """Return a WSGI app that calls a function with each event."""
        _check_function(function)
        _refuse_async(function)
        return wsgi_app(lambda request, peer: self.answer(request, function, peer), MOST_BYTES)

    def asgi(self, function: Callable[[Any], Awaitable[object]] | Function) -> Asgi:
        """Return an ASGI app that calls a function, async or not, with each event."""
        _check_function(function)
        return asgi_app(
            lambda request, peer: self.answer_async(request, function, peer), MOST_BYTES
        )

    def _take_or_refuse(self, request: Request, peer: str) -> Taken | Response:
        """Return what a request tells, or the answer that refuses it."""
        try:
            return self._take(request, peer)
        except WebhookRefused as refused:
            _LOG.warning("a webhook was refused with HTTP %s: %s", refused.status, refused.why)
            return _response(refused.status, methods_of(self._tables))
        except Exception as error:  # noqa: BLE001  (an answer must go back whatever is wrong)
            return _log_failure(error)

    def _claim(self, keys: Collection[str]) -> Claim | Response:
        """Return whether an event is new or done, or the answer while another handles it."""
        try:
            claim = self._seen.claim(keys)
        except Exception as error:  # noqa: BLE001  (the memory may be the user's own class)
            return _log_failure(error)
        return _response(_BUSY) if claim is Claim.BUSY else claim

    def _release(self, keys: Collection[str], error: Exception) -> Response:
        try:
            self._seen.release(keys)
        except Exception as another:  # noqa: BLE001  (the memory may be the user's own class)
            _log_failure(another)
        return _log_failure(error)


def _log_failure(error: Exception) -> Response:
    """Log the kind of an error and where it was raised: its text may hold what a message says.

    A `WebhookRefused` names the status of the answer itself.
    """
    if isinstance(error, WebhookRefused):
        _LOG.error("an event was not taken, HTTP %s: %s", error.status, error.why)
        return _response(error.status)
    where = _where(error)
    _LOG.error("%s was raised%s: the event will be accepted again", type(error).__name__, where)
    return _response(_FAILED)


def _where(error: Exception) -> str:
    """Return the lines that led to an error, outermost first, except those of this file."""
    lines = [
        f"{frame.f_code.co_filename}, line {number}, in {frame.f_code.co_name}"
        for frame, number in walk_tb(error.__traceback__)
        if frame.f_code.co_filename != __file__
    ]
    return f" at {'; '.join(lines[-_MOST_LINES:])}" if lines else ""


def _response(status: int, methods: Sequence[str] = ()) -> Response:
    body = f"{phrase(status)}\n".encode()
    headers = {"Content-Type": TEXT_PLAIN, "Content-Length": str(len(body))}
    more = {"Allow": ", ".join(methods)} if status == WRONG_METHOD else {}
    return Response(status=status, headers=headers | more, body=body)


def answer_of(taken: Taken) -> Response:
    """Return what the provider wants to hear, with words of the first message in it."""
    wanted = taken.table.answer
    message = getattr(next(iter(taken.events), None), "message", None)
    words = {name: getattr(message, name, None) for name in taken.table.row} if message else {}
    try:
        body = text(render(wanted.body, {**words, "uuid": str(uuid4())}) or "").encode()
    except InvalidMessage:  # a word that the document of the answer can't hold; it was taken
        body = b""
    headers = {"Content-Type": wanted.type, "Content-Length": str(len(body))}
    return Response(status=wanted.status, headers=headers, body=body)


def _tables_of(source: Any) -> list[Webhook]:
    given = [source] if isinstance(source, Webhook) else source
    tables = given if isinstance(given, Sequence) else getattr(source, "webhooks", ())
    if not tables or not all(isinstance(one, Webhook) for one in tables):
        raise ConfigError("webhooks: give a backend that has some, such as SMSMobileAPI")
    return list(tables)


def _is_async(function: Callable[..., object]) -> bool:
    called = type(function).__call__
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)


def _refuse_async(function: Callable[..., object]) -> None:
    if _is_async(function):
        raise ConfigError("an async function needs asgi, or answer_async")


def _check_function(function: object) -> None:
    """Refuse what can't be called, and a generator function: calling it runs nothing."""
    if not callable(function):
        raise ConfigError(f"give a function that takes an event, not a {type(function).__name__}")
    if any(is_one(one) for is_one in _GENERATES for one in (function, type(function).__call__)):
        raise ConfigError("the function is a generator, which would never run: remove the yield")


def _refuse_undone(returned: object) -> None:
    """Refuse a coroutine or a generator as the result: none of its code has run."""
    if inspect.iscoroutine(returned) or inspect.isgenerator(returned):
        returned.close()
    if inspect.isawaitable(returned):
        raise TypeError("the function returned an awaitable: make it async")
    if inspect.isgenerator(returned) or inspect.isasyncgen(returned):
        raise TypeError("the function returned a generator, which never ran")
