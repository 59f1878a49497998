"""A request as it may be shown: its credentials hidden, right or wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus, urlsplit

from smsbridge.mapping.discretion import SECRETIVE, secret_names
from smsbridge.text.masking import HIDDEN, masker
from smsbridge.text.transcript import transcribe

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.testing.mock.request_log import KeptRequest

_PROVING = ("authorization", "proxy-authorization", "cookie")


@dataclass(frozen=True, slots=True)
class _Rule:
    """Hides what stands at the name of a credential, and what is one."""

    mask: Callable[[str], str]
    names: frozenset[str]

    def name(self, word: str) -> str:
        return self.mask(word)

    def value(self, name: str, word: str) -> str:
        private = not name or name.casefold() in self.names or SECRETIVE.search(name)
        return HIDDEN if private else self.mask(word)


def masked_request(kept: KeptRequest, backend: Backend, secrets: Iterable[str]) -> dict[str, Any]:
    """Return method, path, query, headers and body of a request without credentials.

    ``secrets``: those of the mock, and the tokens that it issued.
    """
    request = kept.request
    rule = _Rule(masker([*secrets, *kept.private]), secret_names(backend.protocols.values()))
    return {
        "method": request.method,
        "path": rule.mask(request.prefix + request.path),
        "query": _query(rule, urlsplit(request.url).query),
        "headers": dict(_headers(rule, request.headers)),
        "body": transcribe(request.body, request.header("content-type"), rule),
    }


def _query(rule: _Rule, query: str) -> str:
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    return "&".join(
        f"{rule.name(name)}{sign}{_mask_value(rule, name, raw)}" for name, sign, raw in pairs
    )


def _mask_value(rule: _Rule, name: str, raw: str) -> str:
    word = unquote_plus(raw)
    shown = rule.value(unquote_plus(name), word) if word else ""
    return raw if shown == word else shown


def _headers(rule: _Rule, headers: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for name, value in headers.items():
        if name.lower() in _PROVING:
            scheme, sign, _ = value.partition(" ")
            yield name, f"{scheme} {HIDDEN}" if sign and scheme.isalpha() else HIDDEN
        else:
            yield name, rule.value(name, value)
