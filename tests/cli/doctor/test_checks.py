"""What the doctor finds on real sockets, and what it says to do; it never sends the message."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest
import trustme

from smsbridge.backends.base import Backend
from smsbridge.cli.doctor.checks import examine
from smsbridge.cli.doctor.finding import Finding
from smsbridge.codecs.soap.lockfile import lock
from smsbridge.codecs.soap.wsdl_files import LOCK, Source
from smsbridge.config.load import from_mapping
from smsbridge.http.requests_transport import RequestsTransport
from smsbridge.http.tls import VARIABLES

from support.fault_server import FaultServer, Got, answer
from support.tunnel import secured
from support.vendor import SEND, SUBMIT, WSDL, changed

SECRET = "canary-5f1c/+"
BASIC = {"type": "basic", "username": "acme", "password": SECRET}
OAUTH2 = {
    "type": "oauth2",
    "token_url": "/oauth2/token",
    "client_id": "acme",
    "client_secret": SECRET,
}
LOGIN = {
    "auth": {"type": "fields", "password": SECRET},
    "token": {"route": "POST /login", "fields": {"pass": "{password}"}, "token": "token"},
    "send": {**SEND, "headers": {"X-Session": "{token}"}},
}
NEVER: list[Any] = [lambda _server, got: pytest.fail(f"{got.path} was called")]


@pytest.fixture(autouse=True)
def _no_proxy(nowhere: Path) -> None:
    """Know of no proxy."""


def rest(url: str, **more: Any) -> Backend:
    keys = {"backend": "rest", "url": url, "auth": BASIC, "send": SEND, "timeout": 5, **more}
    return from_mapping(keys, name="vendor")


def soap(wsdl: str | Path, **more: Any) -> Backend:
    keys = {"backend": "soap", "wsdl": str(wsdl), "auth": BASIC, "send": SUBMIT, "timeout": 5}
    return from_mapping({**keys, **more}, name="vendor")


def found(backend: Backend) -> dict[str, Finding]:
    """Return what was found, by name; no secret is in it."""
    with closing(RequestsTransport(backend)) as transport:
        checks = list(examine(backend, transport))
    assert SECRET not in repr(checks)
    names = [check.name for check in checks]
    assert len(set(names)) == len(names)
    return {check.name: check for check in checks}


def bad(checks: Mapping[str, Finding]) -> dict[str, tuple[str, str]]:
    return {name: (one.said, one.todo) for name, one in checks.items() if not one.well}


def tls_of(folder: Path, host: str = "127.0.0.1", **more: Any) -> tuple[ssl.SSLContext, str]:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host, **more).configure_cert(tls)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    return tls, str(folder / "ca.pem")


# --- the network and TLS


def test_all_is_well_where_a_server_answers_and_it_gets_no_message(tmp_path: Path) -> None:
    tls, ca = tls_of(tmp_path)
    with FaultServer(NEVER, tls=tls) as server:
        checks = found(rest(server.url, ca=ca))
        assert (server.sends, server.tokens) == ([], [])
    assert list(checks) == ["username", "password", "tls"]
    assert bad(checks) == {}
    assert checks["tls"].said.startswith("127.0.0.1: TLSv1.3, certificate valid for ")
    assert checks["tls"].said.endswith(", trusted by the issuers of ca")


def test_a_server_without_tls_is_said_to_have_none() -> None:
    with FaultServer(NEVER) as server:
        checks = found(rest(server.url))
        port = server.port
    assert checks["network"].said == f"127.0.0.1 port {port} answers, without TLS"
    assert bad(checks) == {}


def test_a_port_that_refuses_is_named(closed: int) -> None:
    assert bad(found(rest(f"http://127.0.0.1:{closed}"))) == {
        "network": (
            f"127.0.0.1 port {closed}: Connection refused",
            "is it running, and does a firewall let you through?",
        )
    }


def test_a_port_that_refuses_is_told_once_also_where_a_token_would_be_fetched(
    closed: int,
) -> None:
    checks = found(rest(f"http://127.0.0.1:{closed}", auth=OAUTH2))
    assert list(bad(checks)) == ["network"]


def test_a_name_that_can_t_be_resolved_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert bad(found(rest("https://sms.vendor.invalid"))) == {
        "name": ("sms.vendor.invalid can't be resolved", "fix the url, or DNS")
    }


@pytest.mark.parametrize("host", ["a" * 64 + ".invalid", "a..invalid"])
def test_a_name_that_can_t_be_one_is_no_traceback(host: str) -> None:
    assert bad(found(rest(f"https://{host}")))["name"][0] == f"{host} can't be resolved"


YESTERDAY, SOON = (datetime.now(UTC) + timedelta(days=days) for days in (-1, 5.5))
FLAWS: dict[str, tuple[dict[str, Any], str, str]] = {
    "unknown issuer": (
        {},
        "unable to get local issuer certificate",
        "if its issuer is a private one, give the issuer's certificate as ca",
    ),
    "wrong host": (
        {"host": "other.example"},
        "not valid for '127.0.0.1'",
        "the certificate is for another host: check the url",
    ),
    "expired": (
        {"not_after": YESTERDAY},
        "certificate has expired",
        "tell its operator, and check this machine's clock",
    ),
    "soon over": (
        {"not_after": SOON},
        "certificate valid for 5 days",
        "tell its operator that it expires soon",
    ),
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_flaw_of_a_certificate_is_named_with_what_to_do(flaw: str, tmp_path: Path) -> None:
    more, said, todo = FLAWS[flaw]
    tls, ca = tls_of(tmp_path, **more)
    trusted = {} if flaw == "unknown issuer" else {"ca": ca}
    with FaultServer(NEVER, tls=tls) as server:
        wrong = bad(found(rest(server.url, **trusted)))
        assert server.sends == []
    assert list(wrong) == ["tls"]
    assert wrong["tls"][0].startswith("127.0.0.1: ")
    assert said in wrong["tls"][0]
    assert wrong["tls"][1] == todo


def test_a_certificate_of_the_name_in_the_url_is_well(tmp_path: Path) -> None:
    there = secured(tmp_path, "localhost")
    with FaultServer(NEVER, tls=there.tls) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        assert bad(found(rest(url, ca=there.ca))) == {}


def test_a_server_that_speaks_no_tls_is_told_as_a_failed_handshake() -> None:
    def hang_up(connection: socket.socket) -> None:
        connection.recv(1)

    with FaultServer(NEVER, on_accept=hang_up) as server:
        wrong = bad(found(rest(server.url.replace("http:", "https:"))))
    assert list(wrong) == ["tls"]
    assert (
        wrong["tls"][1]
        == "does the server want a client_cert, or speak only an old version of TLS?"
    )


def test_a_proxy_is_said_and_the_host_not_tried() -> None:
    checks = found(rest("https://sms.vendor.example", proxy="http://user:secret@127.0.0.1:9"))
    said = "sms.vendor.example is reached through a proxy: not tried directly"
    assert checks["network"].said == said
    assert bad(checks) == {}


def test_which_issuers_are_trusted_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls, ca = tls_of(tmp_path)
    for variable in VARIABLES:
        with monkeypatch.context() as here, FaultServer(NEVER, tls=tls) as server:
            assert bad(found(rest(server.url)))["tls"][0].endswith(
                "; trusted are the public issuers"
            )
            here.setenv(variable, ca)
            assert found(rest(server.url))["tls"].said.endswith(f"by the issuers of {variable}")
            proxied = rest("https://sms.vendor.example", proxy="http://127.0.0.1:9")
            assert found(proxied)["network"].said.endswith(f"trusted are the issuers of {variable}")


# --- credentials


def test_only_the_credentials_of_the_protocol_are_looked_at() -> None:
    from smsbridge.backends.smsmobileapi import SMSMobileAPI

    with FaultServer(NEVER) as server:
        made = SMSMobileAPI(url=server.url, protocol="rest", api_key=SECRET, client_id="…")  # type: ignore[arg-type]  # text becomes a Secret
        assert list(found(made)) == ["api_key", "network"]


def test_a_credential_that_only_a_field_of_a_call_has_is_looked_at() -> None:
    with FaultServer(NEVER) as server:
        fields = {**SEND["fields"], "key": "{key}"}
        auth = {"type": "fields", "key": "…"}
        checks = found(rest(server.url, auth=auth, send={**SEND, "fields": fields}))
    assert list(bad(checks)) == ["key"]


# --- the token


def test_a_token_that_is_given_is_well_and_no_message_follows() -> None:
    with FaultServer(NEVER) as server:
        checks = found(rest(server.url, auth=OAUTH2))
        assert (len(server.tokens), server.sends) == (1, [])
    assert checks["token"].said == "/oauth2/token answers HTTP 200"
    assert bad(checks) == {}


@pytest.mark.parametrize(
    ("reply", "said", "todo"),
    [
        (
            answer(401, '{"error": "invalid_client"}'),
            "the token call was refused: 'invalid_client'",
            "check the credentials; reason: authentication",
        ),
        (
            answer(500, "{}"),
            "the token call got HTTP 500: it has no token",
            "try again; if it keeps failing, tell its operator",
        ),
        (
            answer(200, "<html>"),
            "the token call got HTTP 200: it is not JSON, or says the same thing twice",
            "try again; if it keeps failing, tell its operator",
        ),
    ],
)
def test_a_token_that_is_not_given_is_told_with_what_to_do(
    reply: bytes, said: str, todo: str
) -> None:
    with FaultServer(NEVER, token=reply) as server:
        wrong = bad(found(rest(server.url, auth=OAUTH2)))
        assert server.sends == []
    assert wrong == {"token": (said, todo)}


def test_a_token_call_at_another_host_is_tried_there_too(closed: int) -> None:
    elsewhere = {**OAUTH2, "token_url": f"http://127.0.0.1:{closed}/token"}
    with FaultServer(NEVER) as server:
        backend = rest(server.url, auth=elsewhere)
        with closing(RequestsTransport(backend)) as transport:
            checks = list(examine(backend, transport))
        said = [check.said for check in checks if check.name == "network"]
        assert said == [
            f"127.0.0.1 port {closed}: Connection refused",
            f"127.0.0.1 port {server.port} answers, without TLS",
        ]
    assert not any(check.name == "token" for check in checks)


def login(reply: bytes) -> Callable[[FaultServer, Got], bytes]:
    def play(_: FaultServer, got: Got) -> bytes:
        assert got.path == "/login"
        return reply

    return play


def test_a_login_of_a_table_is_tried_and_no_message_follows() -> None:
    with FaultServer([login(answer(200, '{"token": "t-1"}'))]) as server:
        checks = found(rest(server.url, **LOGIN))
        assert [got.path for got in server.sends] == ["/login"]
    assert checks["token"].said == "/login answers HTTP 200"
    assert bad(checks) == {}


def test_a_login_that_is_refused_is_told() -> None:
    with FaultServer([login(answer(401, "{}"))]) as server:
        wrong = bad(found(rest(server.url, **LOGIN)))
    assert wrong == {
        "token": (
            "the token call was refused: '401'",
            "check the credentials; reason: authentication",
        )
    }


def test_digest_asks_for_no_challenge_since_that_would_send_the_message() -> None:
    with FaultServer(NEVER) as server:
        assert bad(found(rest(server.url, auth={**BASIC, "type": "digest"}))) == {}
        assert server.sends == []


def test_a_backend_that_only_answers_questions_has_its_token_tried_by_one() -> None:
    status = {"route": "GET /v1/{id}", "fields": {}, "row": {"id": "id", "status": "state"}}
    keys = {"backend": "rest", "auth": OAUTH2, "status": status, "timeout": 5}
    with FaultServer(NEVER) as server:
        checks = found(from_mapping({**keys, "url": server.url}, name="vendor"))
        assert (len(server.tokens), server.sends) == (1, [])
    assert checks["token"].well


# --- the WSDL


@pytest.fixture
def here(tmp_path: Path) -> Iterator[tuple[Path, FaultServer]]:
    """Return a WSDL whose service is at a server."""
    with FaultServer(NEVER) as server:
        file = tmp_path / "oldcorp.wsdl"
        file.write_text(changed(("https://sms.oldcorp.example", server.url)))
        yield file, server


def test_a_wsdl_beside_the_config_is_told_with_its_port_and_its_operations(
    here: tuple[Path, FaultServer],
) -> None:
    file, server = here
    checks = found(soap(file))
    assert checks["wsdl"].said == "port MessagingPort, 3 operations; no wsdl.lock beside it"
    assert checks["network"].said == f"127.0.0.1 port {server.port} answers, without TLS"
    assert bad(checks) == {}


def test_a_wsdl_that_is_locked_has_nothing_to_be_told(here: tuple[Path, FaultServer]) -> None:
    file, _ = here
    lock(Source(document=file.read_bytes()), file.name, file.parent)
    assert (file.parent / LOCK).is_file()
    assert found(soap(file))["wsdl"].said == "port MessagingPort, 3 operations"


def test_a_locked_wsdl_that_is_edited_after_the_start_is_told_in_words(
    here: tuple[Path, FaultServer],
) -> None:
    file, _ = here
    lock(Source(document=file.read_bytes()), file.name, file.parent)
    backend = soap(file)
    file.write_text(file.read_text().replace('"destination"', '"recipient"'))
    said, todo = bad(found(backend))["wsdl"]
    assert "request.destination was renamed to request.recipient" in said
    assert todo == "fix the table, or the WSDL"


def test_a_wsdl_that_ships_needs_no_lock() -> None:
    from smsbridge.backends.smsmobileapi import SMSMobileAPI

    with FaultServer(NEVER) as server:
        made = SMSMobileAPI(url=server.url, protocol="soap", api_key=SECRET)  # type: ignore[arg-type]  # text becomes a Secret
        assert found(made)["wsdl"].said == "port sendsmsPort, 1 operation"


def serving(wsdl: str, status: int = 200) -> list[Any]:
    def play(server: FaultServer, got: Got) -> bytes:
        assert got.path == "/s?wsdl"
        return answer(status, wsdl.replace("https://sms.oldcorp.example", server.url))

    return [play]


def test_a_wsdl_at_an_address_is_fetched_held_to_the_table_and_its_service_tried(
    closed: int,
) -> None:
    elsewhere = changed(("https://sms.oldcorp.example", f"http://127.0.0.1:{closed}"))
    with FaultServer(serving(elsewhere)) as server:
        backend = soap(f"{server.url}/s?wsdl")
        with closing(RequestsTransport(backend)) as transport:
            checks = list(examine(backend, transport))
        assert [got.path for got in server.sends] == ["/s?wsdl"]
    named = [(check.name, check.said, check.well) for check in checks]
    assert named[2:] == [
        ("network", f"127.0.0.1 port {server.port} answers, without TLS", True),
        (
            "wsdl",
            (
                "port MessagingPort, 3 operations; "
                "each client fetches it; smsbridge wsdl lock keeps a copy instead"
            ),
            True,
        ),
        ("network", f"127.0.0.1 port {closed}: Connection refused", False),
    ]


@pytest.mark.parametrize(
    ("text", "status", "said", "todo"),
    [
        (
            WSDL,
            404,
            "can't be fetched: HTTP 404",
            "try again; if it keeps failing, tell its operator",
        ),
        (
            "<html/>",
            200,
            "wsdl: it is XML, but not a WSDL 1.1",
            "fix the config, or the WSDL",
        ),
        ("no xml", 200, "is not well-formed XML", "fix the config, or the WSDL"),
        (
            changed(('"destination"', '"recipient"')),
            200,
            "send.fields.\"request.destination\": there is no 'request.destination'",
            "fix the table, or the WSDL",
        ),
    ],
)
def test_what_is_wrong_with_a_wsdl_at_an_address_is_told_with_what_to_do(
    text: str, status: int, said: str, todo: str
) -> None:
    with FaultServer(serving(text, status)) as server:
        wrong = bad(found(soap(f"{server.url}/s?wsdl")))
        assert {got.path for got in server.sends} == {"/s?wsdl"}
    assert list(wrong) == ["wsdl"]
    assert said in wrong["wsdl"][0]
    assert wrong["wsdl"][1] == todo


def test_a_wsdl_at_a_host_that_refuses_is_told_once(closed: int) -> None:
    assert list(bad(found(soap(f"http://127.0.0.1:{closed}/s?wsdl")))) == ["network"]


# --- the message itself


def test_a_message_that_the_table_could_not_send_is_an_error_of_the_config(tmp_path: Path) -> None:
    send = {**SEND, "fields": {**SEND["fields"], "x": "{text|number}"}}
    with FaultServer(NEVER) as server:
        wrong = bad(found(rest(server.url, send=send)))
        assert server.sends == []
    assert list(wrong) == ["message"]
    assert wrong["message"][1] == "fix the config"
