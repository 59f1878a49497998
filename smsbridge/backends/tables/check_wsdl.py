"""Checks the tables of a block against its WSDL, before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

from smsbridge.auth.schemes import Login
from smsbridge.backends.tables.check_marks import trouble_with_mark
from smsbridge.backends.tables.check_words import (
    answer_paths,
    nowhere,
    own_statuses,
    status_paths,
    trouble,
    words_of,
)
from smsbridge.codecs.soap.model import SUBTYPE, BadWSDL, Content, Part, XSDType
from smsbridge.codecs.soap.xsd_samples import breaks
from smsbridge.errors import ConfigError, InvalidMessage
from smsbridge.mapping.filters import text
from smsbridge.mapping.operation import Operation, Protocol
from smsbridge.mapping.path import ANSWER, HEADER, STATUS, TEXT, nest, steps
from smsbridge.mapping.template import Template, names, render
from smsbridge.text.suggest import list_words, nearest
from smsbridge.text.toml_quotes import toml_key

if TYPE_CHECKING:
    from smsbridge.codecs.soap.inner import Inner
    from smsbridge.codecs.soap.port import Direction, Port
    from smsbridge.mapping.auth import Credentials
    from smsbridge.message import Status

_Find = Callable[[str], Part | None]
_FAULT = ("code", "string", "detail")
_TIME = datetime(2027, 1, 31, 9, tzinfo=UTC)
SAMPLE: Mapping[str, Any] = {
    "recipient": "+12025550123",
    "recipients": ["+12025550123"],
    "text": "Hello",
    "channels": "sms",
    "sender": "smsbridge",
    "reference": "order-4711",
    "callback": "https://app.example/sms",
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
"""Sample values with which tables are tried."""


def check_tables(
    contract: Port,
    protocol: Protocol,
    credentials: Credentials,
    inner: Inner | None = None,
    statuses: Mapping[str, Status] = MappingProxyType({}),
) -> None:
    """Raise `ConfigError`, with the key that is wrong, unless each table fits the contract.

    ``statuses``: the words for statuses of all tables that have none of their own. ``inner``: the
    part of every answer that holds a document of which the contract says nothing.
    """
    auth = protocol.auth
    extra = {path: text(value) for path, value in auth.fields(credentials).items()}
    for name, table in protocol.operations().items():
        check = _CallCheck(contract, (name,), table.call, credentials, inner)
        check.fields(table.fields, extra)
        check.answer(answer_paths(table))
        check.words(words_of(table))
        if isinstance(table, Operation):
            check.mark(table)
    _check_statuses(contract, protocol, statuses, inner)
    if isinstance(auth, Login):
        check = _CallCheck(contract, ("token",), auth.call, credentials, inner)
        check.fields(auth.login, {})
        paths: dict[tuple[str, ...], str] = {("token",): auth.token}
        if isinstance(auth.lifetime, str) and auth.lifetime:
            paths["lifetime",] = auth.lifetime
        check.answer(paths | {("rejected", path): path for path in auth.rejected})
        check.words(
            (("rejected", path, word), path, word)
            for path, reasons in auth.rejected.items()
            for word in reasons
        )
        calls = [table.call for table in protocol.operations().values()]
        checks = [_CallCheck(contract, ("token",), call, {}, inner) for call in calls]
        for path, word in auth.refused.pairs():
            _check_token_refusal(checks, path, word)


def _check_statuses(
    contract: Port, protocol: Protocol, statuses: Mapping[str, Status], inner: Inner | None
) -> None:
    """Refuse a word for a status that no answer can have."""
    shared: list[Part | None] = []
    for name, table in protocol.operations().items():
        check = _CallCheck(contract, (name,), table.call, {}, inner)
        parts = [check.part_of_answer(path, (name,)) for path in status_paths(table)]
        if own := own_statuses(table):
            _check_status_words(parts, own, (name, "statuses"))
        else:
            shared += parts
    _check_status_words(shared, statuses, ("statuses",))


def _check_status_words(
    parts: Sequence[Part | None], statuses: Iterable[str], at: tuple[str, ...]
) -> None:
    known = [part for part in parts if part is not None]
    for word in statuses if len(known) == len(parts) else ():
        if why := nowhere(known, word):
            raise ConfigError(f"{toml_key((*at, word))}: {why}", (*at, word))


def _check_token_refusal(checks: list[_CallCheck], path: str, word: str) -> None:
    """Check what says that a token was refused: the answer of one call or more must have it."""
    troubles = []
    for check in checks:
        try:
            check.answer({("refused_when", path): path})
            check.words([(("refused_when", path), path, word)])
        except ConfigError as error:
            troubles.append(error)
    if troubles and len(troubles) == len(checks):
        raise troubles[0]


class _CallCheck:
    def __init__(
        self,
        contract: Port,
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

    def fields(self, fields: Mapping[str, Template], extra: Mapping[str, str]) -> None:
        """Check fields against what the call takes; ``extra`` are those of the auth, by path."""
        asked = _finder(self._content("input"), self._subtypes(fields))
        for path, template in fields.items():
            key = (*self._at, "fields", path)
            kind = self._kind(asked, path, key)
            if kind is not None and kind.simple:
                self._check_value(kind, template, key)
        for path, word in extra.items():
            key = ("auth", "fields", path)
            kind = self._kind(asked, path, key)
            if kind is not None and kind.simple and (refusal := kind.refusal(word)):
                raise ConfigError(f"{toml_key(key)}: in the WSDL {refusal}", key)
        rendered = {path: self._text(one) for path, one in fields.items()}
        words = {path: word for path, word in rendered.items() if word is not None}
        self._check_document(asked, {**words, **extra})

    def _subtypes(self, fields: Mapping[str, Template]) -> dict[str, XSDType]:
        """Return the types that fields name by ``@xsi:type``, by the path of what has them."""
        found: dict[str, XSDType] = {}
        for path, name in fields.items():
            if path.endswith(f".{SUBTYPE}") and isinstance(name, str):
                kind = self._contract.types(name)
                if kind is None:
                    key = (*self._at, "fields", path)
                    self._fail(key, BadWSDL(f"the WSDL has no type {name!r}"))
                found[path.removesuffix(f".{SUBTYPE}")] = kind
        return found

    def _check_value(self, kind: XSDType, template: Template, key: tuple[str, ...]) -> None:
        for one in _ends(template):
            given = self._text(one)
            if given is None:
                continue
            used = set(names(one))
            if used & {"token", "id"}:  # words of the other side
                continue
            refusal = (XSDType(base=kind.base) if used else kind).refusal(given)
            if not (refusal or used) and kind.listed is None:
                broken = breaks(given, kind.limits)
                refusal = broken and f"it has {broken}"
            if refusal:
                what = f"{one!r} gives text such as {given!r}" if used else f"{given!r} is given"
                if used & self._credentials.keys():
                    what = f"{one!r} is given"
                raise ConfigError(f"{toml_key(key)}: {what}, and in the WSDL {refusal}", key)

    def _text(self, template: Template) -> str | None:
        try:
            given = render(template, {**SAMPLE, **self._credentials})
        except InvalidMessage:
            return "1"  # a number, if the message's value is one
        return None if given is None else text(given)

    def _check_document(self, asked: _Find, words: Mapping[str, str]) -> None:
        samples = {path: self._sample(asked, path, word) for path, word in words.items()}
        try:
            why = self._contract.shape_trouble(self._call, nest(samples))
        except BadWSDL as error:
            at = (error.path,) if error.path in words else ()
            self._fail((*self._at, "fields", *at), error)
        if why:
            self._fail((*self._at, "fields"), BadWSDL(f"operation {self._call}: {why}"))

    def _sample(self, asked: _Find, path: str, word: str) -> str:
        """Return a word that the type accepts; whether a message's fits, only the message shows."""
        part = None if path.startswith(HEADER) else asked(path)
        taken = part is None or not part.type.simple or part.type.refusal(word) is None
        return word if taken or part is None else part.type.sample

    def answer(self, answers: Mapping[tuple[str, ...], str]) -> None:
        """Check the paths of words, and that of rows, against what an answer has."""
        for key, path in answers.items():
            if path == STATUS:
                continue
            where, what = (*self._at, *key), path
            if path == ANSWER:
                self._check_answer_mark(where, key)
                continue
            if path.startswith("fault."):
                self._fault_part(path, where)
                continue
            if self._inner is not None:
                where, what = (self._inner.key,), self._inner.path
            kind = self._kind(self._content("output").find, what, where)
            if key != ("rows",) and kind is not None and not _has_word(kind):
                parts = ", ".join(part.name for part in (kind.item or kind).parts)
                error = BadWSDL(f"{what!r} is not a word: it holds {parts or 'nothing'}")
                self._fail(where, error)

    def words(self, rows: Iterable[tuple[tuple[str, ...], str, str]]) -> None:
        """Refuse a word that an answer can't have: ``rows`` are its key, its path and itself."""
        for key, path, word in rows:
            part = self.part_of_answer(path, (*self._at, *key))
            if part is not None and (why := trouble(part, word)):
                self._fail((*self._at, *key), BadWSDL(why))

    def mark(self, table: Operation) -> None:
        """Refuse a mark of success that a refusal has too."""
        if self._inner is None and (found := trouble_with_mark(table, self._content("output"))):
            path, why = found
            self._fail((*self._at, "accepted", "when", path), BadWSDL(why))

    def part_of_answer(self, path: str, key: tuple[str, ...]) -> Part | None:
        """Return what is at a path of an answer, or a fault; None where anything may."""
        if path.startswith("fault."):
            return self._fault_part(path, key)
        if path == ANSWER:
            name = self._content("output").answer
            return Part(name=ANSWER, type=XSDType(base="string", words=(name,)))
        if path == STATUS or self._inner is not None:
            return None
        return self._part(self._content("output").find, path, key)

    def _check_answer_mark(self, where: tuple[str, ...], key: tuple[str, ...]) -> None:
        """Refuse the mark of an empty answer where another could be declared, or is."""
        content = self._content("output")
        if key[0] not in ("accepted", "answered"):
            self._fail(where, BadWSDL("an empty answer is a mark of success, and no other"))
        if self._inner is not None:
            self._fail(where, BadWSDL(f"the answer is in {self._inner.path}: name a word of it"))
        if not content.empty:
            known = [line.path for line in content.paths() if line.type.simple]
            parts = f": name a word of {list_words(known)}" if known else ""
            why = f"the WSDL declares an answer of {self._call} that is not empty{parts}"
            self._fail(where, BadWSDL(why))

    def _fault_part(self, path: str, key: tuple[str, ...]) -> Part | None:
        """Return what is at a path of a fault; None where no contract says."""
        names = [step for step in steps(path) if isinstance(step, str)]
        if names[1] not in _FAULT:
            self._fail(key, BadWSDL(f"there is no {path!r}; {nearest(names[1], _FAULT)}"))
        faults = self._operation_faults(key)
        if names[1] != "detail" or not names[2:] or not faults:
            return None
        detail = Content(body=Part(name="detail", type=XSDType(parts=faults)))
        return self._part(detail.find, ".".join(names[2:]), key)

    def _operation_faults(self, key: tuple[str, ...]) -> list[Part]:
        try:
            return self._contract.operation(self._call).faults
        except BadWSDL as error:
            self._fail(key, error)

    def _content(self, direction: Direction) -> Content:
        try:
            return self._contract.content(self._call, direction)
        except BadWSDL as error:
            self._fail((*self._at, "operation"), error)

    def _kind(self, find: _Find, path: str, key: tuple[str, ...]) -> XSDType | None:
        part = self._part(find, path, key)
        if part is None:
            return None
        return (part.type.item if path.endswith("]") else None) or part.type

    def _part(self, find: _Find, path: str, key: tuple[str, ...]) -> Part | None:
        try:
            return find(path)
        except BadWSDL as error:
            if key[0] == self._at[0]:
                self._fail(key, error)
            self._fail(key, BadWSDL(f"operation {self._call}: {error}"))

    def _fail(self, key: tuple[str, ...], error: BadWSDL) -> NoReturn:
        raise ConfigError(f"{toml_key(key)}: {error}", key) from None


def _finder(content: Content, subtypes: Mapping[str, XSDType]) -> _Find:
    """Return what finds the part at a path, also in the types that ``subtypes`` has by path."""

    def find(path: str) -> Part | None:
        for above, kind in subtypes.items():
            if path.startswith(f"{above}."):
                inner = Content(body=Part(name=above, type=kind))
                return inner.find(path.removeprefix(f"{above}."))
        return content.find(path)

    return find


def _has_word(kind: XSDType) -> bool:
    return kind.simple or kind.open or kind.part(TEXT) is not None


def _ends(template: Template) -> Iterator[Template]:
    """Yield the possible results of a template: the branches of a choice, or itself."""
    if isinstance(template, Mapping) and any("{" in key for key in template):
        for words in template.values():
            for one in words.values():
                yield from _ends(one)
    else:
        yield template
