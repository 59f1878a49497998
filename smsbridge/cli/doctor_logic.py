"""Looks at a config as a send would use it, and says what to do about what is wrong.

Nothing is sent: names are resolved, TLS is tried, the WSDL is read, a token is fetched.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from smsbridge.auth.oauth2 import ClientCredentials
from smsbridge.backends.tables.check_wsdl import SAMPLE, hold_to
from smsbridge.cli.local_wsdl import at_hand
from smsbridge.codecs.soap.codec import Soap, endpoint, is_url
from smsbridge.codecs.soap.documents import LOCK
from smsbridge.errors import CallerError, NoAnswer, NotSent, Rejected, SmsbridgeError
from smsbridge.http.exchange import Broken, Request, Response, Session, drive
from smsbridge.http.transport import Network
from smsbridge.mapping.operation import QUESTIONS
from smsbridge.message import Message
from smsbridge.text.masking import masker

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.http.exchange import Exchange
    from smsbridge.http.transport import Transport

_SECONDS = 10.0
_SOON_DAYS = 21
_HTTPS = 443
_PLACEHOLDER = re.compile(
    r".*….*|<.*>|x{3,}|todo|placeholder|change.?(me|it)|your[-_ ].*", re.IGNORECASE | re.DOTALL
)
_ISSUER = "if its issuer is a private one, give the issuer's certificate as ca"
_OTHER_NAME = "the certificate is of another host: check the url"
_OUT_OF_DATE = "tell whoever runs it, and look at this machine's clock"
_TLS_TODO = {
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
_AGAIN = "try again; if it stays so, tell whoever runs it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at. ``todo`` is what to do, empty where all is well."""

    name: str
    said: str
    todo: str = ""

    @property
    def well(self) -> bool:
        """Whether nothing is to be done."""
        return not self.todo


class _Reached(Exception):
    """Everything before the message itself went well."""


def examine(backend: Backend, transport: Transport) -> Iterator[Check]:
    """Yield what each check found, in the order in which a send would meet it."""
    yield from _secrets(backend)
    fetched = [backend.wsdl] if is_url(backend.wsdl) else []
    network = [check for address in fetched for check in _network(backend, address)]
    yield from network
    deadline = time.monotonic() + backend.timeout

    def carry(request: Request) -> Response:
        return transport.send(request, deadline)

    with ExitStack() as stack:
        try:
            ready = stack.enter_context(at_hand(backend, carry))
        except Broken as broken:
            if all(check.well for check in network):
                yield Check(name="wsdl", said=f"can't be fetched: {broken.why}", todo=_AGAIN)
            return
        except CallerError as error:
            yield Check(name="wsdl", said=str(error), todo="mend the config, or the WSDL")
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
        if all(check.well for check in fits):
            reached = all(check.well for check in network)
            yield from _conversation(ready, carry, reached=reached)


def _secrets(backend: Backend) -> Iterator[Check]:
    protocol = backend.protocols[backend.protocol]
    carried = {name for table in protocol.operations().values() for name in table.carries()}
    needed = {*protocol.auth.credentials, *carried}
    for name, value in backend.credentials().items():
        if name not in needed:
            continue
        if value != value.strip():
            todo = "take the blanks away, or the line end: of the variable, or of the file"
            yield Check(name=name, said="has blanks or a line end around it", todo=todo)
        elif _PLACEHOLDER.fullmatch(value):
            yield Check(name=name, said="is a placeholder", todo="put the real one into the config")
        else:
            yield Check(name=name, said=f"is there, {_several(len(value), 'character')}")


def _wsdl(backend: Backend, *, fetched: bool) -> Iterator[Check]:
    protocol = backend.protocols[backend.protocol]
    if not isinstance(protocol.codec, Soap):
        return
    try:
        contract = protocol.codec.contract(backend.site())
        hold_to(contract, protocol, backend.credentials(), protocol.codec.inner)
    except CallerError as error:
        yield Check(name="wsdl", said=str(error), todo="mend the table, or the WSDL")
        return
    said = f"port {contract.port.name}, {_several(len(contract.operations), 'operation')}"
    if not contract.schema.usable:
        said += "; its schemas can't be used to check values"
    if fetched:
        said += "; each client fetches it, unless smsbridge wsdl lock brought it here"
    elif not _locked(backend.wsdl):
        said += f"; no {LOCK} beside it"
    yield Check(name="wsdl", said=said)


def _several(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _locked(wsdl: str) -> bool:
    return not wsdl or (Path(wsdl).parent / LOCK).is_file()


def _addresses(backend: Backend) -> Iterator[str]:
    """Yield the addresses that a send would call. Its WSDL is a file."""
    protocol = backend.protocols[backend.protocol]
    if isinstance(protocol.auth, ClientCredentials):
        token = protocol.auth.token.partition(" ")[2]
        yield token if "://" in token else backend.url
    if not isinstance(protocol.codec, Soap):
        yield backend.url
        return
    try:
        yield endpoint(backend.site(), protocol.codec.contract(backend.site()))
    except CallerError:  # which was told
        yield from [backend.url] * bool(backend.url)


def _network(backend: Backend, address: str) -> Iterator[Check]:
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or (_HTTPS if parts.scheme == "https" else 80)
    network = Network.of(backend)
    if network.proxy(address):
        yield Check(name="network", said=f"{host} is reached through a proxy: not tried directly")
        return
    try:
        sock = socket.create_connection((host, port), timeout=_SECONDS)
    except (socket.gaierror, UnicodeError):  # a label of a name that is too long, or empty
        yield Check(name="name", said=f"{host} can't be resolved", todo="mend the url, or the DNS")
        return
    except OSError as error:
        todo = "is it running, and does a firewall let you through?"
        why = error.strerror or type(error).__name__
        yield Check(name="network", said=f"{host} port {port}: {why}", todo=todo)
        return
    with sock:
        if parts.scheme != "https":
            yield Check(name="network", said=f"{host} port {port} answers, without TLS")
            return
        yield _handshake(network.tls, sock, host)


def _handshake(tls: ssl.SSLContext, sock: socket.socket, host: str) -> Check:
    try:
        with tls.wrap_socket(sock, server_hostname=host) as secured:
            certificate = secured.getpeercert() or {}
            version = secured.version()
    except ssl.SSLCertVerificationError as error:
        todo = _TLS_TODO.get(error.verify_code, "check the url, and ca if it is given")
        return Check(name="tls", said=f"{host}: {error.verify_message}", todo=todo)
    except OSError as error:
        why = getattr(error, "reason", None) or error.strerror or type(error).__name__
        todo = "does the server ask for a client_cert, or speak an old TLS only?"
        return Check(name="tls", said=f"{host}: {why}", todo=todo)
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    days = (ends - datetime.now(UTC)).days
    todo = "tell whoever runs it that it ends soon" if days < _SOON_DAYS else ""
    good = _several(days, "day")
    return Check(name="tls", said=f"{host}: {version}, certificate good for {good}", todo=todo)


def _conversation(
    backend: Backend, carry: Callable[[Request], Response], *, reached: bool
) -> Iterator[Check]:
    """Do what comes before a message: get a token. Of what isn't reached, all was told."""
    done: list[Check] = []

    def carried(request: Request) -> Response:
        if request.share is None:
            raise _Reached
        response = carry(request)
        path = masker(backend.secrets())(urlsplit(request.url).path)
        done.append(Check(name="token", said=f"{path} answers HTTP {response.status}"))
        return response

    try:
        drive(_call(backend), carried)
    except _Reached:
        yield from done
    except Rejected as error:
        code = f", {error.code}" if error.code and error.code not in error.why else ""
        todo = f"check the credentials; reason: {error.reason}"
        yield Check(name="token", said=f"{error.why}{code}", todo=todo)
    except (NotSent, NoAnswer) as error:
        if reached:
            yield Check(name="token", said=error.why, todo=_AGAIN)
    except SmsbridgeError as error:
        yield Check(name="message", said=str(error), todo="mend the config")


def _call(backend: Backend) -> Exchange[Any]:
    """Return the exchange of a message, or of a question if that is all that it can do."""
    operations = backend.protocols[backend.protocol].operations()
    if "send" in operations:
        message = Message(recipient=SAMPLE["recipient"], text=SAMPLE["text"])
        return backend.send(message, Session())
    name, table = next(iter(operations.items()))
    values = {key: SAMPLE[key] for key in QUESTIONS[name] if key in table.carries()}
    return backend.ask(name, values, Session())
