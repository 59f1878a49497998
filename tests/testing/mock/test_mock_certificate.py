"""A mock's certificate: for which hosts it is, whom clients trust, and what is in files."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest
import trustme

from smsbridge import ConfigError
from smsbridge.testing.mock.mock_certificate import (
    IssuedCertificate,
    check_replaceable,
    issue_certificate,
)

from support.each import each


def shake_hands(issued: IssuedCertificate, trusted: Path, host: str) -> None:
    """Connect as a client does that trusts a file; raises `ssl.SSLError`."""
    here, there = socket.socketpair()
    client = ssl.create_default_context(cafile=str(trusted))

    def serve() -> None:
        try:
            issued.context.wrap_socket(there, server_side=True).close()
        except OSError:
            there.close()

    serving = threading.Thread(target=serve)
    serving.start()
    try:
        client.wrap_socket(here, server_hostname=host).close()
    finally:
        here.close()
        serving.join(30)


@pytest.fixture(scope="module")
def issued() -> IssuedCertificate:
    return issue_certificate(["sms-mock", "10.0.0.7", "SMS.example"])


def test_who_trusts_the_issuer_trusts_each_name_of_the_mock_and_no_other(
    issued: IssuedCertificate, tmp_path: Path
) -> None:
    file = tmp_path / "ca.pem"
    issued.write_issuer(file)
    for host in ("localhost", "127.0.0.1", "::1", "sms-mock", "10.0.0.7", "sms.example"):
        shake_hands(issued, file, host)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(issued, file, "evil.example")


def test_an_issuer_is_new_at_each_start(issued: IssuedCertificate, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    issued.write_issuer(file)
    issue_certificate([]).write_issuer(file)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(issued, file, "localhost")


def test_anyone_may_read_the_issuer_and_no_key_is_beside_it(
    issued: IssuedCertificate, tmp_path: Path
) -> None:
    file = tmp_path / "ca.pem"
    issued.write_issuer(file)
    assert file.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [file]
    assert b"PRIVATE" not in file.read_bytes()


@each(
    "content",
    [b"", b"dear diary", b"\xff", trustme.CA().cert_pem.bytes()],
)
def test_a_file_that_is_no_issuer_of_a_mock_is_not_replaced(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "mine.pem"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"mine\.pem exists, and is not the issuer"):
        check_replaceable(file)
    assert file.read_bytes() == content


def test_a_folder_that_is_none_is_named(issued: IssuedCertificate, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"can't write the issuer to .*: No such file"):
        issued.write_issuer(tmp_path / "none" / "ca.pem")


def test_a_host_that_no_certificate_can_name_is_refused() -> None:
    with pytest.raises(ConfigError, match="a certificate can't name one of the hosts"):
        issue_certificate(["sms_mock"])
