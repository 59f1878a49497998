"""A request as it may be shown: its credentials hidden, right or wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus, urlsplit

from smsbridge.mapping.discretion import SECRETIVE, secret_names
from smsbridge.text.masking import HIDDEN, masker
from smsbridge.text.transcript import MOST_SHOWN, transcribe

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.testing.mock.request_log import KeptRequest

_PROVING = ("authorization", "proxy-authorization", "cookie")


@dataclass(frozen=True, slots=True)
class CredentialRule:
    """Hides what is at the name of a credential, and what is one."""

    mask: Callable[[str], str]
    names: frozenset[str]

    def name(self, word: str) -> str:
        """Return a name, which may be a key in the wrong place."""
        return self.mask(word)

    def value(self, name: str, word: str) -> str:
        """Return a value, hidden if its name is that of a credential."""
        private = not name or name.casefold() in self.names or SECRETIVE.search(name)
        return HIDDEN if private else self.mask(word)


def masked_request(kept: KeptRequest, backend: Backend, secrets: Iterable[str]) -> dict[str, Any]:
    """Return method, path, query, headers and body of a request without credentials.

    ``secrets``: those of the mock, and the tokens that it issued.
    """
    request = kept.request
    rule = rule_for(kept, backend, secrets)
    return {
        "method": request.method,
        "path": rule.mask(request.prefix + request.path),
        "query": masked_query(rule, urlsplit(request.url).query),
        "headers": dict(masked_headers(rule, request.headers)),
        "body": transcribe(request.body, request.header("content-type"), rule),
    }


def rule_for(
    kept: KeptRequest, backend: Backend, secrets: Iterable[str], most: int = MOST_SHOWN
) -> CredentialRule:
    """Return what hides the credentials of a request; it shows ``most`` characters of a value."""
    mask = masker([*secrets, *kept.private], most)
    return CredentialRule(mask, secret_names(backend.protocols.values()))


def masked_query(rule: CredentialRule, query: str) -> str:
    """Return a query whose credentials are hidden."""
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    return "&".join(
        f"{rule.name(name)}{sign}{_mask_value(rule, name, raw)}" for name, sign, raw in pairs
    )


def _mask_value(rule: CredentialRule, name: str, raw: str) -> str:
    word = unquote_plus(raw)
    shown = rule.value(unquote_plus(name), word) if word else ""
    return raw if shown == word else shown


def masked_headers(rule: CredentialRule, headers: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Yield headers whose credentials are hidden."""
    for name, value in headers.items():
        if name.lower() in _PROVING:
            scheme, sign, _ = value.partition(" ")
            yield name, f"{scheme} {HIDDEN}" if sign and scheme.isalpha() else HIDDEN
        else:
            yield name, rule.value(name, value)
