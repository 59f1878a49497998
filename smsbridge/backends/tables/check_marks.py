"""Whether a refusal could have what a table takes for a yes, and what else no WSDL can check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from smsbridge.backends.tables.check_words import text_type
from smsbridge.codecs.soap.model import Content, Part
from smsbridge.mapping.operation import Operation, Protocol
from smsbridge.mapping.path import ANSWER, STATUS, names
from smsbridge.text.suggest import list_words
from smsbridge.text.toml_quotes import toml_key

if TYPE_CHECKING:
    from smsbridge.codecs.soap.inner import Inner
    from smsbridge.codecs.soap.port import Port

_ANY = "*"


def trouble_with_mark(table: Operation, answer: Content) -> tuple[str, str] | None:
    """Return the path of a mark that is true and false alike, and what is wrong; or None."""
    marks = _vague_marks(table, answer)
    if not marks or any(text_type(part.type).base != "boolean" for part in marks.values()):
        return None
    why = '"*" takes false too: name the word that means yes, or that of a refusal under rejected'
    return next(iter(marks)), why


def doubts(
    contract: Port, protocol: Protocol, inner: Inner | None = None
) -> Iterator[tuple[str, str]]:
    """Yield what the contract can't check of tables that fit it, each with what it is about."""
    operations = protocol.operations()
    calls = dict.fromkeys(table.call for table in operations.values())
    encoded = [call for call in calls if contract.content(call, "input").encoded]
    if encoded:
        why = (
            f"no schema describes what is SOAP-encoded ({list_words(encoded)}): types are checked, "
            "but lengths, ranges and patterns are not"
        )
        yield "schemas", why
    if not contract.schema.usable:
        why = "the schemas of the WSDL can't be used: no value is checked by them"
        yield "schemas", why
    for name, table in operations.items():
        if inner is not None or not isinstance(table, Operation):
            continue
        answer = contract.content(table.call, "output")
        marks = _vague_marks(table, answer)
        if marks and all(_is_always_there(answer, path) for path in marks):
            key = toml_key((name, "accepted", "when", next(iter(marks))))
            why = (
                f'{key}: "*" takes any word, and by the WSDL a refusal has one there too: name '
                "the words that mean yes, a pattern, or those of refusals under rejected"
            )
            yield "mark", why


def _vague_marks(table: Operation, answer: Content) -> dict[str, Part]:
    """Return the parts of which any word is a mark of success, by path; if there is no other mark.

    Where words of refusals are named at the same path, any other word is a clear mark.
    """
    match = table.accepted.match
    named = {path for path in match if {*table.rejected.get(path, ())} - {_ANY}}
    clear = named | (table.not_sent.keys() & match.keys())
    if set(match.values()) != {_ANY} or clear or match.keys() & {ANSWER, STATUS}:
        return {}
    parts = {path: answer.find(path) for path in match if not path.startswith("fault.")}
    found = {path: part for path, part in parts.items() if part is not None}
    return found if found.keys() == match.keys() else {}


def _is_always_there(answer: Content, path: str) -> bool:
    """Return whether each answer has what is at a path."""
    steps = names(path).split(".")
    above = (answer.find(".".join(steps[: number + 1])) for number in range(len(steps)))
    return all(part is not None and part.required for part in above)
