"""What doctor checks: a config, as a send would use it, and what to do about what is wrong.

Nothing is sent: names are resolved, TLS is tried, the WSDL is read, a token is fetched.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from smsbridge.auth.schemes import ClientCredentials
from smsbridge.backends.tables.check_wsdl import SAMPLE, check_tables
from smsbridge.cli.doctor.credentials import check_credentials
from smsbridge.cli.doctor.extras import find_missing_extras
from smsbridge.cli.doctor.finding import Finding
from smsbridge.cli.wsdl_source import local_wsdl, wsdl_warnings
from smsbridge.codecs.soap.codec import Soap, endpoint
from smsbridge.codecs.soap.wsdl_files import LOCK
from smsbridge.errors import CallerError, NoAnswer, NotSent, Rejected, SmsbridgeError
from smsbridge.http.address import is_url
from smsbridge.http.exchange import Broken, Request, Response, Session, drive
from smsbridge.http.tls import VARIABLES
from smsbridge.http.transport import Network
from smsbridge.mapping.operation import QUESTIONS
from smsbridge.message import Message
from smsbridge.text.count import count
from smsbridge.text.masking import masker
from smsbridge.text.suggest import list_words

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.http.exchange import Exchange
    from smsbridge.http.transport import Transport

_SECONDS = 10.0
_SOON_DAYS = 21
_HTTPS = 443
_ISSUER = "if its issuer is a private one, give the issuer's certificate as ca"
_OTHER_NAME = "the certificate is for another host: check the url"
_OUT_OF_DATE = "tell its operator, and check this machine's clock"
_TLS_ADVICE = {
    9: _OUT_OF_DATE,
    10: _OUT_OF_DATE,
    18: _ISSUER,
    19: _ISSUER,
    20: _ISSUER,
    21: _ISSUER,
    62: _OTHER_NAME,
    64: _OTHER_NAME,
}
"""What to do, by OpenSSL's number of what is wrong with a certificate (X509_V_ERR)."""
_AGAIN = "try again; if it keeps failing, tell its operator"


class _ReadyToSend(Exception):
    """Everything before the message itself went well."""


def examine(backend: Backend, transport: Transport) -> Iterator[Finding]:
    """Yield what each check finds, in the order in which a send would meet it."""
    yield from check_credentials(backend)
    yield from find_missing_extras(backend)
    fetched = [backend.wsdl] if is_url(backend.wsdl) else []
    network = [one for address in fetched for one in _network(backend, address)]
    yield from network
    deadline = time.monotonic() + backend.timeout

    def carry(request: Request) -> Response:
        return transport.send(request, deadline)

    with ExitStack() as stack:
        try:
            ready = stack.enter_context(local_wsdl(backend, carry))
        except Broken as broken:
            if all(one.well for one in network):
                yield Finding(name="wsdl", said=f"can't be fetched: {broken.why}", todo=_AGAIN)
            return
        except CallerError as error:
            yield Finding(name="wsdl", said=str(error), todo="fix the config, or the WSDL")
            return
        fits = list(_wsdl(ready, fetched=bool(fetched)))
        yield from fits
        hosts = {urlsplit(address).netloc for address in fetched}
        for address in _addresses(ready):
            if urlsplit(address).netloc not in hosts:
                hosts.add(urlsplit(address).netloc)
                found = list(_network(backend, address))
                network += found
                yield from found
        if all(one.well for one in fits):
            reached = all(one.well for one in network)
            yield from _conversation(ready, carry, reached=reached)


def _wsdl(backend: Backend, *, fetched: bool) -> Iterator[Finding]:
    protocol = backend.protocols[backend.protocol]
    if not isinstance(protocol.codec, Soap):
        return
    try:
        contract = protocol.codec.read_port(backend.site())
        check_tables(
            contract, protocol, backend.credentials(), protocol.codec.inner, backend.statuses
        )
    except CallerError as error:
        yield Finding(name="wsdl", said=str(error), todo="fix the table, or the WSDL")
        return
    said = f"port {contract.name}, {count(len(contract.operations), 'operation')}"
    if troubles := contract.troubles():
        said += f", of which {list_words(troubles)} can't be used (see smsbridge wsdl show)"
    if fetched:
        said += "; each client fetches it; smsbridge wsdl lock keeps a copy instead"
    elif not _has_lock(backend.wsdl):
        said += f"; no {LOCK} beside it"
    yield Finding(name="wsdl", said=said)
    for about, why in wsdl_warnings(backend):
        yield Finding(name=about, said=why, warns=True)


def _has_lock(wsdl: str) -> bool:
    return not wsdl or (Path(wsdl).parent / LOCK).is_file()


def _addresses(backend: Backend) -> Iterator[str]:
    """Yield the addresses that a send would call. Its WSDL is a file."""
    protocol = backend.protocols[backend.protocol]
    if isinstance(protocol.auth, ClientCredentials):
        token = protocol.auth.token.partition(" ")[2]
        yield token if is_url(token) else backend.url
    if not isinstance(protocol.codec, Soap):
        yield backend.url
        return
    try:
        yield endpoint(backend.site(), protocol.codec.read_port(backend.site()))
    except CallerError:  # which the check of the WSDL has said
        yield from [backend.url] * bool(backend.url)


def _network(backend: Backend, address: str) -> Iterator[Finding]:
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or (_HTTPS if parts.scheme == "https" else 80)
    network = Network.of(backend)
    if network.proxy(address):
        trust = f"; trusted are {network.issuers}" if network.issuers.named in VARIABLES else ""
        said = f"{host} is reached through a proxy: not tried directly{trust}"
        yield Finding(name="network", said=said)
        return
    try:
        sock = socket.create_connection((host, port), timeout=_SECONDS)
    except (socket.gaierror, UnicodeError):  # a label of a name that is too long, or empty
        yield Finding(name="name", said=f"{host} can't be resolved", todo="fix the url, or DNS")
        return
    except OSError as error:
        todo = "is it running, and does a firewall let you through?"
        why = error.strerror or type(error).__name__
        yield Finding(name="network", said=f"{host} port {port}: {why}", todo=todo)
        return
    with sock:
        if parts.scheme != "https":
            yield Finding(name="network", said=f"{host} port {port} answers, without TLS")
            return
        yield _handshake(network, sock, host)


def _handshake(network: Network, sock: socket.socket, host: str) -> Finding:
    try:
        with network.tls.wrap_socket(sock, server_hostname=host) as secured:
            certificate = secured.getpeercert() or {}
            version = secured.version()
    except ssl.SSLCertVerificationError as error:
        todo = _TLS_ADVICE.get(error.verify_code, "check the url, and ca if it is given")
        said = f"{host}: {error.verify_message}; trusted are {network.issuers}"
        return Finding(name="tls", said=said, todo=todo)
    except OSError as error:
        why = getattr(error, "reason", None) or error.strerror or type(error).__name__
        todo = "does the server want a client_cert, or speak only an old version of TLS?"
        return Finding(name="tls", said=f"{host}: {why}", todo=todo)
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    days = (ends - datetime.now(UTC)).days
    todo = "tell its operator that it expires soon" if days < _SOON_DAYS else ""
    good = f"certificate valid for {count(days, 'day')}, trusted by {network.issuers}"
    return Finding(name="tls", said=f"{host}: {version}, {good}", todo=todo)


def _conversation(
    backend: Backend, carry: Callable[[Request], Response], *, reached: bool
) -> Iterator[Finding]:
    """Do what comes before a message: get a token.

    ``reached``: whether the network checks passed; if not, a failing call tells nothing new.
    """
    done: list[Finding] = []

    def carry_all_but_message(request: Request) -> Response:
        if request.share is None:
            raise _ReadyToSend
        response = carry(request)
        path = masker(backend.secrets())(urlsplit(request.url).path)
        done.append(Finding(name="token", said=f"{path} answers HTTP {response.status}"))
        return response

    try:
        drive(_call(backend), carry_all_but_message)
    except _ReadyToSend:
        yield from done
    except Rejected as error:
        code = f", {error.code}" if error.code and error.code not in error.why else ""
        todo = f"check the credentials; reason: {error.reason}"
        yield Finding(name="token", said=f"{error.why}{code}", todo=todo)
    except (NotSent, NoAnswer) as error:
        if reached:
            yield Finding(name="token", said=error.why, todo=_AGAIN)
    except SmsbridgeError as error:
        yield Finding(name="message", said=str(error), todo="fix the config")


def _call(backend: Backend) -> Exchange[Any]:
    """Return the exchange of a message, or of a question if it can't send."""
    operations = backend.protocols[backend.protocol].operations()
    if "send" in operations:
        message = Message(recipient=SAMPLE["recipient"], text=SAMPLE["text"])
        return backend.send(message, Session())
    name, table = next(iter(operations.items()))
    values = {key: SAMPLE[key] for key in QUESTIONS[name] if key in table.carries()}
    return backend.ask(name, values, Session())
