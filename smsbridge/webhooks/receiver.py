"""Receives webhooks: checks and reads them, calls a function once for each event, and answers."""

from __future__ import annotations

import asyncio
import inspect
import ipaddress
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from traceback import walk_tb
from typing import Any, Protocol
from urllib.parse import unquote

from smsbridge.errors import ConfigError, WebhookRefused, WebhookUntrusted
from smsbridge.http.address import ip_address, is_loopback
from smsbridge.http.exchange import Request, Response
from smsbridge.message import UNSENDABLE, show_value
from smsbridge.text.frames import forget_locals_of_methods
from smsbridge.text.secrets import Secret, same
from smsbridge.webhooks.apps import Asgi, Wsgi, asgi_app, phrase, wsgi_app
from smsbridge.webhooks.deduplication import Claim, Memory, Seen, keys_of
from smsbridge.webhooks.events import Event
from smsbridge.webhooks.signatures import check_signature
from smsbridge.webhooks.table import MOST_BYTES, WRONG_METHOD, Webhook, admit, parse

_LOG = logging.getLogger("smsbridge.webhooks")
_OK, _FAILED, _BUSY = 200, 500, 503
_SECRETS = "texts or Secrets, not blank"
_NETWORKS = "texts such as 192.0.2.0/24 or 2001:db8::/32"
_MOST_LINES = 10
_FORWARDED = ("X-Forwarded-For", "Forwarded")
_GENERATES = (inspect.isgeneratorfunction, inspect.isasyncgenfunction)
Function = Callable[[Any], object]


class _Offers(Protocol):
    """A backend whose provider sends webhooks."""

    webhook: Webhook


@forget_locals_of_methods
class Receiver:
    """Receives the webhooks of one provider. Safe across threads.

    ``source``: a backend class that has a ``webhook``, or the table itself. It needs one or more
    of: ``secrets``, with which the provider signs, several while they are rotated; ``path``, which
    nobody can guess; ``networks`` from which it calls, such as ``192.0.2.0/24``. A request must
    satisfy all that are given. ``seen``: the memory of events, by default the last 10,000 of this
    process. ``now``: the clock.

    Raises `ConfigError` without any of them, and for an invalid argument.

    >>> from smsbridge.backends.smsmobileapi import SMSMobileAPI
    >>> from smsbridge.webhooks import Receiver
    >>> receiver = Receiver(SMSMobileAPI, secrets=["SECRET"])
    >>> app = receiver.wsgi(lambda event: print(event.type))
    """

    def __init__(  # noqa: PLR0913  (each is a setting of its own)
        self,
        source: Webhook | type[_Offers],
        *,
        secrets: Collection[Secret | str] = (),
        path: str = "",
        networks: Collection[str] = (),
        seen: Seen | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Refuse arguments that would protect nothing; see the class for them."""
        table = source if isinstance(source, Webhook) else getattr(source, "webhook", None)
        if not isinstance(table, Webhook):
            raise ConfigError("webhook: give a backend that has one, such as SMSMobileAPI")
        self._table = table
        self._secrets = [_secret(one) for one in _list_of("secrets", secrets, _SECRETS)]
        _check_path(path)
        self._path = Secret(path) if path else None
        self._networks = [_network(one) for one in _list_of("networks", networks, _NETWORKS)]
        self._seen = Memory() if seen is None else seen
        self._now = now
        self._has_warned = False
        if not (self._secrets or path or self._networks):
            raise ConfigError("a receiver needs secrets, a path that is secret, or networks")
        if self._secrets and table.signature is None:
            raise ConfigError("secrets: this provider doesn't sign; give path or networks")

    def read(self, request: Request, peer: str = "") -> Event:
        """Return the event of a request, which may have come before. ``peer``: who sent it.

        Raises `WebhookUntrusted`, before the body is read, or `WebhookUnreadable`.
        """
        if self._networks:
            self._warn_of_proxy(request, peer)
        if self._networks and not self._is_in_networks(peer):
            raise WebhookUntrusted("the peer is not in any of the networks", 403)
        if self._path and not same(_path(request), self._path.reveal()):
            raise WebhookUntrusted("the path is wrong", 404)
        admit(request)
        if self._secrets and self._table.signature is not None:
            check_signature(self._table.signature, request, self._secrets, self._now())
        return parse(self._table, request.body, request.header("content-type"))

    def answer(self, request: Request, function: Function, peer: str = "") -> Response:
        """Call a function with the event of a request, once for each event; return the answer.

        Raises `ConfigError` for a function that a call doesn't run: an async one, a generator.
        """
        _check_function(function)
        _refuse_async(function)
        event = self._claim_event(request, peer)
        if isinstance(event, Response):
            return event
        keys = keys_of(event)
        try:
            _refuse_undone(function(event))
            self._seen.keep(keys)
        except Exception as error:  # noqa: BLE001  (any error: the event must come again)
            return self._release(keys, error)
        except BaseException:
            self._seen.release(keys)
            raise
        return _response(_OK)

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
        event = self._claim_event(request, peer)
        if isinstance(event, Response):
            return event
        keys = keys_of(event)
        try:
            _refuse_undone(await function(event))  # type: ignore[misc]  # _is_async said so
            self._seen.keep(keys)
        except Exception as error:  # noqa: BLE001  (any error: the event must come again)
            return self._release(keys, error)
        except BaseException:  # it was cancelled
            self._seen.release(keys)
            raise
        return _response(_OK)

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

    def _claim_event(self, request: Request, peer: str) -> Event | Response:
        """Return the event to handle, or the answer to the request if there is nothing to do."""
        try:
            event = self.read(request, peer)
            claim = self._seen.claim(keys_of(event))
        except WebhookRefused as refused:
            _LOG.warning("a webhook was refused with HTTP %s: %s", refused.status, refused.why)
            return _response(refused.status)
        except Exception as error:  # noqa: BLE001  (the memory may be the user's own class)
            return _log_failure(error)
        if claim is Claim.NEW:
            return event
        return _response(_OK if claim is Claim.DONE else _BUSY)

    def _release(self, keys: Collection[str], error: Exception) -> Response:
        try:
            self._seen.release(keys)
        except Exception as another:  # noqa: BLE001  (the memory may be the user's own class)
            _log_failure(another)
        return _log_failure(error)

    def _warn_of_proxy(self, request: Request, peer: str) -> None:
        """Warn once if the peer is a proxy on this machine."""
        if self._has_warned or not is_loopback(peer) or not any(map(request.header, _FORWARDED)):
            return
        self._has_warned = True
        _LOG.warning(
            "networks are compared with the address of a proxy on this machine, since the server "
            "does not take the caller's address from the proxy: see Networks behind a proxy "
            "in docs/webhooks.md"
        )

    def _is_in_networks(self, peer: str) -> bool:
        address = ip_address(peer)
        return address is not None and any(address in network for network in self._networks)


def _log_failure(error: Exception) -> Response:
    """Log the kind of an error and where it was raised: its text may hold what a message says."""
    where = _where(error)
    _LOG.error("%s was raised%s: the event will be accepted again", type(error).__name__, where)
    return _response(_FAILED)


def _where(error: Exception) -> str:
    """Return the lines that led to an error, outermost first, but for those of this file."""
    lines = [
        f"{frame.f_code.co_filename}, line {number}, in {frame.f_code.co_name}"
        for frame, number in walk_tb(error.__traceback__)
        if frame.f_code.co_filename != __file__
    ]
    return f" at {'; '.join(lines[-_MOST_LINES:])}" if lines else ""


def _response(status: int) -> Response:
    body = f"{phrase(status)}\n".encode()
    headers = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(body))}
    more = {"Allow": "POST"} if status == WRONG_METHOD else {}
    return Response(status=status, headers=headers | more, body=body)


def _path(request: Request) -> str:
    with suppress(ValueError):
        return unquote(request.path)
    return ""


def _list_of(key: str, given: object, allowed: str) -> list[Any]:
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise ConfigError(f"{key}: give a list of {allowed}", (key,))
    return list(given)


def _secret(given: object) -> Secret:
    with suppress(ConfigError):
        secret = given if isinstance(given, Secret) else Secret(given)  # type: ignore[arg-type]  # it looks
        if secret.reveal().strip():
            return secret
    raise ConfigError(f"secrets: one is blank, or not text; give {_SECRETS}", ("secrets",))


def _check_path(given: Any) -> None:
    sound = isinstance(given, str) and not UNSENDABLE.search(given)
    if not sound or (given and not (given.startswith("/") and given.strip("/ "))):
        why = "path: give one that nobody can guess, such as /sms/ and 32 hex digits"
        raise ConfigError(why, ("path",))


def _network(given: object) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    if not isinstance(given, str):
        why = f"networks: one is a {type(given).__name__}; give {_NETWORKS}"
        raise ConfigError(why, ("networks",))
    try:
        return ipaddress.ip_network(given)
    except ValueError:
        why = f"networks: {show_value(given)} is not a network; give {_NETWORKS}"
        raise ConfigError(why, ("networks",)) from None


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
