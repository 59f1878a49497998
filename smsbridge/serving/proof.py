"""Checks whether a call has the credentials that its auth and table require."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from smsbridge.mapping.filters import text
from smsbridge.mapping.request import request_values
from smsbridge.mapping.reread import field_at, is_exact, values_in
from smsbridge.mapping.template import Template, names, places_of, render, texts
from smsbridge.serving.said_words import parts_of, with_words, words_by_place
from smsbridge.text.secrets import same

if TYPE_CHECKING:
    from smsbridge.http.exchange import Request
    from smsbridge.mapping.operation import Operation, Question
    from smsbridge.serving.provider_protocol import ProviderProtocol

_OF_REQUEST = frozenset({"method", "url", "body"})


@dataclass(frozen=True, slots=True)
class Proof:
    """The evidence of who makes a call: its fields, and the headers and URL of its request."""

    protocol: ProviderProtocol
    table: Operation | Question
    fields: Mapping[str, Any]
    request: Request

    def is_valid(
        self, credentials: Mapping[str, str], tokens: Collection[str], *, is_strict: bool = True
    ) -> bool:
        """Return whether it has these credentials, or an issued token.

        A signature may cover a value that can't be read back, such as a time. It must then match
        what the call says in that value's place; unless ``is_strict``, any signature is accepted.
        """
        by_auth = self.protocol.auth.is_valid(self.request, self.fields, credentials, tokens)
        return by_auth and self._has_credentials(credentials, is_strict=is_strict)

    def _has_credentials(self, credentials: Mapping[str, str], *, is_strict: bool) -> bool:
        """Return whether the credentials in the table's own fields and headers are right."""
        places = self.table.places()
        in_fields = (
            (field_at(self.fields, path), places[path])
            for path, carried in self.table.plan.places_carry.items()
            if carried & credentials.keys()
        )
        in_headers = (
            (self.request.header(name), template)
            for name, template in self.table.headers.items()
            if {*names(template)} & credentials.keys()
        )
        return all(
            self._fits(template, text(given), credentials, is_strict=is_strict)
            for given, template in (*in_fields, *in_headers)
        )

    def _fits(
        self, template: Template, given: str, credentials: Mapping[str, str], *, is_strict: bool
    ) -> bool:
        """Return whether a word is what a template with credentials renders to."""
        needed, known = {*names(template)}, credentials
        if not needed <= credentials.keys():
            exact = {path: one for path, one in self.table.places().items() if is_exact(one)}
            read = values_in(self.fields, exact)
            known = {**read, **request_values(self.request), **credentials}
        if not needed <= known.keys():
            if not is_strict:
                return bool(given)
            said = words_by_place(self.table, self.fields, self.request)
            own = {place: word for place, word in said.items() if _name_of(place) not in known}
            template = with_words(template, own)
            if not {*names(template)} <= known.keys():
                return False
        urls = _urls(self.request) if "url" in needed else [""]
        return any(same(given, text(render(template, {**known, "url": url}))) for url in urls)


def unprovable(table: Operation | Question, credentials: Collection[str]) -> str:
    """Return a value that is signed but not contained in the call; empty if there is none."""
    templates = [*table.places().values(), *table.headers.values()]
    known = {*credentials, *_OF_REQUEST}
    known |= {name for one in table.places().values() if is_exact(one) for name in names(one)}
    parts = (part for one in templates for part in parts_of(one) if isinstance(part, str))
    said = {place[0] for part in parts for place in places_of(part)}
    signed = (
        place
        for one in templates
        if {*names(one)} & {*credentials}
        for part in texts(one)
        for place in places_of(part)
    )
    return next((one[1] for one in signed if one[1] not in known and one[0] not in said), "")


def _urls(request: Request) -> list[str]:
    """Return the URLs that a client may have called, judging by its Host."""
    host, parts = request.header("host"), urlsplit(request.called)
    schemes = ("http", "https") if host else ()
    called = [parts._replace(scheme=scheme, netloc=host).geturl() for scheme in schemes]
    return [request.called, *called]


def _name_of(place: str) -> str:
    return place[1:-1].partition("|")[0]
