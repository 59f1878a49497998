"""TLS of ``smsbridge mock``: its options, and the certificate that they ask for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import click

if TYPE_CHECKING:
    import ssl

    from smsbridge.testing.mock.mock_certificate import IssuedCertificate

F = TypeVar("F", bound=Callable[..., Any])

CA_FILE = "mock-ca.pem"
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?|[0-9A-Fa-f:]{2,45}")
_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104  (not the name of a host)


def _check_names(
    _context: click.Context, _option: click.Parameter, names: Sequence[str]
) -> Sequence[str]:
    for name in names:
        if not _NAME.fullmatch(name):
            raise click.BadParameter(f"{name!r} is not a host name, such as sms-mock")
    return names


def tls_options(command: F) -> F:
    """Add the options of a command that serves by TLS."""
    options = (
        click.option(
            "--name",
            "names",
            metavar="HOST",
            multiple=True,
            callback=_check_names,
            help="Another host name of the mock, for control URLs and the certificate.",
        ),
        click.option("--tls", is_flag=True, help="Serve https, with a certificate made for it."),
        click.option(
            "--tls-ca",
            "ca_file",
            metavar="FILE",
            help=f"Where to write the issuer that clients trust; else {CA_FILE}.",
        ),
    )
    for add in reversed(options):
        command = add(command)
    return command


@dataclass(frozen=True, slots=True)
class TLS:
    """A certificate, and the file of its issuer, which is written once the mock listens."""

    certificate: IssuedCertificate
    file: Path

    @property
    def context(self) -> ssl.SSLContext:
        """The SSLContext of the server."""
        return self.certificate.context

    def publish(self) -> None:
        """Write the issuer: before, it might be that of a mock that still runs."""
        self.certificate.write_issuer(self.file)


def make_tls(
    *, tls: bool, ca_file: str | None, hosts: Sequence[str], address: str | None
) -> TLS | None:
    """Return the TLS that the options ask for."""
    if not tls:
        if ca_file is not None:
            raise click.UsageError("--tls-ca needs --tls")
        return None
    if address is not None and urlsplit(address).scheme != "https":
        raise click.UsageError("--address: with --tls it must begin with https://")
    from smsbridge.testing.mock.mock_certificate import check_replaceable, issue_certificate

    file = Path(ca_file or CA_FILE).absolute()
    check_replaceable(file)
    outer = urlsplit(address).hostname if address else None
    named = [host for host in (*hosts, outer) if host and host not in _EVERYWHERE]
    return TLS(issue_certificate(named), file)
