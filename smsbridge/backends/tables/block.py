"""A block of config, read key by key: each error has the key, for a caller that knows its line."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from smsbridge.errors import Reason
from smsbridge.mapping.filters import FILTERS, text
from smsbridge.mapping.operation import COMMANDS, QUESTIONS
from smsbridge.mapping.table_check import (
    check_fields,
    check_headers,
    check_path,
    check_refusals,
    check_several_words,
    check_words,
)
from smsbridge.mapping.template import Template
from smsbridge.mapping.words import Wanted
from smsbridge.text.hmac_text import ALGORITHMS
from smsbridge.text.located import Checker

OPERATIONS = ("send", *QUESTIONS, *COMMANDS)
_FIELDS = frozenset({"text", "number", "xml", "json"})  # names of fields rather than filters
_OVER_A_TEMPLATE = (FILTERS.keys() - _FIELDS) | ALGORITHMS.keys()


class Block(Checker):
    """A table of config that describes a provider: paths, templates, words."""

    __slots__ = ()

    def path(self, key: str, default: str | None = None) -> str:
        """Return the path at a key; the default may be empty."""
        found: str = self.of(key, str, default)
        if found or default is None:
            check_path(self, found, key)
        return found

    def paths(self, key: str) -> str | tuple[str, ...]:
        """Return the path at a key, or several; two paths with a blank between form one value."""
        found = self.values.get(key)
        several = [found] if isinstance(found, str) else found
        if not isinstance(several, list) or not several:
            self.fail("give a path, or a list of paths", key)
        for path in several:
            if not isinstance(path, str):
                self.fail("give a path, or a list of paths", key)
            for part in path.split(" "):
                check_path(self, part, key)
        return found if isinstance(found, str) else tuple(several)

    def templates(
        self, key: str, known: Collection[str], *, hollow: bool = False
    ) -> dict[str, Template]:
        """Return the fields at a key: path to template.

        ``hollow``: ``{}`` is an element with nothing in it, as ``""`` is.
        """
        table = self.table(key, optional=True)
        found = dict(_leaves(table.values))
        if hollow:
            found = {path: "" if said == {} else said for path, said in found.items()}
        check_fields(Block(found, table.at), known)
        return found

    def headers(self, key: str, known: Collection[str]) -> dict[str, Template]:
        """Return the HTTP headers at a key: name to template."""
        table = self.table(key, optional=True)
        check_headers(table, known)
        return dict(table.values)

    def words(self, key: str) -> dict[str, Wanted]:
        """Return the words at a key: path to the word that an answer has there, or to several."""
        table = self.table(key, optional=True)
        flat = Block(dict(_leaves(table.values)), table.at)
        check_words(flat)
        return {
            path: tuple(map(text, word)) if isinstance(word, list) else text(word)
            for path, word in flat.values.items()
        }

    def reasons(self, key: str) -> dict[str, dict[str, Reason]]:
        """Return the refusals at a key: path to word to reason."""
        table = self.table(key, optional=True)
        flat = Block(dict(table.tables()), table.at)
        check_refusals(flat)
        return {
            path: {word: Reason(said) for word, said in words.items()}
            for path, words in flat.values.items()
        }

    def several_words(self, key: str) -> dict[str, tuple[str, ...]]:
        """Return the words at a key: path to a list of words."""
        table = self.table(key, optional=True)
        flat = Block(dict(_leaves(table.values)), table.at)
        check_several_words(flat)
        return {path: tuple(map(text, words)) for path, words in flat.values.items()}

    def tables(self, prefix: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield path and the table of words at it."""
        for key, value in self.values.items():
            path = f"{prefix}{key}"
            if not isinstance(value, Mapping):
                self.fail('give a table of words, such as { "12" = "recipient" }', path)
            if any(isinstance(inner, Mapping) for inner in value.values()):
                yield from Block(value, self.at).tables(f"{path}.")
            else:
                yield path, value


def _leaves(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield path and template; nested tables are the same as dotted paths."""
    for key, value in table.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and value and not _is_template(value):
            yield from _leaves(value, f"{path}.")
        else:
            yield path, value


def _is_template(value: Mapping[str, Any]) -> bool:
    return all("{" in key or key in _OVER_A_TEMPLATE for key in value)
