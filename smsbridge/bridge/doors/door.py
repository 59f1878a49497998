"""A door: reads old callers' requests by the table of their service, and answers by it.

Its only I/O is the store: a `Request` goes in, and out comes a `Response`, or the message whose
outcome the answer waits for.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from smsbridge.bridge.doors.dialect_check import check_dialect, missing_fields
from smsbridge.bridge.doors.door_answers import DoorAnswers
from smsbridge.bridge.doors.door_calls import DoorCalls, DoorCounts, Waiting
from smsbridge.bridge.doors.door_config import DoorConfig
from smsbridge.bridge.doors.public_reason import public_reason
from smsbridge.bridge.doors.tokens import Tokens
from smsbridge.bridge.store.database import StoreError
from smsbridge.bridge.store.stored_message import StoredMessage
from smsbridge.errors import Reason
from smsbridge.http.exchange import Request, Response, Session
from smsbridge.mapping.codec import Unwritable
from smsbridge.serving.call import (
    ReceivedCall,
    field_name,
    is_known_call,
    read_call,
    refuse,
    serve_wsdl,
)
from smsbridge.serving.callers import Callers, WrongCalls
from smsbridge.serving.provider_protocol import ProviderProtocol, provider_protocols
from smsbridge.text.suggest import list_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from smsbridge.backends.base import Backend
    from smsbridge.bridge.store.message_store import MessageStore
    from smsbridge.bridge.store.stored_event import StoredEvent

LOG = logging.getLogger("smsbridge.bridge")
_TOO_MANY = 429
_MOST_GAPS = 100
_UNSTORED = "nothing was stored: try again later"


class Door:
    """One door of a bridge. Thread-safe."""

    def __init__(
        self,
        config: DoorConfig,
        target: Backend,
        store: MessageStore,
        session: Session,
        address: str,
    ) -> None:
        """``target`` sends the messages; ``address`` is the base URL that callers use.

        Raises `ConfigError` for a dialect that can't be spoken.
        """
        self.config = config
        self.counts = DoorCounts()
        self._address = address
        self._dialect = next(iter(config.callers.values()))
        self._protocols = _protocols_of(config)
        check_dialect(config, self._protocols, address)
        self._answers = DoorAnswers.of(config.callers.values(), self._protocols)
        declared = {
            one.name: one.codec.declared_fields(one.table.send.call)
            for one in self._protocols
            if one.table.send
        }
        self._calls = DoorCalls(
            config=config,
            dialect=self._dialect,
            target=target,
            store=store,
            session=session,
            answers=self._answers,
            counts=self.counts,
            declared=declared,
        )
        self._gaps = missing_fields(config, self._protocols, declared)
        self._words = _words_of(self._protocols)
        self._paths = _paths_of(config, self._dialect, self._protocols)
        tokens = Tokens(store, config.name)
        self._callers = Callers(accounts=config.callers, tokens_of=tokens.of, issue=tokens.issue)
        self._wrong = WrongCalls(session.monotonic)

    def handle(self, request: Request, sender: str) -> Response | Waiting | None:
        """Return the answer to a request from an address; None if it isn't a call of this door."""
        here = self._without_path(request)
        if here is None:
            return None
        asked = replace(here, method="GET") if here.method == "HEAD" else here
        if wsdl := serve_wsdl(self._protocols, asked, self._address):
            return wsdl
        notes: list[str] = []
        call = read_call(
            self._dialect,
            self._protocols,
            here,
            (),
            notes.append,
            dialled=True,
            with_headers=True,
        )
        if isinstance(call, Response):
            by_token = any(one.auth.tells_by_token for one in self._protocols)
            if not by_token and (first := self._callers.challenge(here, self._protocols)):
                return first  # curl sends the body only once challenged
            self.counts.refuse("unreadable")
            why = public_reason(notes[-1] if notes else "refused: unreadable", known=self._words)
            LOG.warning("%s", why, extra={"door": self.config.name})
            return call
        return self._serve(here, call, sender, notes)

    def paths(self) -> frozenset[str]:
        """Return the paths at which it takes requests; ``*`` is any part of a segment."""
        return self._paths

    @property
    def warning(self) -> str:
        """What an operator should know before the first call; empty if there is nothing."""
        if not self._gaps:
            return ""
        return (
            f"its WSDL has {list_words(self._gaps, _MOST_GAPS)}, which no table of "
            f"{self._dialect.name} carries: a send with such a field is refused, until its table "
            f"has the field or ignore in [doors.{self.config.name}] names it"
        )

    def refuse(self, request: Request, status: int, why: str) -> Response | None:
        """Return the answer to an unreadable request; None if it isn't for this door."""
        here = self._without_path(request)
        return refuse(self._protocols, here, status, why) if here else None

    def _serve(
        self, request: Request, call: ReceivedCall | None, sender: str, notes: list[str]
    ) -> Response | Waiting | None:
        if call and self._wrong.are_too_many(sender):
            return self._turn_away(request)
        try:
            return self._answer(request, call, sender, notes)
        except StoreError as error:
            LOG.error("the store can't be used: %s", error)  # noqa: TRY400  (its text contains no values)
            self.counts.refuse("the store can't be used")
            if call is None:
                return refuse(self._protocols, request, 500, _UNSTORED, "Server")
            return self._answers.fault(request, call, _UNSTORED)

    def _turn_away(self, request: Request) -> Response:
        self.counts.refuse("too many wrong credentials")
        why = "too many calls with wrong credentials: wait a minute"
        return refuse(self._protocols, request, _TOO_MANY, why)

    def _without_path(self, request: Request) -> Request | None:
        path = self.config.path
        if not path:
            return request
        if not f"{request.path}/".startswith(f"{path}/"):
            return None
        url = urlsplit(request.url)
        rest = url.path.removeprefix(path)
        return replace(request, url=url._replace(path=rest).geturl(), prefix=path)

    def _answer_unknown(self, request: Request) -> Response | None:
        """Return a fault for an operation that is in the WSDL but not in the table."""
        for protocol in self._protocols:
            if is_known_call(protocol, request):
                self.counts.refuse("no such operation")
                why = "this operation is no longer supported"
                return protocol.codec.fault(request, "Client", why)
        return None

    def _count_wrong(self, sender: str) -> None:
        self._wrong.add(sender)
        self.counts.refuse("wrong credentials")
        LOG.warning("wrong credentials", extra={"door": self.config.name})

    def _answer(
        self, request: Request, call: ReceivedCall | None, sender: str, notes: list[str]
    ) -> Response | Waiting | None:
        asked = [call.protocol] if call else self._protocols
        talk, refused = self._callers.converse(request, asked)
        if talk is not None and call is None and talk.header("www-authenticate"):
            talk = None  # only a call is challenged: another door may take this request
        if talk is not None and self._wrong.are_too_many(sender):
            return self._turn_away(request)
        if talk is not None and refused and not talk.header("www-authenticate"):
            self._count_wrong(sender)
        if talk is not None or call is None:
            return talk or self._answer_unknown(request)
        caller = self._callers.who(request, call)
        if not caller and (again := self._callers.challenge(request, asked)):
            return again
        if not caller:
            self._count_wrong(sender)
            return self._answers.refuse(request, call, Reason.AUTHENTICATION)
        for note in notes:
            self._calls.note(caller, note)
        try:
            return self._calls.answer(request, call, caller)
        except Unwritable as error:
            LOG.error("an answer can't be written: %s", error, extra={"door": self.config.name})  # noqa: TRY400  (it says where)
            return self._answers.fault(request, call, "the answer can't be written")


def ids_of(config: DoorConfig) -> Callable[[StoredMessage | StoredEvent], str]:
    """Return a function that gives the id by which callers know a message or event."""
    protocols = _protocols_of(config)
    answers = DoorAnswers.of(config.callers.values(), protocols)
    only_numbers = {one.name for one in protocols} <= answers.by_number

    def id_of(known: StoredMessage | StoredEvent) -> str:
        if isinstance(known, StoredMessage):
            return answers.known_id(known.protocol, known)
        return known.number if only_numbers else known.id

    return id_of


def _paths_of(
    config: DoorConfig, dialect: Backend, protocols: tuple[ProviderProtocol, ...]
) -> frozenset[str]:
    site = dialect.site()
    calls = (path for one in protocols for path in one.codec.paths(one.calls()))
    others = (path for one in protocols for path in one.auth.paths(site))
    return frozenset(f"{config.path}/{path.strip('/')}" for path in (*calls, *others))


def _words_of(protocols: tuple[ProviderProtocol, ...]) -> frozenset[str]:
    """Return the names of calls and of their fields: the service's own, so a log may have them."""
    found = set[str]()
    for protocol in protocols:
        for table in protocol.table.operations().values():
            fields = (*protocol.codec.declared_fields(table.call), *table.fields)
            found |= {table.call}.union(*(field_name(path).split(".") for path in fields))
    return frozenset(found)


def _protocols_of(config: DoorConfig) -> tuple[ProviderProtocol, ...]:
    """Return the protocols for which some caller has credentials."""
    dialect = next(iter(config.callers.values()))
    given = [account.credentials().keys() for account in config.callers.values()]
    return tuple(
        replace(one, codec=one.codec.in_charset(config.charset).without_schema())
        for one in provider_protocols(dialect, config.path)
        if any(set(one.table.auth.credentials) <= keys for keys in given)
    )
