"""The backend that the mock provider plays, and the URL with which a client reaches it."""

from __future__ import annotations

from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.config.url import from_url
from smsbridge.testing.mock.default import (
    API_KEY,
    CLIENT_ID,
    CLIENT_SECRET,
    sample_backend,
    sample_url,
)

from support.each import each


def test_the_sample_is_smsmobileapi_with_credentials_for_every_protocol() -> None:
    backend = sample_backend()
    assert isinstance(backend, SMSMobileAPI)
    assert backend.url == "https://api.smsmobileapi.com"
    assert backend.credentials() == {
        "api_key": API_KEY,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }


def test_the_sample_may_be_at_another_address() -> None:
    assert sample_backend("http://127.0.0.1:8765").url == "http://127.0.0.1:8765"


def test_a_sample_shows_no_secret() -> None:
    shown = repr(sample_backend())
    assert API_KEY not in shown
    assert CLIENT_SECRET not in shown


@each("address", ["http://127.0.0.1:8765", "https://127.0.0.1:8765"])
def test_the_url_is_that_of_a_backend_at_the_address(protocol: str, address: str) -> None:
    backend = from_url(sample_url(protocol, address))
    assert isinstance(backend, SMSMobileAPI)
    assert backend.protocol == protocol
    assert backend.url == address
    wanted = backend.protocols[protocol].auth.credentials
    sample = sample_backend().credentials()
    assert backend.credentials() == {key: sample[key] for key in wanted}


def test_the_url_turns_tls_off_for_an_address_without_it_and_only_then() -> None:
    assert sample_url("rest", "http://127.0.0.1:1") == (
        "smsmobileapi+rest://test-key@127.0.0.1:1?tls=off"
    )
    assert sample_url("oauth", "https://127.0.0.1:1") == (
        "smsmobileapi+oauth://test-client:test-secret@127.0.0.1:1"
    )
