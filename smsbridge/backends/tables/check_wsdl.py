"""Do the words of a table fit its WSDL? Held together before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn

from smsbridge.auth.login import Login
from smsbridge.backends.tables.block import shown
from smsbridge.codecs.soap.model import BadContract, Content, Kind, Part
from smsbridge.errors import ConfigError, InvalidMessage
from smsbridge.mapping.filters import text
from smsbridge.mapping.operation import Operation, Protocol, Question
from smsbridge.mapping.path import HEADER, STATUS, TEXT, nested
from smsbridge.mapping.template import Template, names, render

if TYPE_CHECKING:
    from smsbridge.codecs.soap.contract import Contract, Direction
    from smsbridge.codecs.soap.inner import Inner
    from smsbridge.mapping.auth import Credentials

_Find = Callable[[str], Part | None]
_SUBTYPE = "@xsi:type"
_TIME = datetime(2027, 1, 31, 9, tzinfo=UTC)
SAMPLE: Mapping[str, Any] = {
    "recipient": "+12025550123",
    "text": "Hello",
    "channels": "sms",
    "sender": "smsbridge",
    "reference": "order-4711",
    "send_at": _TIME,
    "now": _TIME,
    "after": _TIME,
    "before": _TIME,
    "first": _TIME,
    "last": _TIME,
    "keyword": "Hello",
    "failed": "phone",
    "device": "1",
    "unread": True,
    "uuid": "00000000-0000-4000-8000-000000000000",
    "encoding": "gsm-7",
    "segments": "1",
    "token": "1",
    "id": "1",
}
"""What tables are tried with: values as a message could have them."""


def hold_to(
    contract: Contract, protocol: Protocol, credentials: Credentials, inner: Inner | None = None
) -> None:
    """Raise `ConfigError`, with the key that is wrong, unless each table fits the contract.

    ``inner``: the part of every answer that holds a document of which the contract says nothing.
    """
    auth = protocol.auth
    extra = {path: text(value) for path, value in auth.fields(credentials).items()}
    for name, table in protocol.operations().items():
        fit = _Fit(contract, (name,), table.call, credentials, inner)
        fit.hold(table.fields, extra)
        fit.hold_answer(_paths(table))
    if isinstance(auth, Login):
        fit = _Fit(contract, ("token",), auth.call, credentials, inner)
        fit.hold(auth.login, {})
        paths: dict[tuple[str, ...], str] = {("token",): auth.token}
        if isinstance(auth.lifetime, str) and auth.lifetime:
            paths["lifetime",] = auth.lifetime
        fit.hold_answer(paths | {("rejected", path): path for path in auth.rejected})
        calls = [table.call for table in protocol.operations().values()]
        fits = [_Fit(contract, ("token",), call, {}, inner) for call in calls]
        for path in auth.refused.match:
            _hold_refused(fits, path)


def _hold_refused(fits: list[_Fit], path: str) -> None:
    """Hold what says that a token was refused to the answers of all calls: one may have it."""
    troubles = []
    for fit in fits:
        try:
            fit.hold_answer({("refused_when", path): path})
        except ConfigError as error:
            troubles.append(error)
    if troubles and len(troubles) == len(fits):
        raise troubles[0]


def _paths(table: Operation | Question) -> dict[tuple[str, ...], str]:
    """Return where a table looks into an answer, by the key that says so."""
    found: dict[tuple[str, ...], str] = {}
    if isinstance(table, Operation):
        marker = "accepted"
        for key in ("id", "status"):
            if path := getattr(table.accepted, key):
                found[marker, key] = path
        match = table.accepted.match
    else:
        marker, match = "answered", table.answered.match
        found |= {("rows",): table.rows} if table.rows else {}
        prefix = f"{table.rows}." if table.rows else ""
        for name in table.row:
            parts = [part for path in table.paths(name) for part in path.split(" ")]
            several = len(parts) > 1
            found |= {
                ("row", name, *([str(number)] if several else [])): prefix + part
                for number, part in enumerate(parts)
            }
        found |= {("failed", path): prefix + path for path in table.failed.match}
        found |= {("refused", path): prefix + path for path in table.refused.match}
    when = ("when",) if marker == "accepted" else ()
    found |= {(marker, *when, path): path for path in match}
    if isinstance(table, Operation):
        found |= {("not_sent", path): path for path in table.not_sent}
    return found | {("rejected", path): path for path in table.rejected}


class _Fit:
    def __init__(
        self,
        contract: Contract,
        at: tuple[str, ...],
        call: str,
        credentials: Credentials,
        inner: Inner | None,
    ) -> None:
        self._contract = contract
        self._at = at
        self._call = call
        self._credentials = credentials
        self._inner = inner

    def hold(self, fields: Mapping[str, Template], extra: Mapping[str, str]) -> None:
        """Hold fields to what the call takes; ``extra`` are those of the auth, by path."""
        asked = _finding(self._content("input"), self._subtypes(fields))
        for path, template in fields.items():
            key = (*self._at, "fields", path)
            kind = self._kind(asked, path, key)
            if kind is not None and kind.simple:
                self._hold_value(kind, template, key)
        for path, word in extra.items():
            key = ("auth", "fields", path)
            kind = self._kind(asked, path, key)
            if kind is not None and kind.simple and (refusal := kind.refusal(word)):
                raise ConfigError(f"{shown(key)}: in the WSDL {refusal}", key)
        rendered = {path: self._rendered(one) for path, one in fields.items()}
        words = {path: word for path, word in rendered.items() if word is not None}
        self._hold_whole(asked, {**words, **extra})

    def _subtypes(self, fields: Mapping[str, Template]) -> dict[str, Kind]:
        """Return the types that fields name by ``@xsi:type``, by the path of what has them."""
        found: dict[str, Kind] = {}
        for path, name in fields.items():
            if path.endswith(f".{_SUBTYPE}") and isinstance(name, str):
                kind = self._contract.types(name)
                if kind is None:
                    key = (*self._at, "fields", path)
                    self._fail(key, BadContract(f"the WSDL has no type {name!r}"))
                found[path.removesuffix(f".{_SUBTYPE}")] = kind
        return found

    def _hold_value(self, kind: Kind, template: Template, key: tuple[str, ...]) -> None:
        for one in _ends(template):
            given = self._rendered(one)
            if given is None:
                continue
            used = set(names(one))
            if used & {"token", "id"}:  # the other side's own words
                continue
            refusal = (Kind(base=kind.base) if used else kind).refusal(given)
            if refusal:
                what = f"{one!r} gives text such as {given!r}" if used else f"{given!r} is given"
                if used & self._credentials.keys():
                    what = f"{one!r} is given"
                raise ConfigError(f"{shown(key)}: {what}, and in the WSDL {refusal}", key)

    def _rendered(self, template: Template) -> str | None:
        try:
            given = render(template, {**SAMPLE, **self._credentials})
        except InvalidMessage:
            return "1"  # a number, if the message's value is one
        return None if given is None else text(given)

    def _hold_whole(self, asked: _Find, words: Mapping[str, str]) -> None:
        samples = {path: self._sample(asked, path, word) for path, word in words.items()}
        try:
            self._contract.write(self._call, "input", nested(samples))
        except BadContract as error:
            at = (error.path,) if error.path in words else ()
            self._fail((*self._at, "fields", *at), error)

    def _sample(self, asked: _Find, path: str, word: str) -> str:
        """Return a word that the type takes: whether a message's will, only the message shows."""
        part = None if path.startswith(HEADER) else asked(path)
        taken = part is None or not part.kind.simple or part.kind.refusal(word) is None
        return word if taken or part is None else part.kind.sample

    def hold_answer(self, answers: Mapping[tuple[str, ...], str]) -> None:
        """Hold the paths of words, and that of rows, to what an answer has."""
        for key, path in answers.items():
            if path.startswith("fault.") or path == STATUS:
                continue
            where, what = (*self._at, *key), path
            if self._inner is not None:
                where, what = (self._inner.key,), self._inner.path
            kind = self._kind(self._content("output").find, what, where)
            if key != ("rows",) and kind is not None and not _has_word(kind):
                parts = ", ".join(part.name for part in (kind.item or kind).parts)
                error = BadContract(f"{what!r} is not a word: it holds {parts or 'nothing'}")
                self._fail(where, error)

    def _content(self, direction: Direction) -> Content:
        try:
            return self._contract.content(self._call, direction)
        except BadContract as error:
            self._fail((*self._at, "operation"), error)

    def _kind(self, find: _Find, path: str, key: tuple[str, ...]) -> Kind | None:
        try:
            part = find(path)
        except BadContract as error:
            if key[0] == self._at[0]:
                self._fail(key, error)
            self._fail(key, BadContract(f"operation {self._call}: {error}"))
        if part is None:
            return None
        return (part.kind.item if path.endswith("]") else None) or part.kind

    def _fail(self, key: tuple[str, ...], error: BadContract) -> NoReturn:
        raise ConfigError(f"{shown(key)}: {error}", key) from None


def _finding(content: Content, subtypes: Mapping[str, Kind]) -> _Find:
    """Return what finds the part at a path, also in the types that ``subtypes`` has by path."""

    def find(path: str) -> Part | None:
        for above, kind in subtypes.items():
            if path.startswith(f"{above}."):
                inner = Content(body=Part(name=above, kind=kind))
                return inner.find(path.removeprefix(f"{above}."))
        return content.find(path)

    return find


def _has_word(kind: Kind) -> bool:
    return kind.simple or kind.open or kind.part(TEXT) is not None


def _ends(template: Template) -> Iterator[Template]:
    """Yield what a template may come to: the branches of a choice, or itself."""
    if isinstance(template, Mapping) and any("{" in key for key in template):
        for words in template.values():
            for one in words.values():
                yield from _ends(one)
    else:
        yield template
