"""The addresses of a provider in what it answers, moved to the proxy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit
from xml.sax.saxutils import escape, unescape

_LOCATION = re.compile(
    rb"((<(?:[\w.-]+:)?address\s[^<>]*?)?\b(?:schemaL|l)ocation\s*=\s*[\"'])([^\"'<]*)"
)
_CONTRACT = re.compile(rb"<(?:[\w.-]+:)?(?:definitions|schema)\b")
_BEGINS = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<")
_HIDDEN = b"hidden"
_LOOKED_AT = 16 * 1024
_USUAL = {"http": 80, "https": 443}


def is_contract(body: bytes) -> bool:
    """Return whether a body is a WSDL or a schema, by how it begins."""
    return bool(_BEGINS.match(body) and _CONTRACT.search(body[:_LOOKED_AT]))


@dataclass(frozen=True, slots=True)
class Move:
    """Scheme and host of the provider, and those of the proxy that takes its place.

    >>> from smsbridge.testing.record.addresses import Move
    >>> Move("https://sms.example", "http://127.0.0.1:8766").place("https://sms.example/soap?wsdl")
    'http://127.0.0.1:8766/soap?wsdl'
    """

    provider: str
    proxy: str

    def place(self, address: str) -> str:
        """Return an address at the proxy, if it is one of the provider."""
        parts = _split(address)
        if parts is None or not self.is_ours(address):
            return address
        there = urlsplit(self.proxy)
        return parts._replace(scheme=there.scheme, netloc=there.netloc).geturl()

    def relative(self, address: str) -> str:
        """Return an address of the provider without scheme and host; any other as it is."""
        parts = _split(address)
        if parts is None or not self.is_ours(address):
            return address
        return parts._replace(scheme="", netloc="", path=parts.path or "/").geturl()

    def is_ours(self, address: str) -> bool:
        """Return whether an address is of the provider: its host, at its port or a usual one."""
        parts, home = _split(address), urlsplit(self.provider)
        if parts is None or not parts.hostname or parts.hostname != home.hostname:
            return False
        port = parts.port or _USUAL.get(parts.scheme)
        usual = parts.port is None or port == _USUAL.get(parts.scheme)
        return usual if home.port is None else port == home.port

    def contract(self, body: bytes) -> tuple[bytes, list[str]]:
        """Return a WSDL or schema whose addresses are at the proxy.

        Also return the hosts of ports to which clients would go past the proxy.
        """
        past: list[str] = []

        def move(found: re.Match[bytes]) -> bytes:
            given = unescape(found[3].decode(errors="replace")).strip()
            moved = self.place(given)
            host = (_split(given) or urlsplit("")).hostname
            if found[2] and moved == given and host:
                past.append(host)
            return found[0] if moved == given else found[1] + escape(moved).encode()

        return _LOCATION.sub(move, body), past


def addresses_of(documents: Mapping[str, bytes]) -> Iterator[str]:
    """Yield where each WSDL or schema was fetched, and each address in it."""
    for address, document in documents.items():
        yield address
        for found in _LOCATION.finditer(document):
            yield unescape(found[3].decode(errors="replace")).strip()


def hide(body: bytes, private: Iterable[str]) -> bytes:
    """Return a WSDL or schema in whose addresses a word stands for each private value."""
    values = [escape(one).encode() for one in private]

    def cover(found: re.Match[bytes]) -> bytes:
        address = found[3]
        for value in values:
            address = address.replace(value, _HIDDEN)
        return found[1] + address

    return _LOCATION.sub(cover, body) if values else body


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in _USUAL else None
