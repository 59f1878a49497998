"""TLS of a config: issuers, and a client certificate with its password."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from smsbridge import ConfigError, Secret
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.http.tls import VARIABLES, Issuers
from smsbridge.http.transport import Network

from support.each import each

PASSWORD = b"canary-0123456789"


@pytest.fixture
def encrypted(tmp_path: Path) -> str:
    """Return a PEM file of a certificate and its encrypted key."""
    issued = trustme.CA().issue_cert("client.example")
    key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
    sealed = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(PASSWORD),
    )
    file = tmp_path / "client.pem"
    file.write_bytes(sealed + issued.cert_chain_pems[0].bytes())
    return str(file)


def network(**keys: object) -> Network:
    return Network.of(SMSMobileAPI(api_key=Secret("k"), **keys))  # type: ignore[arg-type]  # any keys


def test_an_encrypted_client_key_is_opened_by_its_password(encrypted: str) -> None:
    assert network(client_cert=encrypted, client_cert_password=PASSWORD.decode()).tls


def test_an_encrypted_client_key_without_its_password_is_refused_and_nobody_is_asked(
    encrypted: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConfigError, match=r"^client_cert_password: the key in client_cert is encr"):
        network(client_cert=encrypted)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("wrong", ["wrong", "w" * 5000, "wröng"])
def test_a_wrong_password_is_named_and_not_shown(encrypted: str, wrong: str) -> None:
    with pytest.raises(ConfigError, match=r"^client_cert_password: it does not open") as refused:
        network(client_cert=encrypted, client_cert_password=wrong)
    assert wrong not in str(refused.value)


def test_a_password_for_a_key_that_is_not_encrypted_is_not_needed(tmp_path: Path) -> None:
    file = tmp_path / "client.pem"
    trustme.CA().issue_cert("client.example").private_key_and_cert_chain_pem.write_to_path(
        str(file)
    )
    assert network(client_cert=str(file), client_cert_password="any").tls


def test_a_password_without_a_client_cert_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^client_cert_password: there is no client_cert"):
        SMSMobileAPI(api_key=Secret("k"), client_cert_password=Secret("canary"))


@each("key", ["ca", "client_cert"])
def test_a_file_that_is_not_pem_is_refused_by_its_key(key: str, tmp_path: Path) -> None:
    (tmp_path / "odd.pem").write_text("canary")
    for file in ("odd.pem", "missing.pem"):
        with pytest.raises(ConfigError, match=f"^{key}: the PEM file can't be read") as refused:
            network(**{key: str(tmp_path / file)})
        assert "canary" not in str(refused.value)


# --- whom we trust


def test_issuers_are_those_of_the_config_then_of_the_environment_then_the_public_ones() -> None:
    import certifi

    given = {"REQUESTS_CA_BUNDLE": "requests.pem", "SSL_CERT_FILE": "openssl.pem", "OTHER": "x"}
    found = [Issuers.of("own.pem", given), Issuers.of("", given)]
    del given["REQUESTS_CA_BUNDLE"]
    found += [Issuers.of("", given), Issuers.of("", {"SSL_CERT_FILE": ""})]
    assert [(one.path, str(one)) for one in found] == [
        ("own.pem", "the issuers of ca"),
        ("requests.pem", "the issuers of REQUESTS_CA_BUNDLE"),
        ("openssl.pem", "the issuers of SSL_CERT_FILE"),
        (certifi.where(), "the public issuers"),
    ]


@pytest.mark.parametrize("variable", VARIABLES)
def test_issuers_of_the_environment_that_can_t_be_read_are_refused_by_the_variable(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "missing.pem"))
    with pytest.raises(ConfigError, match=f"^{variable}: the PEM file can't be read: No such"):
        assert network().tls
    own = tmp_path / "own.pem"
    trustme.CA().cert_pem.write_to_path(str(own))
    assert network(ca=str(own)).tls.cert_store_stats()["x509_ca"] == 1


def test_a_folder_of_issuers_is_for_requests_ca_bundle_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
    assert network().tls.cert_store_stats()["x509_ca"] == 0  # looked for when they are needed
    with pytest.raises(ConfigError, match=r"^ca: the PEM file can't be read: "):
        network(ca=str(tmp_path))
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path))
    with pytest.raises(ConfigError, match=r"^SSL_CERT_FILE: the PEM file can't be read: "):
        assert network().tls
