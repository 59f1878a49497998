"""The certificate of a mock, and the issuer that its clients are to trust: new at each start."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile

from smsbridge.errors import ConfigError, MissingExtra

try:
    import trustme
except ImportError as missing:
    raise MissingExtra("testing", "TLS of the mock provider") from missing

_ISSUER = "smsbridge mock"
_LOCAL = ("localhost", "127.0.0.1", "::1")
_AGE = timedelta(days=390)  # some clients refuse a certificate that is valid for longer
_READABLE = 0o644


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """What a server needs, and the certificate of its issuer as PEM. No key is in any file.

    (But for the moment in which the context reads it from one that only its owner can read.)
    """

    context: ssl.SSLContext
    issuer: bytes

    def write_issuer(self, file: Path) -> None:
        """Write the issuer for clients to trust; raises `ConfigError`."""
        check_replaceable(file)
        try:
            _write(file, self.issuer)
        except OSError as error:
            raise ConfigError(f"can't write the issuer to {file}: {error.strerror}") from None


def issue_certificate(hosts: Iterable[str]) -> IssuedCertificate:
    """Return a certificate for some hosts, and for each name of this machine.

    Raises `ConfigError` for a host that no certificate can name.
    """
    issuer = trustme.CA(organization_name=_ISSUER)
    names = dict.fromkeys((*_LOCAL, *hosts))
    try:
        issued = issuer.issue_cert(*names, not_after=datetime.now(UTC) + _AGE)
    except ValueError as error:
        raise ConfigError(f"a certificate can't name one of the hosts: {error}") from None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    return IssuedCertificate(context, issuer.cert_pem.bytes())


def check_replaceable(file: Path) -> None:
    """Raise `ConfigError` for a file that is not the issuer of an earlier start."""
    if not file.exists():
        return
    subjects: list[str] = []
    trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with suppress(OSError, ValueError):
        trusted.load_verify_locations(cadata=file.read_text(encoding="ascii"))
        subjects = [str(one["subject"]) for one in trusted.get_ca_certs()]
    if not subjects or not all(_ISSUER in subject for subject in subjects):
        raise ConfigError(
            f"{file} exists, and is not the issuer of an earlier mock: name another file"
        )


def _write(file: Path, content: bytes) -> None:
    """Write a file that anyone may read, in one step: a client never sees half of it."""
    with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as new:
        try:
            new.write(content)
            Path(new.name).chmod(_READABLE)
            Path(new.name).replace(file)
        except OSError:
            Path(new.name).unlink(missing_ok=True)
            raise
