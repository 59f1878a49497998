"""The backend that the mock provider plays unless it is given another."""

from __future__ import annotations

from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.text.secrets import Secret

API_KEY = "test-key"
CLIENT_ID = "test-client"
CLIENT_SECRET = "test-secret"  # noqa: S105  (public on purpose)

SAMPLE_CREDENTIALS = {
    "api_key": API_KEY,
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
}


def sample_backend(url: str = "https://api.smsmobileapi.com") -> SMSMobileAPI:
    """Return SMSMobileAPI with the credentials that the mock provider accepts."""
    return SMSMobileAPI(
        url=url,
        api_key=Secret(API_KEY),
        client_id=CLIENT_ID,
        client_secret=Secret(CLIENT_SECRET),
    )


def sample_url(protocol: str, address: str) -> str:
    """Return the ``SMSBRIDGE_URL`` of a mock provider at ``address``, a base URL."""
    credentials = f"{CLIENT_ID}:{CLIENT_SECRET}" if protocol == "oauth" else API_KEY
    scheme, _, host = address.partition("://")
    return f"smsmobileapi+{protocol}://{credentials}@{host}" + ("?tls=off" * (scheme == "http"))
