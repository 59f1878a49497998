"""Checks the parts of a table, by whatever it is written in: a class, or a block of config.

Each takes a `Checker` of one part, so that an error has the key of what is wrong.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import TypeVar

from smsbridge.errors import Reason
from smsbridge.mapping.path import STATUS, steps
from smsbridge.mapping.template_check import trouble
from smsbridge.mapping.words import REFUSING, When, range_trouble, status_trouble
from smsbridge.text.located import Checker
from smsbridge.text.suggest import nearest

_FRAMING = ("connection", "content-length", "host", "transfer-encoding")
_Word = TypeVar("_Word", bound=StrEnum)


def check_path(table: Checker, path: str, *key: str, form: bool = False) -> None:
    """Refuse what is not a path; ``form``: nor the name of a form's field."""
    try:
        steps(path, form=form)
    except ValueError as error:
        table.fail(str(error), *key)


def check_fields(table: Checker, known: Collection[str]) -> None:
    """Refuse a field whose path or template can't be used; ``known`` are the values there are."""
    for path, template in table.values.items():
        check_path(table, path, path, form=True)
        if why := trouble(template, known):
            table.fail(why, path)


def check_headers(table: Checker, known: Collection[str]) -> None:
    """Refuse a header whose name or template can't be sent."""
    for name, template in table.values.items():
        if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
            table.fail("not the name of an HTTP header", name)
        if name.lower() in _FRAMING:
            table.fail("the transport writes this header: leave it out", name)
        if isinstance(template, str) and not (template.isascii() and template.isprintable()):
            table.fail("give printable ASCII", name)
        if why := trouble(template, known):
            table.fail(why, name)


def check_words(table: Checker) -> None:
    """Refuse a path at which no answer could have its word."""
    for path, said in table.values.items():
        check_path(table, path, path)
        several = isinstance(said, list | tuple)
        for word in said if several and said else [said]:
            if word == "":
                table.fail("give one word, as the answer has it: this place is not filled in", path)
            if not isinstance(word, str | int | float):
                table.fail('give one word, as text, or a list of words, such as ["0", "OK"]', path)
            if several and word == "*":
                table.fail("* is any word: beside others it means nothing", path)
            try:
                When({path: str(word)})
            except ValueError as error:
                table.fail(str(error), path)


def check_refusals(table: Checker) -> None:
    """Refuse words of a refusal that no answer could have; ``table`` is path to word to reason."""
    for path, words in table.values.items():
        check_path(table, path, path)
        if path == STATUS and (why := status_trouble(words, REFUSING)):
            table.fail(why, path)
        if why := range_trouble(words):
            table.fail(why, path)
        for word, reason in words.items():
            if len(word) > 1 and word[0] == word[-1] == "/":
                table.fail("a pattern is not allowed here: name each word, or *", path, word)
            one_of(table, Reason, reason, path, word)


def check_several_words(table: Checker) -> None:
    """Refuse what is not a list of words; ``table`` is path to words."""
    for path, words in table.values.items():
        check_path(table, path, path)
        if not isinstance(words, Collection) or isinstance(words, str) or not words:
            table.fail('give a list of words, such as ["503"]', path)
        for word in words:
            if not isinstance(word, str | int | float) or word == "":
                table.fail("give each word as text", path)


def one_of(table: Checker, words: type[_Word], word: object, *key: str) -> _Word:
    """Return a word of a closed set, or refuse it."""
    try:
        return words(str(word))
    except ValueError:
        known = nearest(str(word), map(str, words))
        table.fail(f"there is no {words.__name__.lower()} {word!r}; {known}", *key)
