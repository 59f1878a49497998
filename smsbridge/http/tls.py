"""TLS: whom we trust, who we are, and how a peer says in a handshake that it refuses us."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from typing import TYPE_CHECKING

from smsbridge.errors import ConfigError

if TYPE_CHECKING:
    from smsbridge.text.secrets import Secret

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
"""The alerts that end a handshake (RFC 8446 §6.2). Others may come at any later time."""


def handshake_alert(causes: Iterable[BaseException]) -> str:
    """Return the words of an alert by which the peer ended a handshake, empty for none.

    With TLS 1.3 a client has long sent its request when the server looks at its certificate. A
    server that sends one of these has not ended the handshake, so nobody has read that request.
    """
    for cause in causes:
        _, _, alert = str(getattr(cause, "reason", "")).partition("_ALERT_")
        if isinstance(cause, ssl.SSLError) and alert in _HANDSHAKE:
            return alert.lower().replace("_", " ")
    return ""


def tls_context(ca: str, client_cert: str, password: Secret | None) -> ssl.SSLContext:
    """Return the TLS of a config; raises `ConfigError` for a file that can't be read or opened."""
    import certifi

    key = "ca"
    try:
        context = ssl.create_default_context(cafile=ca or certifi.where())
        key = "client_cert"
        if client_cert:
            _load_client_cert(context, client_cert, password)
    except (OSError, ssl.SSLError) as error:
        why = getattr(error, "reason", None) or error.strerror
        raise ConfigError(f"{key}: the PEM file can't be read: {why}", (key,)) from None
    return context


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
