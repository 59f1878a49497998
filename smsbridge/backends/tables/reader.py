"""A backend's tables read from a block of config: what a class says in Python, said in TOML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from keyword import iskeyword
from typing import Any

from smsbridge.auth.digest import Digest
from smsbridge.auth.login import Login
from smsbridge.auth.oauth2 import ClientCredentials
from smsbridge.auth.schemes import Basic, Fields
from smsbridge.auth.username_token import UsernameToken
from smsbridge.backends.tables.block import Block
from smsbridge.codecs.rest import BODILESS, METHODS, Rest
from smsbridge.errors import ConfigError
from smsbridge.http.address import check_address
from smsbridge.mapping.auth import Auth
from smsbridge.mapping.codec import Codec
from smsbridge.mapping.operation import (
    COMMANDS,
    QUESTIONS,
    RECEIVED_ROW,
    SENT_ROW,
    Operation,
    Paths,
    Protocol,
    Question,
    known_values,
)
from smsbridge.mapping.path import LIST, STATUS, nested
from smsbridge.mapping.template_check import route_trouble
from smsbridge.mapping.times import form_trouble
from smsbridge.mapping.words import When, untaken_trouble
from smsbridge.message import Status
from smsbridge.text.masking import public_name
from smsbridge.text.suggest import nearest

OPERATIONS = ("send", *QUESTIONS, *COMMANDS)
TABLES = (*OPERATIONS, "token", "auth", "statuses")
_OPEN = ("fields", "headers")
_OF_A_QUESTION = (
    *("answered", "rows", "row", "statuses"),
    *("failed", "refused", "pages", "time_format"),
)
_MUST_CARRY = {"send": ("recipient", "text"), "resend": ("id",)}
_LOST = {
    **dict.fromkeys(("recipient", "text"), "the message would not arrive"),
    "id": "which message is it?",
}
_BOTH = ("username", "password")
_AUTHS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "none": ((), _OPEN),
    "fields": ((), _OPEN),
    "headers": ((), _OPEN),
    "basic": (_BOTH, ()),
    "digest": (_BOTH, ()),
    "wsse": (_BOTH, ("digest", "seconds")),
    "oauth2": (("client_id", "client_secret"), ("token_url", "scope", "basic")),
}
"""Of each type its credentials and its settings; with open settings, other keys are credentials."""

_MOST_SECONDS = 86_400
_PUBLIC = ("username", "client_id")
_NAME = re.compile("[a-z_][a-z0-9_]*")
_NAMES = frozenset[str]().union(*(known_values(name) for name in OPERATIONS))


@dataclass(slots=True)
class Reader:
    """Reads the tables of one block; ``credentials`` then are those of its auth.

    ``codec`` carries every call; ``soap``: a call is an operation, else a route.
    """

    codec: Codec
    soap: bool
    credentials: dict[str, Any] = field(default_factory=dict)

    def protocol(self, values: Mapping[str, Any]) -> Protocol:
        """Return the protocol of a block."""
        block = Block(values)
        auth = self._auth(block.table("auth", optional=True))
        if "token" in block:
            auth = self._login(block.table("token"), auth)
        more = {"token"} if "token" in block else set()
        found: dict[str, Any] = {
            name: self._operation(name, block.table(name), more)
            for name in OPERATIONS
            if name in block
        }
        if not found:
            block.fail(f"say what it can do: give one or more of {', '.join(OPERATIONS)}")
        if isinstance(auth, Login):
            auth = replace(auth, calls=tuple((t.call, t.taken) for t in found.values()))
        self._hold_used(block, auth, list(found.values()))
        return Protocol(self.codec, auth, **found)

    @staticmethod
    def statuses(values: Mapping[str, Any]) -> dict[str, Status]:
        """Return the provider's words for statuses, with ours."""
        return _statuses(Block(values))

    def _auth(self, block: Block) -> Auth:
        kind = block.values.get("type", "none")
        if not isinstance(kind, str) or kind not in _AUTHS:
            block.fail(
                f"there is no {public_name(str(kind))!r}; {nearest(str(kind), _AUTHS)}", "type"
            )
        self.credentials = _credentials(block, kind)
        match kind:
            case "basic":
                return Basic(*_BOTH)
            case "digest":
                return Digest(*_BOTH)
            case "wsse" if not self.soap:
                block.fail("wsse is WS-Security: it is for SOAP", "type")
            case "wsse":
                digest = block.of("digest", bool, default=False)
                seconds = block.of("seconds", int, 300)
                if not 0 < seconds <= _MOST_SECONDS:
                    block.fail(f"give seconds, above 0 and up to {_MOST_SECONDS}", "seconds")
                return UsernameToken(*_BOTH, digest=digest, seconds=seconds)
            case "oauth2":
                return ClientCredentials(
                    f"POST {_token_url(block)}",
                    "client_id",
                    "client_secret",
                    scope=block.of("scope", str, ""),
                    basic=block.of("basic", bool, default=False),
                )
        known = set(self.credentials)
        return Fields(block.templates("fields", known), headers=block.headers("headers", known))

    def _login(self, block: Block, auth: Auth) -> Login:
        if "token" in self.credentials:
            raise ConfigError(
                "auth.token: {token} is what the login gives: give another name", ("auth", "token")
            )
        if isinstance(auth, ClientCredentials):
            block.fail("oauth2 fetches a token already: leave one of the two out")
        call = self._call_key
        block.only(call, "fields", "headers", "token", "lifetime", "rejected", "refused_when")
        known = set(self.credentials)
        lifetime = block.values.get("lifetime", "")
        if not isinstance(lifetime, int | float | str) or isinstance(lifetime, bool):
            block.fail("give seconds, or the path of the seconds in the answer", "lifetime")
        if isinstance(lifetime, str):
            lifetime = block.path("lifetime", "")
        return Login(
            self.codec,
            self._route(block, known),
            block.templates("fields", known),
            block.path("token"),
            lifetime=lifetime,
            rejected=block.reasons("rejected"),
            refused=When(block.words("refused_when")),
            headers=block.headers("headers", known),
            auth=auth,
        )

    def _operation(self, name: str, block: Block, more: set[str]) -> Operation | Question:
        own = _OF_A_QUESTION if name in QUESTIONS else ("accepted", "not_sent")
        block.only(self._call_key, "fields", "headers", "rejected", *own)
        known = known_values(name) | set(self.credentials) | more
        call = self._route(block, known)
        fields = block.templates("fields", known)
        headers = block.headers("headers", known)
        rejected = block.reasons("rejected")
        self._hold_list(block, call, fields)
        try:
            if name not in QUESTIONS:
                accepted = _accepted(block)
                not_sent = block.several_words("not_sent")
                if why := untaken_trouble(not_sent, accepted, rejected):
                    block.fail(why, "not_sent")
                table = Operation(call, fields, accepted, rejected, headers, not_sent)
                return _carrying(block, table, _MUST_CARRY.get(name, ()))
            answered = When(block.words("answered"))
            rows = block.path("rows", "")
            return Question(
                call,
                fields,
                _row(block, RECEIVED_ROW if name == "received" else SENT_ROW),
                rows,
                answered,
                rejected,
                headers,
                statuses=_statuses(block),
                failed=When(block.words("failed")),
                refused=When(block.words("refused")),
                pages=_pages(block),
                time_format=_time_format(block),
            )
        except ConfigError:
            raise
        except ValueError as error:
            block.fail(str(error), "fields")

    @property
    def _call_key(self) -> str:
        return "operation" if self.soap else "route"

    def _route(self, block: Block, known: set[str]) -> str:
        call: str = block.of(self._call_key, str)
        if self.soap:
            return call
        method, _, path = call.partition(" ")
        if method not in METHODS or not path.startswith("/"):
            example = f"a method ({', '.join(METHODS)}) and a path, such as POST /v1/messages"
            block.fail(f"{call!r}: give {example}", "route")
        if why := route_trouble(call, known):
            block.fail(why, "route")
        return call

    def _hold_list(self, block: Block, call: str, fields: Mapping[str, Any]) -> None:
        """Refuse a body that is a list where no JSON is sent."""
        form = isinstance(self.codec, Rest) and self.codec.body == "form"
        if form or call.partition(" ")[0] in BODILESS:
            for path in fields:
                if path.partition("[")[0] == LIST:
                    block.fail("a form and a query have no list: it is for JSON", "fields", path)

    def _hold_used(self, block: Block, auth: Auth, tables: list[Operation | Question]) -> None:
        carried = {name for table in tables for name in table.carries()}
        used = carried | set(auth.credentials)
        for key in self.credentials:
            if key not in used:
                known = nearest(key, ("type", *_OPEN, *used & set(self.credentials)))
                block.fail(f"no field and no header has {{{key}}}; {known}", "auth", key)
        for table in tables:
            if both := sorted(
                auth.fields(dict.fromkeys(auth.credentials, "")).keys() & table.fields
            ):
                block.fail(f"{both[0]} is a field of {table.call} too", "auth", "fields")
            try:
                nested({**table.fields, **auth.fields(dict.fromkeys(auth.credentials, ""))})
            except ValueError as error:
                block.fail(str(error), "auth", "fields")
        if isinstance(auth, Login) and "token" not in carried:
            block.fail("no field and no header of a call has {token}", "token")


def is_public(credential: str) -> bool:
    """Return whether a credential is not a secret: the name of who we are."""
    return credential in _PUBLIC


def _credentials(block: Block, kind: str) -> dict[str, Any]:
    needed, settings = _AUTHS[kind]
    own = {key: value for key, value in block.values.items() if key != "type"}
    for key in own:
        if settings != _OPEN and key not in needed + settings:
            block.fail(f"is not a key of {kind}; {nearest(key, needed + settings)}", key)
    for key in needed:
        if key not in own:
            block.fail(f"{key} is missing")
    found = {key: value for key, value in own.items() if key not in settings}
    for key in found:
        if not _NAME.fullmatch(key) or iskeyword(key):
            block.fail("a credential's name has a-z, 0-9 and _, and is not a word of Python", key)
        if key in _NAMES:
            block.fail(f"{{{key}}} is a value of the call: give another name", key)
    return found


def _token_url(block: Block) -> str:
    url: str = block.of("token_url", str)
    try:
        if not url.startswith("/"):
            check_address("token_url", url)
    except ConfigError:
        why = "give a path, such as /oauth/token, or a whole address without credentials"
        block.fail(why, "token_url")
    return url


def _accepted(block: Block) -> When:
    table = block.table("accepted")
    table.only("when", "id", "status")
    words = table.words("when")
    if not words.keys() - {STATUS}:
        table.fail('give when = { "path" = "word" }; a 200 is never proof')
    return When(words, **{key: table.path(key) for key in ("id", "status") if key in table})


def _statuses(block: Block) -> dict[str, Status]:
    table = block.table("statuses", optional=True)
    return {word: table.one_of(Status, ours, word) for word, ours in table.values.items()}


def _pages(block: Block) -> str:
    found: str = block.of("pages", str, "")
    if found not in ("", "id", "at"):
        block.fail(f"{found!r}: give id or at, what the next page is asked before", "pages")
    return found


def _time_format(block: Block) -> str:
    found: str = block.of("time_format", str, "")
    if found and (why := form_trouble(found)):
        block.fail(why, "time_format")
    return found


def _row(block: Block, names: tuple[str, ...]) -> dict[str, Paths]:
    row = block.table("row")
    row.only(*names)
    if not row.values:
        row.fail(f"give one or more of {', '.join(names)}")
    return {name: row.paths(name) for name in row.values}


def _carrying(block: Block, table: Operation, needed: tuple[str, ...]) -> Operation:
    for name in needed:
        if name not in table.carries():
            block.fail(f"no field has {{{name}}}: {_LOST[name]}", "fields")
    return table
