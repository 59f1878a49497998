"""A block of config, read key by key: each error has the key, for whoever knows its line."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from smsbridge.errors import ConfigError, Reason
from smsbridge.mapping.filters import FILTERS, text
from smsbridge.mapping.path import STATUS, steps
from smsbridge.mapping.template import Template
from smsbridge.mapping.template_check import trouble
from smsbridge.mapping.words import REFUSING, When, status_trouble
from smsbridge.text.suggest import nearest

Key = tuple[str, ...]
_Word = TypeVar("_Word", bound=StrEnum)
_WORDS = {str: "text", int: "a whole number", bool: "true or false"}
_FRAMING = ("connection", "content-length", "host", "transfer-encoding")
_FIELDS = frozenset(
    {"text", "number", "xml", "json"}
)  # names of fields rather than filters over a whole template


@dataclass(frozen=True, slots=True)
class Block:
    """A table of config, and the key at which it stands."""

    values: Mapping[str, Any]
    at: Key = ()

    def __contains__(self, key: object) -> bool:
        """Return whether a key is there."""
        return key in self.values

    def fail(self, why: str, *key: str) -> NoReturn:
        """Raise the error for a key of the block, or for the block itself."""
        whole = (*self.at, *key)
        raise ConfigError(f"{shown(whole)}: {why}" if whole else why, whole)

    def table(self, key: str, *, optional: bool = False) -> Block:
        """Return the table at a key; an empty one where it is optional and absent."""
        found = self.values.get(key, {} if optional else None)
        if not isinstance(found, Mapping):
            self.fail("give a table" if found is not None else "is missing", key)
        return Block(found, (*self.at, key))

    def only(self, *allowed: str) -> None:
        """Refuse every other key."""
        for key in self.values:
            if key not in allowed:
                self.fail(f"is not a key of {'.'.join(self.at)}; {nearest(key, allowed)}", key)

    def of(self, key: str, kind: type, default: Any = None) -> Any:
        """Return the value at a key: a text, a whole number or a bool."""
        value = self.values.get(key, default)
        if value is None:
            self.fail(f"{key} is missing")
        odd = isinstance(value, bool) and kind is not bool
        if odd or not isinstance(value, kind):
            self.fail(f"give {_WORDS[kind]}", key)
        return value

    def path(self, key: str, default: str | None = None) -> str:
        """Return the path at a key; the default may be empty."""
        found: str = self.of(key, str, default)
        if found or default is None:
            self.hold_path(found, key)
        return found

    def paths(self, key: str) -> str | tuple[str, ...]:
        """Return the path at a key, or several; two with a blank between are of one value."""
        found = self.values.get(key)
        several = [found] if isinstance(found, str) else found
        if not isinstance(several, list) or not several:
            self.fail("give a path, or a list of paths", key)
        for path in several:
            if not isinstance(path, str):
                self.fail("give a path, or a list of paths", key)
            for part in path.split(" "):
                self.hold_path(part, key)
        return found if isinstance(found, str) else tuple(several)

    def templates(self, key: str, known: Collection[str]) -> dict[str, Template]:
        """Return the fields at a key: path to template."""
        table = self.table(key, optional=True)
        found = dict(_leaves(table.values))
        for path, template in found.items():
            table.hold_path(path, path)
            if why := trouble(template, known):
                table.fail(why, path)
        return found

    def headers(self, key: str, known: Collection[str]) -> dict[str, Template]:
        """Return the HTTP headers at a key: name to template."""
        table = self.table(key, optional=True)
        for name, template in table.values.items():
            if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
                table.fail("is not the name of an HTTP header", name)
            if name.lower() in _FRAMING:
                table.fail("is not yours to set: it says how the request is carried", name)
            if isinstance(template, str) and not (template.isascii() and template.isprintable()):
                table.fail("give printable ASCII", name)
            if why := trouble(template, known):
                table.fail(why, name)
        return dict(table.values)

    def words(self, key: str) -> dict[str, str]:
        """Return the words at a key: path to the word that an answer must have there."""
        table = self.table(key, optional=True)
        found: dict[str, str] = {}
        for path, word in _leaves(table.values):
            table.hold_path(path, path)
            if not isinstance(word, str | int | float) or word == "":
                table.fail("give one word, as text", path)
            found[path] = text(word)
            try:
                When({path: found[path]})
            except ValueError as error:
                table.fail(str(error), path)
        return found

    def reasons(self, key: str) -> dict[str, dict[str, Reason]]:
        """Return the refusals at a key: path to word to reason."""
        table = self.table(key, optional=True)
        found: dict[str, dict[str, Reason]] = {}
        for path, words in table.tables():
            table.hold_path(path, path)
            if path == STATUS and (why := status_trouble(words, REFUSING)):
                table.fail(why, path)
            for word in words:
                if len(word) > 1 and word[0] == word[-1] == "/":
                    table.fail("a pattern has no place here: name each word, or *", path, word)
            found[path] = {
                word: table.one_of(Reason, said, path, word) for word, said in words.items()
            }
        return found

    def several_words(self, key: str) -> dict[str, tuple[str, ...]]:
        """Return the words at a key: path to a list of words."""
        table = self.table(key, optional=True)
        found: dict[str, tuple[str, ...]] = {}
        for path, words in _leaves(table.values):
            table.hold_path(path, path)
            if not isinstance(words, list) or not words:
                table.fail('give a list of words, such as ["503"]', path)
            for word in words:
                if not isinstance(word, str | int | float) or word == "":
                    table.fail("give each word as text", path)
            found[path] = tuple(map(text, words))
        return found

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

    def one_of(self, words: type[_Word], word: object, *key: str) -> _Word:
        """Return a word of a closed set."""
        try:
            return words(str(word))
        except ValueError:
            known = nearest(str(word), map(str, words))
            self.fail(f"there is no {words.__name__.lower()} {word!r}; {known}", *key)

    def hold_path(self, path: str, *key: str) -> None:
        """Refuse a path that is none."""
        try:
            steps(path)
        except ValueError as error:
            self.fail(str(error), *key)


def shown(key: Key) -> str:
    """Return a key as TOML writes it: ``send.fields."request.body"``."""
    plain = str.maketrans("", "", "-_")
    return ".".join(step if step.translate(plain).isalnum() else f'"{step}"' for step in key)


def _leaves(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield path and template; nested tables are the same as dotted paths."""
    for key, value in table.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and value and not _is_template(value):
            yield from _leaves(value, f"{path}.")
        else:
            yield path, value


def _is_template(value: Mapping[str, Any]) -> bool:
    return all("{" in key or key in FILTERS.keys() - _FIELDS for key in value)
