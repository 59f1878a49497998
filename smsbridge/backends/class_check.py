"""Checks the tables of a class when it is made, as strictly as those of a block of config."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from smsbridge.auth.schemes import Fields, Login
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
from smsbridge.codecs.rest import Rest
from smsbridge.codecs.soap.codec import Soap
from smsbridge.errors import ConfigError, Reason
from smsbridge.http.address import is_url
from smsbridge.mapping.call_values import REQUEST_VALUES, value_names
from smsbridge.mapping.operation import (
    QUESTIONS,
    RECEIVED_ROW,
    SENT_ROW,
    Operation,
    Protocol,
    Question,
)
from smsbridge.mapping.table_check import (
    check_fields,
    check_headers,
    check_refusals,
    check_several_words,
    check_words,
)
from smsbridge.message import Options, Status
from smsbridge.text.located import Checker
from smsbridge.text.suggest import nearest
from smsbridge.text.toml_quotes import toml_key

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.mapping.auth import Auth
    from smsbridge.mapping.codec import Codec
    from smsbridge.mapping.words import When


def check_class(cls: type[Backend]) -> None:
    """Refuse a class with a table that could not work; raises `ConfigError`.

    The error has the class, the key, what is wrong there, and what is allowed:
    ``Acme.protocols.rest.send.route: 'POST messages': give a method …``.
    """
    try:
        _check_class(cls)
    except ConfigError as error:
        raise ConfigError(f"{cls.__name__}.{error}") from None


def check_by_wsdl(backend: Backend) -> None:
    """Refuse tables of a class that don't fit the WSDL of the chosen protocol, if it is a file."""
    protocol = backend.protocols.get(backend.protocol)
    if protocol is None or not isinstance(protocol.codec, Soap) or is_url(backend.wsdl):
        return
    from smsbridge.backends.tables.check_wsdl import check_tables

    contract = protocol.codec.read_port(backend.site())
    try:
        check_tables(
            contract, protocol, backend.credentials(), protocol.codec.inner, backend.statuses
        )
    except ConfigError as error:
        place = toml_key(("protocols", backend.protocol))
        raise ConfigError(f"{type(backend).__name__}.{place}.{error}") from None


def _check_class(cls: type[Backend]) -> None:
    top = Checker({})
    options = _option_names(top, cls.options)
    _check_members(top, "statuses", cls.statuses, Status)
    keys = {key.name for key in fields(cls)}
    for name, protocol in cls.protocols.items():
        if not isinstance(protocol, Protocol):
            top.fail("give a Protocol", "protocols", name)
        for key in protocol.auth.credentials:
            if not hasattr(cls, key) and key not in keys:
                why = f"there is no config key {key!r}; {nearest(key, keys)}"
                top.fail(why, "protocols", name, "auth")
    given = {key for protocol in cls.protocols.values() for key in protocol.auth.credentials}
    given |= keys if _has_own_credentials(cls) else set()
    given |= cls.values.keys()
    for name, protocol in cls.protocols.items():
        try:
            _ProtocolCheck(protocol, given, options).check()
        except ConfigError as error:
            raise ConfigError(f"{toml_key(('protocols', name))}.{error}") from None


def _has_own_credentials(cls: type[Backend]) -> bool:
    """Return whether a class says by itself which of its keys its tables can use."""
    return sum("credentials" in vars(base) for base in cls.__mro__) > 1


def _option_names(top: Checker, options: Any) -> set[str]:
    """Return the values that the options of a class are in its tables."""
    if options is None:
        return set()
    if not isinstance(options, type) or not issubclass(options, Options):
        top.fail(f"{options!r} is not a subclass of smsbridge.Options", "options")
    if not is_dataclass(options) or "__dataclass_params__" not in vars(options):
        why = "has no decorator: write @dataclass(frozen=True, kw_only=True) above it"
        top.fail(f"{options.__name__} {why}", "options")
    return {f"options.{field.name}" for field in fields(options)}


def _check_members(at: Checker, key: str, words: Mapping[str, Any], kind: type[StrEnum]) -> None:
    for word, member in words.items():
        if not isinstance(member, kind):
            known = nearest(str(member).upper(), (one.name for one in kind))
            at.fail(f"{member!r} is not a {kind.__name__}; {known}", key, str(word))


class _ProtocolCheck:
    """Checks one protocol of a class; keys are those of a block."""

    def __init__(self, protocol: Protocol, keys: Collection[str], options: Collection[str]) -> None:
        """Take the names of the config keys and of the options that its tables may use."""
        self.at = Checker({})
        self.codec: Codec = protocol.codec
        self.auth: Auth = protocol.auth
        self.protocol = protocol
        self.keys = set(keys)
        self.options = set(options)

    def check(self) -> None:
        """Refuse the first thing that could not work."""
        check_codec(self.at, self.codec)
        tables = self.protocol.operations()
        for name, table in tables.items():
            self._check_table(name, table)
        self._check_auth(self.auth, Checker({}, ("auth",)))
        check_auth(self.at, self.auth, tables.values(), self.codec)
        if isinstance(self.codec, Rest):
            check_answer_mark(self.at, tables)

    def _check_table(self, name: str, table: Operation | Question) -> None:
        kind = Question if name in QUESTIONS else Operation
        if not isinstance(table, kind):
            self.at.fail(f"give {'a Question' if kind is Question else 'an Operation'}", name)
        at = Checker({}, (name,))
        known = value_names(name) | self.keys | set(getattr(self.auth, "own_values", ()))
        known |= self.options if name == "send" else set()
        if isinstance(self.codec, Rest):
            check_route(at, table.call, known)
        check_fields(Checker(table.fields, (name, "fields")), known)
        check_headers(Checker(table.headers, (name, "headers")), known | {*REQUEST_VALUES})
        self._check_refusals(table.rejected, name, "rejected")
        codec = self.protocol.codec_of(table)
        check_codec(at, codec)
        check_field_names(at, codec, table.call, table.fields)
        if isinstance(table, Operation):
            self._check_when(table.accepted, name, "accepted", "when")
            check_several_words(Checker(table.not_sent, (name, "not_sent")))
            check_carried(at, name, table)
            check_recipients(at, table, codec)
            check_words_of_text(at, table, codec)
            return
        for key in ("answered", "failed", "refused"):
            self._check_when(getattr(table, key), name, key)
        names = RECEIVED_ROW if name == "received" else SENT_ROW
        Checker(table.row, (name, "row")).only(*names)
        _check_members(at, "statuses", table.statuses, Status)

    def _check_auth(self, auth: Auth, at: Checker) -> None:
        if isinstance(auth, Login):
            check_codec(at, auth.codec)
            if isinstance(auth.codec, Rest):
                check_route(at, auth.call, self.keys)
            check_fields(Checker(auth.login, (*at.at, "login")), self.keys)
            check_headers(Checker(auth.headers, (*at.at, "headers")), self.keys)
            self._check_refusals(auth.rejected, "auth", "rejected")
            self._check_when(auth.refused, "auth", "refused")
            self._check_auth(auth.auth, Checker({}, (*at.at, "auth")))
        elif isinstance(auth, Fields):
            check_fields(Checker(auth.given, (*at.at, "fields")), self.keys)
            check_headers(Checker(auth.headers, (*at.at, "headers")), self.keys)

    def _check_when(self, when: When, *key: str) -> None:
        check_words(Checker(when.match, key))

    def _check_refusals(self, rejected: Mapping[str, Mapping[str, Any]], *key: str) -> None:
        at = Checker(rejected, key)
        for path, words in rejected.items():
            _check_members(at, path, words, Reason)
        check_refusals(at)
