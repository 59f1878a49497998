"""A backend's tables read from a block of config: the same as a class in Python, in TOML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from smsbridge.auth.schemes import ClientCredentials, Fields, Login
from smsbridge.backends.protocol_check import (
    check_answer_mark,
    check_auth,
    check_carried,
    check_codec,
    check_field_names,
    check_recipients,
    check_route,
    check_words_of_text,
)
from smsbridge.backends.tables.auth_reader import OPEN_SETTINGS, read_auth
from smsbridge.backends.tables.block import OPERATIONS, Block
from smsbridge.backends.tables.values_reader import read_values
from smsbridge.backends.tables.webhook_reader import WEBHOOKS, read_webhooks
from smsbridge.codecs.rest import Rest
from smsbridge.errors import ConfigError
from smsbridge.mapping.auth import Auth
from smsbridge.mapping.call_values import REQUEST_VALUES, value_names
from smsbridge.mapping.codec import Codec
from smsbridge.mapping.operation import (
    QUESTIONS,
    RECEIVED_ROW,
    RECIPIENT_ROW,
    SENT_ROW,
    Operation,
    Paths,
    Protocol,
    Question,
)
from smsbridge.mapping.table_check import one_of
from smsbridge.mapping.times import form_trouble
from smsbridge.mapping.words import When, mark_trouble, range_trouble, untaken_trouble
from smsbridge.message import Status
from smsbridge.text.suggest import nearest
from smsbridge.webhooks.table import Webhook

_OF_A_CODEC = ("body", "answer")
TABLES = (*OPERATIONS, *WEBHOOKS, "token", "auth", "statuses", "values")
_OF_SEVERAL = ("rows", "row", "most")
_OF_A_QUESTION = (
    *("answered", "rows", "row", "statuses"),
    *("failed", "refused", "pages", "time_format"),
)


@dataclass(slots=True)
class TableReader:
    """Reads the tables of one block, and then has its ``credentials`` and its ``webhooks``.

    ``values``: its constants.

    ``codec`` encodes every call; ``soap``: a call is an operation, otherwise a route.
    """

    codec: Codec
    soap: bool
    credentials: dict[str, Any] = field(default_factory=dict)
    webhooks: tuple[Webhook, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)

    def protocol(self, values: Mapping[str, Any]) -> Protocol:
        """Return the protocol of a block."""
        block = Block(values)
        auth, self.credentials = read_auth(block.table("auth", optional=True), soap=self.soap)
        self.values = read_values(block.table("values", optional=True), self.credentials)
        if "token" in block:
            auth = self._login(block.table("token"), auth)
        more = {"token", *self.values} if "token" in block else set(self.values)
        found: dict[str, Any] = {
            name: self._table(name, block.table(name), more) for name in OPERATIONS if name in block
        }
        if not found:
            block.fail(f"say what it can do: give one or more of {', '.join(OPERATIONS)}")
        self.webhooks = read_webhooks(values, self.credentials, self.statuses(values))
        self._check_use(block, auth, list(found.values()))
        self._check_values(block, list(found.values()))
        if isinstance(auth, Login):
            calls = tuple((t.call, t.taken) for t in found.values())
            formats = {t.call: t.codec or self.codec for t in found.values()}
            formats = {call: one for call, one in formats.items() if one != auth.codec}
            lists = {t.call: t for t in found.values() if isinstance(t, Operation) and t.rows}
            auth = replace(
                auth, calls=calls, formats=formats, lists=lists, auth=self._with_all(auth.auth)
            )
        auth = self._with_all(auth)
        if not self.soap:
            check_answer_mark(block, found)
        return Protocol(self.codec, auth, **found)

    def _with_all(self, auth: Auth) -> Auth:
        """Return an auth that also has the credentials which only a call carries."""
        return replace(auth, also=tuple(self.credentials)) if isinstance(auth, Fields) else auth

    @staticmethod
    def statuses(values: Mapping[str, Any]) -> dict[str, Status]:
        """Return the provider's words for statuses, with ours."""
        return _statuses(Block(values))

    def _login(self, block: Block, auth: Auth) -> Login:
        if "token" in self.credentials:
            raise ConfigError(
                "auth.token: {token} is what the login gives: give another name", ("auth", "token")
            )
        if isinstance(auth, ClientCredentials):
            block.fail("oauth2 already fetches a token: leave one of the two out")
        call = self._call_key
        known_keys = ("fields", "headers", "token", "lifetime", "rejected", "refused_when")
        block.only(call, *known_keys, *self._codec_keys)
        known = set(self.credentials)
        lifetime = block.values.get("lifetime", "")
        if not isinstance(lifetime, int | float | str) or isinstance(lifetime, bool):
            block.fail("give seconds, or the path of the seconds in the answer", "lifetime")
        if isinstance(lifetime, str):
            lifetime = block.path("lifetime", "")
        return Login(
            self._codec(block) or self.codec,
            self._route(block, known),
            block.templates("fields", known, hollow=self.soap),
            block.path("token"),
            lifetime=lifetime,
            rejected=block.reasons("rejected"),
            refused=When(block.words("refused_when")),
            headers=block.headers("headers", known),
            auth=auth,
        )

    def _table(self, name: str, block: Block, more: set[str]) -> Operation | Question:
        own: tuple[str, ...] = _OF_A_QUESTION
        own = own if name in QUESTIONS else ("accepted", "not_sent")
        own += _OF_SEVERAL if name == "send" else ()
        block.only(self._call_key, "fields", "headers", "rejected", *own, *self._codec_keys)
        codec = self._codec(block)
        known = value_names(name) | set(self.credentials) | more
        call = self._route(block, known)
        fields = block.templates("fields", known, hollow=self.soap)
        headers = block.headers("headers", known | {*REQUEST_VALUES})
        rejected = block.reasons("rejected")
        check_field_names(block, codec or self.codec, call, fields)
        both = {
            "call": call,
            "fields": fields,
            "rejected": rejected,
            "headers": headers,
            "codec": codec,
        }
        try:
            return (self._question if name in QUESTIONS else self._operation)(name, block, both)
        except ConfigError:
            raise
        except ValueError as error:
            block.fail(str(error), "fields")

    def _operation(self, name: str, block: Block, both: Mapping[str, Any]) -> Operation:
        accepted = _success(block)
        not_sent = block.several_words("not_sent")
        if why := untaken_trouble(not_sent, accepted, both["rejected"]):
            block.fail(why, "not_sent")
        table = Operation(
            **both,
            accepted=accepted,
            not_sent=not_sent,
            rows=block.path("rows", ""),
            row=_row(block, RECIPIENT_ROW) if "row" in block else {},
            most=block.of("most", int, 1),
        )
        codec = table.codec or self.codec
        check_carried(block, name, table)
        check_recipients(block, table, codec)
        check_words_of_text(block, table, codec)
        return table

    def _question(self, name: str, block: Block, both: Mapping[str, Any]) -> Question:
        return Question(
            **both,
            answered=When(block.words("answered")),
            rows=block.path("rows", ""),
            row=_row(block, RECEIVED_ROW if name == "received" else SENT_ROW),
            statuses=_statuses(block),
            failed=When(block.words("failed")),
            refused=When(block.words("refused")),
            pages=_pages(block),
            time_format=_time_format(block),
        )

    @property
    def _codec_keys(self) -> tuple[str, ...]:
        return () if self.soap else _OF_A_CODEC

    def _codec(self, block: Block) -> Codec | None:
        """Return the codec of a call that says something of its own about it, otherwise None."""
        if not any(key in block for key in self._codec_keys) or not isinstance(self.codec, Rest):
            return None
        return read_codec(block, self.codec)

    @property
    def _call_key(self) -> str:
        return "operation" if self.soap else "route"

    def _route(self, block: Block, known: set[str]) -> str:
        call: str = block.of(self._call_key, str)
        if self.soap:
            return call
        check_route(block, call, known)
        return call

    def _check_values(self, block: Block, tables: list[Operation | Question]) -> None:
        used = {name for table in tables for name in table.carries()}
        for name in self.values:
            if name not in used:
                why = f"no field, header or route has {{{name}}}; {nearest(name, used)}"
                block.fail(why, "values", name)

    def _check_use(self, block: Block, auth: Auth, tables: list[Operation | Question]) -> None:
        used = {name for table in tables for name in table.carries()} | set(auth.credentials)
        used |= {name for one in self.webhooks if one.signed for name in one.signed.names}
        for key in self.credentials:
            if key not in used:
                known = nearest(key, ("type", *OPEN_SETTINGS, *used & set(self.credentials)))
                block.fail(f"no field and no header has {{{key}}}; {known}", "auth", key)
        check_auth(block, auth, tables, self.codec)


def read_codec(block: Block, like: Rest) -> Rest:
    """Return the codec that a block, or the table of a call, says, over that of all calls."""
    given = {key: block.of(key, str) for key in _OF_A_CODEC if key in block}
    codec = replace(like, **given)
    check_codec(block, codec)
    return codec


def _success(block: Block) -> When:
    table = block.table("accepted")
    table.only("when", "id", "status")
    words = table.words("when")
    if why := mark_trouble(words):
        table.fail(f'give when = {{ "path" = "word" }}: {why}')
    return When(words, **{key: table.path(key) for key in ("id", "status") if key in table})


def _statuses(block: Block) -> dict[str, Status]:
    table = block.table("statuses", optional=True)
    if why := range_trouble(table.values):
        table.fail(why)
    return {word: one_of(table, Status, ours, word) for word, ours in table.values.items()}


def _pages(block: Block) -> str:
    found: str = block.of("pages", str, "")
    if found not in ("", "id", "at"):
        block.fail(f"{found!r}: give id or at: the next page is asked before that value", "pages")
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
