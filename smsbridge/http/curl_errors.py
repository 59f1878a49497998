"""libcurl's error codes as the errors that the other transports meet.

libcurl's own text is searched for a word, and never shown: it may hold a part of a URL.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Mapping

from smsbridge.errors import MissingExtra
from smsbridge.http.answer import MOST_HEAD, BadAnswer

try:
    import pycurl
except ImportError as missing:
    raise MissingExtra("fast", 'transport = "curl"') from missing

_ALERT = re.compile(r"\balert ([a-z ]+)")
_VERIFY = re.compile(r"certificate problem: ([a-zA-Z -]+)")
_OTHER_NAME = "the certificate is not for this host"
_TOO_LARGE = 100  # CURLE_TOO_LARGE, which pycurl does not name yet
_MOST_LINE = 100 * 1024

_ENDED = (pycurl.E_PARTIAL_FILE, pycurl.E_GOT_NOTHING)
_ENDS = ("unexpected eof", "CONNECT aborted")  # of TLS, of a proxy
_BAD_HEADERS: Mapping[str, str] = {
    "Carriage return": "a line of the answer contains a CR or a NUL",
    "NUL byte": "a line of the answer contains a CR or a NUL",
    "Header without colon": "a header of the answer has no name",
    "Invalid Content-Length": "the Content-Length of the answer is not a number, or there are two",
}
"""What libcurl says of an answer that it refuses by itself, in the words of `Reading`."""
_BAD_ANSWERS: Mapping[int, str] = {
    pycurl.E_ABORTED_BY_CALLBACK: "the connection was closed without an answer",
    pycurl.E_UNSUPPORTED_PROTOCOL: "what came is not an HTTP answer",
    pycurl.E_FTP_WEIRD_SERVER_REPLY: "what came is not an HTTP answer that libcurl reads",
    **dict.fromkeys(
        (_TOO_LARGE, pycurl.E_OUT_OF_MEMORY),
        f"the headers of the answer are larger than {MOST_HEAD} bytes, or one than {_MOST_LINE}",
    ),
}
_ERRORS: Mapping[int, type[Exception]] = {
    pycurl.E_COULDNT_RESOLVE_HOST: socket.gaierror,
    pycurl.E_COULDNT_RESOLVE_PROXY: socket.gaierror,
    pycurl.E_OPERATION_TIMEDOUT: TimeoutError,
    pycurl.E_SEND_ERROR: ConnectionResetError,
    pycurl.E_RECV_ERROR: ConnectionResetError,
}
_TLS = (
    pycurl.E_SSL_CONNECT_ERROR,
    pycurl.E_PEER_FAILED_VERIFICATION,
    pycurl.E_SSL_CERTPROBLEM,
    pycurl.E_SSL_CIPHER,
    pycurl.E_SSL_CACERT_BADFILE,
    pycurl.E_SSL_ISSUER_ERROR,
)


def is_end(code: int, said: str) -> bool:
    """Return whether an error says that the peer closed the connection, over TLS or without."""
    return code in _ENDED or (code == pycurl.E_RECV_ERROR and any(end in said for end in _ENDS))


def error_of(code: int, said: str, number: int) -> Exception:
    """Return the error for a code; ``number``: the system's own, 0 for none."""
    if why := _BAD_ANSWERS.get(code):
        return BadAnswer(next((w for start, w in _BAD_HEADERS.items() if start in said), why))
    if alert := _ALERT.search(said):
        return _tls_error(f"TLS_ALERT_{alert[1].strip().upper().replace(' ', '_')}")
    if code in _TLS:
        return _tls_error(_tls_reason(code, said))
    if code == pycurl.E_COULDNT_CONNECT and number:
        return OSError(number, "no connection")  # Python makes it one of the class of its number
    return _ERRORS.get(code, ConnectionError)()


def _tls_error(reason: str) -> ssl.SSLError:
    error = ssl.SSLError()
    error.reason = reason
    return error


def _tls_reason(code: int, said: str) -> str:
    if found := _VERIFY.search(said):
        return found[1].strip()
    untrusted = code == pycurl.E_PEER_FAILED_VERIFICATION
    return _OTHER_NAME if untrusted else "the handshake failed"
