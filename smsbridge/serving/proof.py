"""Whether a call has the credentials that its auth and its table ask for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from smsbridge.mapping.filters import text
from smsbridge.mapping.request import request_values
from smsbridge.mapping.reread import field_at, is_exact, values_in
from smsbridge.mapping.template import Template, names, render
from smsbridge.text.secrets import same

if TYPE_CHECKING:
    from smsbridge.http.exchange import Request
    from smsbridge.mapping.operation import Operation, Question
    from smsbridge.serving.provider_protocol import ProviderProtocol


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows who makes a call: its fields, and the headers and address of its request."""

    protocol: ProviderProtocol
    table: Operation | Question
    fields: Mapping[str, Any]
    request: Request

    def is_valid(self, credentials: Mapping[str, str], tokens: Collection[str]) -> bool:
        """Return whether it has some credentials, or a token that was given out."""
        by_auth = self.protocol.auth.is_valid(self.request, self.fields, credentials, tokens)
        return by_auth and self._has_credentials(credentials)

    def _has_credentials(self, credentials: Mapping[str, str]) -> bool:
        """Return whether those that the table has in its own fields and headers are right."""
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
            self._fits(template, text(given), credentials)
            for given, template in (*in_fields, *in_headers)
        )

    def _fits(self, template: Template, given: str, credentials: Mapping[str, str]) -> bool:
        """Return whether a word is what a template with credentials gives.

        Of one with a value that can't be read back, such as a time, any word is taken.
        """
        needed, known = {*names(template)}, credentials
        if not needed <= credentials.keys():
            exact = {path: one for path, one in self.table.places().items() if is_exact(one)}
            read = values_in(self.fields, exact)
            known = {**read, **request_values(self.request), **credentials}
        if not needed <= known.keys():
            return bool(given)
        urls = _urls(self.request) if "url" in needed else [""]
        return any(same(given, text(render(template, {**known, "url": url}))) for url in urls)


def _urls(request: Request) -> list[str]:
    """Return the addresses that a client may have called: its Host says which."""
    host, parts = request.header("host"), urlsplit(request.url)
    schemes = ("http", "https") if host else ()
    called = [parts._replace(scheme=scheme, netloc=host).geturl() for scheme in schemes]
    return [request.url, *called]
