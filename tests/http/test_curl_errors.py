"""libcurl's codes in the words and the errors of the other transports."""

from __future__ import annotations

import errno
import socket
import ssl

import pycurl

from smsbridge.http.answer import BadAnswer
from smsbridge.http.curl_errors import error_of, is_end

from support.each import each


@each(
    ("code", "number", "kind"),
    [
        (pycurl.E_COULDNT_RESOLVE_HOST, 0, socket.gaierror),
        (pycurl.E_COULDNT_CONNECT, errno.ECONNREFUSED, ConnectionRefusedError),
        (pycurl.E_COULDNT_CONNECT, 0, ConnectionError),
        (pycurl.E_OPERATION_TIMEDOUT, 0, TimeoutError),
        (pycurl.E_RECV_ERROR, errno.ECONNRESET, ConnectionResetError),
        (pycurl.E_SEND_ERROR, errno.EPIPE, ConnectionResetError),
        (pycurl.E_ABORTED_BY_CALLBACK, 0, BadAnswer),
        (pycurl.E_SSL_CONNECT_ERROR, 0, ssl.SSLError),
    ],
)
def test_a_code_becomes_the_error_that_the_others_meet(
    code: int, number: int, kind: type[Exception]
) -> None:
    assert isinstance(error_of(code, "http://canary.example", number), kind)
    assert "canary" not in str(error_of(code, "http://canary.example", number))


@each(
    ("said", "reason"),
    [
        ("SSL routines::tlsv13 alert certificate required, errno 0", "CERTIFICATE_REQUIRED"),
        ("SSL routines::tlsv1 alert unknown ca, errno 0", "UNKNOWN_CA"),
    ],
)
def test_an_alert_of_the_peer_is_kept(said: str, reason: str) -> None:
    error = error_of(pycurl.E_RECV_ERROR, said, 0)
    assert isinstance(error, ssl.SSLError)
    assert error.reason == f"TLS_ALERT_{reason}"


def test_an_end_over_tls_without_goodbye_is_an_end() -> None:
    assert is_end(pycurl.E_RECV_ERROR, "SSL routines::unexpected eof while reading, errno 0")
    assert is_end(pycurl.E_GOT_NOTHING, "Empty reply from server")
    assert not is_end(pycurl.E_RECV_ERROR, "Recv failure: Connection reset by peer")
