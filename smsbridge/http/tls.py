"""TLS: whom we trust, who we are, and how a peer says in a handshake that it refuses us."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from smsbridge.errors import ConfigError

if TYPE_CHECKING:
    from smsbridge.text.secrets import Secret

CA = "ca"
_MAY_BE_FOLDER = "REQUESTS_CA_BUNDLE"
VARIABLES = (_MAY_BE_FOLDER, "SSL_CERT_FILE")
"""Where issuers are looked for if the config names none: what requests reads, then OpenSSL."""
_HANDSHAKE = (
    "CERTIFICATE_REQUIRED",
    "BAD_CERTIFICATE",
    "UNSUPPORTED_CERTIFICATE",
    "CERTIFICATE_REVOKED",
    "CERTIFICATE_EXPIRED",
    "CERTIFICATE_UNKNOWN",
    "UNKNOWN_CA",
    "ACCESS_DENIED",
    "DECRYPT_ERROR",
    "HANDSHAKE_FAILURE",
)
"""The alerts that end a handshake (RFC 8446 §6.2). Other alerts may come at any later time."""


def handshake_alert(causes: Iterable[BaseException]) -> str:
    """Return the text of the alert with which the peer ended a handshake; empty if there was none.

    With TLS 1.3 a client has sent its request before the server checks its certificate. A server
    that sends such an alert has not completed the handshake, so nobody has read the request.
    """
    for cause in causes:
        _, _, alert = str(getattr(cause, "reason", "")).partition("_ALERT_")
        if isinstance(cause, ssl.SSLError) and alert in _HANDSHAKE:
            return alert.lower().replace("_", " ")
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuers:
    """Whose certificates are trusted: a PEM file, and what named it; empty for the public ones.

    For ``REQUESTS_CA_BUNDLE`` it may be a folder, as ``openssl rehash`` makes it.
    """

    path: str
    named: str = ""

    @classmethod
    def of(cls, ca: str, environ: Mapping[str, str] = os.environ) -> Issuers:
        """Return those of a config, else of the environment, else the public ones of certifi."""
        import certifi

        given = {CA: ca} | {variable: environ.get(variable, "") for variable in VARIABLES}
        for named, path in given.items():
            if path:
                return cls(path=path, named=named)
        return cls(path=certifi.where())

    def __str__(self) -> str:
        """Say which they are, for readers."""
        return f"the issuers of {self.named}" if self.named else "the public issuers"


def tls_context(issuers: Issuers, client_cert: str, password: Secret | None) -> ssl.SSLContext:
    """Return a config's SSLContext; raises `ConfigError` if a file can't be read or decrypted."""
    key = issuers.named
    folder = key == _MAY_BE_FOLDER and Path(issuers.path).is_dir()
    try:
        if not client_cert:
            return _context_of(
                issuers.path, Path(issuers.path).stat().st_mtime_ns, is_folder=folder
            )
        context = _trust(issuers.path, is_folder=folder)
        key = "client_cert"
        _load_client_cert(context, client_cert, password)
    except (OSError, ssl.SSLError) as error:
        why = getattr(error, "reason", None) or error.strerror
        in_config = (key,) if key not in VARIABLES else ()
        raise ConfigError(f"{key}: the PEM file can't be read: {why}", in_config) from None
    return context


@lru_cache(maxsize=8)
def _context_of(path: str, _changed_at: int, *, is_folder: bool) -> ssl.SSLContext:
    """Return the context of all clients that trust the same issuers: to read them takes 40 ms."""
    return _trust(path, is_folder=is_folder)


def _trust(path: str, *, is_folder: bool) -> ssl.SSLContext:
    return ssl.create_default_context(
        cafile=None if is_folder else path, capath=path if is_folder else None
    )


def _load_client_cert(context: ssl.SSLContext, file: str, password: Secret | None) -> None:
    """Load it without asking on the terminal, which OpenSSL would do for an encrypted key."""
    key = "client_cert_password"
    asked = False

    def ask() -> str:
        nonlocal asked
        asked = True
        if not password:
            raise ConfigError(
                f"{key}: the key in client_cert is encrypted; give its password", (key,)
            )
        return password.reveal()

    try:
        context.load_cert_chain(file, password=ask)
    except ConfigError:
        raise
    except (ssl.SSLError, ValueError):  # a ValueError: longer than OpenSSL takes
        if not asked:
            raise
        why = f"{key}: it does not open the key in client_cert"
        raise ConfigError(why, (key,)) from None
