"""Credentials in a call's own fields and headers, in plain or as what signs the call."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from smsbridge.mapping.filters import one_text, text
from smsbridge.mapping.path import at
from smsbridge.mapping.request import request_values
from smsbridge.mapping.reread import is_exact, reread
from smsbridge.mapping.template import RECIPIENTS, Template, names, places_of, render, split, texts
from smsbridge.text.secrets import same

if TYPE_CHECKING:
    from smsbridge.http.exchange import Request
    from smsbridge.mapping.operation import Operation, Question

_OF_REQUEST = frozenset({"method", "url", "body"})


def field_of(fields: Mapping[str, Any], path: str) -> Any:
    """Return what stands at a path, or in a place of the route: ``{id}``."""
    return fields.get(path) if path.startswith("{") else at(fields, path)


def values_in(given: Mapping[str, Any], places: Mapping[str, Template]) -> dict[str, str]:
    """Return the values of a call, by our names: its table, read backwards."""
    found: dict[str, str] = {}
    for path, template in places.items():
        word = field_of(given, path)
        several = isinstance(word, list) and RECIPIENTS in names(template)
        whole = one_text(word) if several else text(word)
        found |= reread(template, whole) if word not in (None, "") else {}
    return found


def has_credentials(
    table: Operation | Question,
    fields: Mapping[str, Any],
    request: Request,
    credentials: Mapping[str, str],
    *,
    is_strict: bool,
) -> bool:
    """Return whether the credentials that a table has in its own fields and headers are right.

    A signature may be of a value that can't be read back, such as a time. Then any word is taken,
    or, where it ``is_strict``, the one over what the call itself says in the place of that value.
    """
    return all(
        _proves(template, text(given), table, fields, request, credentials, is_strict=is_strict)
        for template, given in _pairs(table, fields, request, credentials)
    )


def unprovable(table: Operation | Question, credentials: Collection[str]) -> str:
    """Return a value that a signature is of and that a call doesn't say; empty if there is none."""
    templates = _templates(table)
    known = {*credentials, *_OF_REQUEST}
    known |= {name for one in table.places().values() if is_exact(one) for name in names(one)}
    parts = (part for one in templates for part in _parts(one) if isinstance(part, str))
    said = {place[0] for part in parts for place in places_of(part)}
    signed = (
        place
        for one in templates
        if {*names(one)} & {*credentials}
        for part in texts(one)
        for place in places_of(part)
    )
    return next((one[1] for one in signed if one[1] not in known and one[0] not in said), "")


def _templates(table: Operation | Question) -> list[Template]:
    return [*table.places().values(), *table.headers.values()]


def _pairs(
    table: Operation | Question,
    fields: Mapping[str, Any],
    request: Request,
    credentials: Mapping[str, str],
) -> Iterator[tuple[Template, Any]]:
    """Yield each template with credentials, and what stands in its place."""
    for path, carried in table.plan.places_carry.items():
        if carried & credentials.keys():
            yield table.places()[path], field_of(fields, path)
    for name, template in table.headers.items():
        if {*names(template)} & credentials.keys():
            yield template, request.header(name)


def _proves(  # noqa: PLR0913, PLR0917  (what a signature may be of)
    template: Template,
    given: str,
    table: Operation | Question,
    fields: Mapping[str, Any],
    request: Request,
    credentials: Mapping[str, str],
    *,
    is_strict: bool,
) -> bool:
    """Return whether a word is what a template with credentials gives."""
    needed, known = {*names(template)}, credentials
    if not needed <= credentials.keys():
        exact = {path: one for path, one in table.places().items() if is_exact(one)}
        known = {**values_in(fields, exact), **request_values(request), **credentials}
    if not needed <= known.keys():
        if not is_strict:
            return bool(given)
        said = _words_by_place(table, fields, request)
        own = {place: word for place, word in said.items() if _name_of(place) not in known}
        template = _with_words(template, own)
        if not {*names(template)} <= known.keys():
            return False
    urls = _urls(request) if "url" in needed else [""]
    return any(same(given, text(render(template, {**known, "url": url}))) for url in urls)


def _urls(request: Request) -> list[str]:
    """Return the addresses that a client may have called: its Host says which."""
    host, parts = request.header("host"), urlsplit(request.called)
    schemes = ("http", "https") if host else ()
    called = [parts._replace(scheme=scheme, netloc=host).geturl() for scheme in schemes]
    return [request.called, *called]


def _words_by_place(
    table: Operation | Question, fields: Mapping[str, Any], request: Request
) -> dict[str, str]:
    """Return what a call says in each place of its table, such as ``{now|epoch}``.

    Not what it says twice in two ways.
    """
    pairs = [(one, text(field_of(fields, path))) for path, one in table.places().items()]
    pairs += [(one, request.header(name)) for name, one in table.headers.items()]
    found: dict[str, str] = {}
    doubtful = set[str]()
    for template, word in pairs:
        parts = _parts(template)
        places = [place[0] for one in parts if isinstance(one, str) for place in places_of(one)]
        pattern = "".join(
            "(.*?)".join(map(re.escape, split(one)[0])) if isinstance(one, str) else ".*?"
            for one in parts
        )
        match = re.fullmatch(pattern, word, re.DOTALL)
        for place, one in zip(places, match.groups() if match else (), strict=False):
            if found.setdefault(place, one) != one:
                doubtful.add(place)
    return {place: word for place, word in found.items() if place not in doubtful}


def _parts(template: Template) -> list[Any]:
    """Return the parts of a template, of which the texts say what they are made of."""
    if isinstance(template, list | tuple):
        return [part for one in template for part in _parts(one)]
    return [template]


def _with_words(template: Template, said: Mapping[str, str]) -> Template:
    """Return a template with what a call says in the places of its values."""
    if isinstance(template, str):
        own, places = split(template)
        words = (_literal(said[p[0]]) if p[0] in said else p[0] for p in places)
        braced = [_literal(one) for one in own]
        return braced[0] + "".join(a + b for a, b in zip(words, braced[1:], strict=True))
    if isinstance(template, list | tuple):
        return [_with_words(one, said) for one in template]
    if isinstance(template, Mapping):
        return {key: _with_words(one, said) for key, one in template.items()}
    return template


def _name_of(place: str) -> str:
    return place[1:-1].partition("|")[0]


def _literal(word: str) -> str:
    return word.replace("{", "{{").replace("}", "}}")
