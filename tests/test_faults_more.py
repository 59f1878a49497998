"""Faults of the other side beyond the table of `test_faults`: more ways in which each one comes."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import trustme

from smsbridge import (
    AuthenticationFailed,
    NotSent,
    OutcomeUnknown,
    Reason,
    Rejected,
    SendError,
    Submission,
)
from smsbridge.http.exchange import Left

from support.each import each
from support.fault_server import Act, FaultServer, answer, reset, reset_mid_request
from support.sending import OK, Outcome, Send, backend, fault, said, send_async, send_sync

over = pytest.mark.parametrize(
    ("protocol", "send"),
    [("rest", send_sync), ("soap", send_async), ("oauth", send_sync), ("oauth", send_async)],
)
"""Each protocol and each client: what both make of the same bytes is in test_all_transports."""


def ok(protocol: str) -> bytes:
    return answer(200, said(protocol, OK))


def outcome_of(protocol: str, send: Send, *script: bytes | str, **more: object) -> Outcome:
    with FaultServer(script=list(script)) as server:
        outcome = send(backend(protocol, server.url, **more))
        assert len(server.sends) == 1
        return outcome


@over
@each("flaw", ["wrong host", "expired", "unknown issuer"])
def test_f04_a_bad_certificate_is_not_sent(
    protocol: str, send: Send, flaw: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    authority = trustme.CA()
    host = "other.example" if flaw == "wrong host" else "127.0.0.1"
    past = datetime.now(UTC) - timedelta(days=1)
    leaf = authority.issue_cert(host, not_after=past if flaw == "expired" else None)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(tls)
    ca = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    with FaultServer([ok(protocol)], tls=tls) as server:
        trusted = {} if flaw == "unknown issuer" else {"ca": str(ca)}
        outcome = send(backend(protocol, server.url, **trusted))
        assert not server.sends
        assert not server.tokens
    assert isinstance(outcome, NotSent)
    assert not outcome.retry
    assert "TLS" in str(outcome)


@over
def test_a_good_certificate_of_the_configured_issuer_is_accepted(
    protocol: str, send: Send, tmp_path_factory: pytest.TempPathFactory
) -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    ca = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    with FaultServer([ok(protocol)], tls=tls) as server:
        assert isinstance(send(backend(protocol, server.url, ca=str(ca))), Submission)


@pytest.mark.full
@over
@each(("act", "size"), [(reset, 5), (reset_mid_request, 8_000_000)])
def test_f05_f06_a_reset_while_sending_goes_by_what_had_left(
    protocol: str, send: Send, act: Act, size: int
) -> None:
    left: list[Left] = []
    token = answer(200, '{"access_token": "tok-1"}')

    def after_token(connection: socket.socket) -> None:
        if protocol == "oauth" and not first.is_set():
            first.set()
            connection.recv(65_536)
            connection.sendall(token)
        else:
            act(connection)

    first = threading.Event()
    with FaultServer(on_accept=after_token) as server:
        outcome = send(backend(protocol, server.url), "x" * size, left)
    assert isinstance(outcome, OutcomeUnknown if left[-1] is Left.ALL else NotSent)
    if act is reset_mid_request:
        assert left[-1] is Left.PART


@over
@each("status", [307, 308])
def test_f20a_a_redirect_that_keeps_the_method_is_not_sent_and_never_followed(
    protocol: str, send: Send, status: int
) -> None:
    with FaultServer([ok(protocol)]) as other:
        location = f"{other.url}/sendsms/"
        outcome = outcome_of(protocol, send, answer(status, location=location))
        assert not other.sends
    assert isinstance(outcome, NotSent)
    assert not outcome.retry


def test_f22_a_401_that_is_a_page_of_another_is_unknown_and_no_token_is_renewed(send: Send) -> None:
    page = answer(401, "<html>401</html>", www_authenticate='Basic realm="staff"')
    with FaultServer([page, ok("oauth")]) as server:
        assert isinstance(send(backend("oauth", server.url)), OutcomeUnknown)
        assert (len(server.sends), len(server.tokens)) == (1, 1)


@pytest.mark.full
@over
def test_f23_a_408_goes_by_what_had_left(protocol: str, send: Send) -> None:
    late = answer(408, "")
    assert isinstance(outcome_of(protocol, send, late), OutcomeUnknown)
    if protocol == "oauth":
        return  # its first connection is for the token

    def early(connection: socket.socket) -> None:
        connection.recv(1024)
        connection.sendall(late)
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(5)
        gone.wait(5)

    gone = threading.Event()
    with FaultServer(on_accept=early) as server:
        outcome = send(backend(protocol, server.url), "x" * 8_000_000)
        gone.set()
    assert isinstance(outcome, NotSent)
    assert "408" in outcome.why


def test_an_unknown_outcome_of_the_repeat_after_a_401_stays_unknown(send: Send) -> None:
    with FaultServer([answer(401, "{}"), "reset-after-request"]) as server:
        assert isinstance(send(backend("oauth", server.url)), OutcomeUnknown)
        assert len(server.sends) == 2


@over
@each(
    ("said_wait", "least", "most"),
    [
        (timedelta(days=2), 3600, 3600),
        (timedelta(days=-1), 0, 0),
    ],
)
def test_f24_retry_after_is_on_the_error_capped_at_an_hour(
    protocol: str, send: Send, said_wait: str | timedelta, least: int, most: int
) -> None:
    if isinstance(said_wait, timedelta):
        said_wait = format_datetime(datetime.now(UTC) + said_wait, usegmt=True)
    outcome = outcome_of(protocol, send, answer(429, retry_after=said_wait))
    assert isinstance(outcome, NotSent)
    assert outcome.retry_after is not None
    assert least <= outcome.retry_after <= most


@over
def test_f24_a_429_without_a_readable_time_is_not_sent(protocol: str, send: Send) -> None:
    for headers in ({}, {"retry_after": "soon"}):
        outcome = outcome_of(protocol, send, answer(429, **headers))
        assert isinstance(outcome, NotSent)
        assert outcome.retry_after is None


@over
@each("status", [500, 502, 503, 504])
@each("body", ["", "<html>oops</html>", "good"])
def test_f26_a_server_error_is_unknown_whatever_its_body(
    protocol: str, send: Send, status: int, body: str
) -> None:
    content = said(protocol, OK) if body == "good" else body
    outcome = outcome_of(protocol, send, answer(status, content))
    assert isinstance(outcome, OutcomeUnknown)
    assert str(status) in str(outcome)


@over
@each(
    "document",
    [
        {},
        {"result": {}},
        {"result": {"error": None}},
        {"result": {"error": False}},
        {"result": {"error": ""}},
        {"result": {"error": {}}},
        {"result": [0]},
        {"error": 0},
        {"result": "error 0"},
    ],
)
def test_f27_json_of_another_shape_is_unknown(protocol: str, send: Send, document: object) -> None:
    outcome = outcome_of(protocol, send, answer(200, said(protocol, document)))
    assert isinstance(outcome, OutcomeUnknown)


@over
@each("body", ['{"result": {"error": 0', "", "[]", "null", "<html>Hello</html>", "[" * 100_000])
def test_f27_f28_what_is_no_answer_is_unknown(protocol: str, send: Send, body: str) -> None:
    assert isinstance(outcome_of(protocol, send, answer(200, body)), OutcomeUnknown)


@over
@each(
    ("error", "reason"),
    [
        (1, Reason.AUTHENTICATION),
        ("1", Reason.AUTHENTICATION),
        (2, Reason.OTHER),
        ("subscription_expire", Reason.ACCOUNT),
        ("never_heard_of", Reason.OTHER),
        (-5, Reason.OTHER),
    ],
)
def test_f29_the_providers_error_in_a_200_is_rejected_with_its_code(
    protocol: str, send: Send, error: object, reason: Reason
) -> None:
    outcome = outcome_of(protocol, send, answer(200, said(protocol, {"result": {"error": error}})))
    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.code) == (reason, str(error))


GOOD = said("soap", OK)


@each(
    "body",
    [
        GOOD[:-20],
        GOOD.replace("sendSmsResponse", "otherResponse"),
        GOOD.replace("urn:sendsms", "urn:else"),
        GOOD.replace("<return>", "<other>").replace("</return>", "</other>"),
        GOOD[: GOOD.index("<n:")] + "</s:Body></s:Envelope>",
        "<!DOCTYPE x>" + GOOD,
        GOOD.replace("{", "{{"),
    ],
)
@each("status", [200, 202])
def test_f30_a_bad_envelope_is_unknown(send: Send, body: str, status: int) -> None:
    assert isinstance(outcome_of("soap", send, answer(status, body)), OutcomeUnknown)


@each("status", [200, 500, 502])
@each("code", ["Client", "Client.Input", "VersionMismatch", "MustUnderstand"])
def test_f31_a_fault_of_the_caller_is_rejected_before_the_status(
    send: Send, status: int, code: str
) -> None:
    outcome = outcome_of("soap", send, answer(status, fault(code, "Bad recipient")))
    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.code) == (Reason.REQUEST, code)


def test_f31_the_fault_of_a_wrong_key_is_authentication(send: Send) -> None:
    outcome = outcome_of("soap", send, answer(500, fault("Client", "Invalid API key")))
    assert isinstance(outcome, AuthenticationFailed)


@each("body", [fault("Server", "Database down"), fault("", ""), ""])
def test_f32_a_fault_of_the_server_or_no_envelope_is_unknown(send: Send, body: str) -> None:
    assert isinstance(outcome_of("soap", send, answer(500, body)), OutcomeUnknown)


@each(
    ("wsdl", "retry"),
    [(answer(404), True), (answer(200, "<html/>"), False), ("reset-after-request", True)],
)
def test_f33_a_wsdl_that_is_gone_or_changed_is_not_sent(
    send: Send, wsdl: bytes | str, *, retry: bool
) -> None:
    with FaultServer([wsdl]) as server:
        outcome = send(backend("soap", server.url, wsdl=f"{server.url}/sms.wsdl"))
        assert isinstance(outcome, NotSent)
        assert outcome.retry is retry
        assert [got.path for got in server.sends] == ["/sms.wsdl"]


@each("status", [400, 401])
@each("code", ["invalid_client", "unauthorized_client"])
def test_f35a_a_token_call_that_is_refused_is_authentication(
    send: Send, status: int, code: str
) -> None:
    with FaultServer([ok("oauth")], token=answer(status, f'{{"error": "{code}"}}')) as server:
        outcome = send(backend("oauth", server.url))
        assert isinstance(outcome, AuthenticationFailed)
        assert outcome.code == code
        assert not server.sends


@each(
    "token",
    [
        answer(500),
        answer(503),
        answer(429),
        answer(403),
        answer(400, '{"error": "invalid_request"}'),
        answer(302, location="/login"),
        answer(307, location="https://elsewhere.example/token"),
        answer(200, "<html/>"),
        answer(200, "{}"),
        answer(200, '{"access_token": ""}'),
        answer(200, '{"access_token": "a\\r\\nb"}'),
    ],
)
def test_f35b_any_other_failure_of_the_token_call_is_not_sent(send: Send, token: bytes) -> None:
    with FaultServer([ok("oauth")], token=token) as server:
        assert isinstance(send(backend("oauth", server.url)), NotSent)
        assert not server.sends


@each("expires", ["", '"soon"', "0", "-1", "1e12", "null", "[]", '"60"'])
def test_f37_an_odd_lifetime_of_a_token_works(send: Send, expires: str) -> None:
    more = f', "expires_in": {expires}' if expires else ""
    with FaultServer([ok("oauth")], token=answer(200, f'{{"access_token": "t"{more}}}')) as server:
        assert isinstance(send(backend("oauth", server.url)), Submission)
        assert "Authorization: Bearer t\r\n" in server.sends[0].head + "\r\n"


@over
@each("status", [200, 201, 202])
@each("error", [0, "0"])
def test_f38_an_odd_success_is_accepted(
    protocol: str, send: Send, status: int, error: object
) -> None:
    body = said(protocol, {"result": {"error": error, "unheard-of": []}})
    outcome = outcome_of(protocol, send, answer(status, body))
    assert isinstance(outcome, Submission)
    assert outcome.id is None


@over
@each("status", [204, 206, 300, 304, 402, 405, 409, 418, 451, 501, 505, 599, 799])
def test_f39_a_status_that_nobody_named_is_unknown(protocol: str, send: Send, status: int) -> None:
    assert isinstance(outcome_of(protocol, send, answer(status)), OutcomeUnknown)


@over
@each(
    ("body", "encoding"),
    [(b"no gzip", "gzip"), (gzip.compress(b" " * 20_000_000), "gzip"), (b"{}", "br")],
)
def test_f17_f18_a_body_that_does_not_decode_is_unknown(
    protocol: str, send: Send, body: bytes, encoding: str
) -> None:
    outcome = outcome_of(protocol, send, answer(200, body, content_encoding=encoding))
    assert isinstance(outcome, OutcomeUnknown)


@over
@each(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Odd: a\rb\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_f19_bad_framing_is_unknown(protocol: str, send: Send, head: bytes) -> None:
    body = said(protocol, OK).encode()
    raw = (
        head.replace(b": 2", b": %d" % len(body)).replace(b": 3", b": %d" % (len(body) + 1)) + body
    )
    assert isinstance(outcome_of(protocol, send, raw), OutcomeUnknown)


@over
def test_an_answer_in_gzip_is_read(protocol: str, send: Send) -> None:
    body = gzip.compress(said(protocol, OK).encode())
    outcome = outcome_of(protocol, send, answer(200, body, content_encoding="gzip"))
    assert isinstance(outcome, Submission)


@over
def test_an_answer_that_never_ends_is_unknown(protocol: str, send: Send) -> None:
    outcome = outcome_of(protocol, send, answer(200, b" " * 2_000_000))
    assert isinstance(outcome, OutcomeUnknown)


@over
@each(
    ("first", "second"),
    [
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", answer(429, retry_after="1")),
        (b"HTTP/1.1 102 Processing\r\n\r\n", answer(429, retry_after="1")),
        (b"HTTP/1.1 100 Continue\r\n\r\n", answer(429, retry_after="1")),
    ],
)
def test_an_interim_answer_is_not_the_answer(
    protocol: str, send: Send, first: bytes, second: bytes
) -> None:
    outcome = outcome_of(protocol, send, first + second)
    assert isinstance(outcome, NotSent)
    assert outcome.retry_after == 1


@over
@each(
    "said_wait", ["Fri, 31 Dec 9999 23:59:59 -1200", "Mon, 01 Jan 0001 00:00:00 +1200", "9" * 400]
)
def test_f24_a_time_beyond_the_calendar_breaks_nothing(
    protocol: str, send: Send, said_wait: str
) -> None:
    assert isinstance(outcome_of(protocol, send, answer(429, retry_after=said_wait)), NotSent)


def test_f37_a_lifetime_of_400_digits_works(send: Send) -> None:
    token = answer(200, '{"access_token": "t", "expires_in": 1%s}' % ("0" * 400))
    with FaultServer([ok("oauth")], token=token) as server:
        assert isinstance(send(backend("oauth", server.url)), Submission)


@over
@each("zero", ["0.0", "0e0", "-0", '"0 "', '"00"', '"null"', '"false"'])
def test_f29_what_may_mean_no_error_is_no_refusal(protocol: str, send: Send, zero: str) -> None:
    body = said(protocol, {"result": {"error": "ZERO", "id": "7"}}).replace('"ZERO"', zero)
    assert not isinstance(outcome_of(protocol, send, answer(200, body)), Rejected)


@over
@each(
    "text",
    [
        '{"result": {"error": 1, "error": 0, "id": "7"}}',
        '{"result": {"error": 0, "error": 5, "id": "7"}}',
        '{"result": {"error": 5}, "result": {"error": 0}}',
        '{"result": [{"error": 0}, {"error": 5}]}',
    ],
)
def test_f27_an_answer_that_contradicts_itself_is_unknown(
    protocol: str, send: Send, text: str
) -> None:
    body = said(protocol, "TEXT").replace('"TEXT"', text)
    assert isinstance(outcome_of(protocol, send, answer(200, body)), OutcomeUnknown)


def inside(envelope: str) -> str:
    return envelope.partition("<s:Body>")[2].partition("</s:Body>")[0]


FAULT = inside(fault("Client", "no"))


@each(
    "body",
    [
        GOOD.replace("</s:Body>", f"{FAULT}</s:Body>"),
        GOOD.replace("<s:Body>", f"<s:Body>{FAULT}"),
        GOOD.replace(
            "</s:Body>", GOOD.partition("<s:Body>")[2].partition("</s:Body>")[0] + "</s:Body>"
        ),
        GOOD.replace("<return>", "<x:return xmlns:x='urn:evil'>").replace(
            "</return>", "</x:return>"
        ),
        fault("Server:Client", "no"),
        fault("Server", "no").replace(
            "<faultstring>", "<faultcode>s:Client</faultcode><faultstring>"
        ),
    ],
)
def test_f30_an_envelope_that_contradicts_itself_is_unknown(send: Send, body: str) -> None:
    assert isinstance(outcome_of("soap", send, answer(200, body)), OutcomeUnknown)


def early(connection: socket.socket, reply: bytes) -> None:
    """Answer before the request has been read whole, then close."""
    connection.recv(1024)
    connection.sendall(reply)
    connection.shutdown(socket.SHUT_WR)
    with suppress(OSError):
        while connection.recv(65_536):
            pass


@pytest.mark.full
@each("cut", [None, -10])
def test_an_answer_that_comes_early_is_never_not_sent(send: Send, cut: int | None) -> None:
    reply = ok("rest")[:cut]
    with FaultServer(on_accept=lambda connection: early(connection, reply)) as server:
        outcome = send(backend("rest", server.url), "x" * 8_000_000)
    assert not isinstance(outcome, NotSent)


@over
def test_an_answer_in_many_small_gzip_members_costs_no_time(protocol: str, send: Send) -> None:
    body = gzip.compress(b"{") + gzip.compress(b" ") * 20_000
    outcome = outcome_of(protocol, send, answer(200, body, content_encoding="gzip"))
    assert isinstance(outcome, OutcomeUnknown)


@over
def test_every_error_carries_the_reference_and_the_backend(protocol: str, send: Send) -> None:
    outcome = outcome_of(protocol, send, answer(500))
    assert isinstance(outcome, SendError)
    assert outcome.attempt.protocol == protocol
    assert outcome.attempt.reference in str(outcome)
