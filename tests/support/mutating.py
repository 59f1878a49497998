"""Requests that clients of the mock provider send, and what becomes of them in bad hands."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from random import Random
from urllib.parse import urlencode

from smsbridge.testing.mock.default import API_KEY, CLIENT_ID, CLIENT_SECRET

FORM = urlencode({"apikey": API_KEY, "recipients": "+12025550123", "message": "Hello"}).encode()
ENVELOPE = (
    '<e:Envelope xmlns:e="{}"><e:Body><s:sendSms xmlns:s="urn:sendsms">'
    f"<recipients>+12025550123</recipients><message>Hello</message><apikey>{API_KEY}</apikey>"
    "</s:sendSms></e:Body></e:Envelope>"
)
SOAP11 = ENVELOPE.format("http://schemas.xmlsoap.org/soap/envelope/").encode()
SOAP12 = ENVELOPE.format("http://www.w3.org/2003/05/soap-envelope").encode()
SERVICE = "/sendsms/wsdl/server.php"
PUBLISHED = "/sendsms/wsdl/sendsms.wsdl"
CALLED = {"sender": "+12025550111", "text": "Hi", "device": "d-1"}
LISTED = {"apikey": API_KEY, "before_timestamp": "1790000000", "onlyunread": "yes", "number": "²"}
TOKEN = {
    "grant_type": "client_credentials",
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
}


def request(line: str, kind: str = "", body: bytes = b"", *headers: str) -> bytes:
    """Return a request as bytes."""
    head = [f"{line} HTTP/1.1", "Host: 127.0.0.1", *headers]
    head += [f"Content-Type: {kind}"] * bool(kind)
    head += [f"Content-Length: {len(body)}"] * bool(body)
    return "\r\n".join([*head, "", ""]).encode() + body


_FORM = "application/x-www-form-urlencoded"
_MULTIPART = (
    f'--b\r\nContent-Disposition: form-data; name="apikey"\r\n\r\n{API_KEY}\r\n--b--\r\n'
).encode()
SEEDS = (
    request("POST /sendsms/", _FORM, FORM),
    request(f"GET /sendsms/?{FORM.decode()}"),
    request("POST /sendsms/", _FORM, gzip.compress(FORM), "Content-Encoding: gzip"),
    request("POST /sendsms/", _FORM, b"", "Transfer-Encoding: chunked")
    + b"5\r\napike\r\n4;x=y\r\ny=te\r\n0\r\nX-Trailer: 1\r\n\r\n",
    request("POST /sendsms/", "application/json", json.dumps({"apikey": API_KEY}).encode()),
    request("POST /sendsms/", "multipart/form-data; boundary=b", _MULTIPART),
    request(f"POST {SERVICE}", "text/xml; charset=utf-8", SOAP11, 'SOAPAction: "sendSms"'),
    request(f"POST {SERVICE}", "application/soap+xml; charset=utf-8", SOAP12),
    request(f"GET {PUBLISHED}"),
    request(f"GET {SERVICE}?wsdl&document=0"),
    request("POST /oauth2/token", _FORM, urlencode(TOKEN).encode()),
    request("POST /getsms/", _FORM, urlencode(LISTED).encode()),
    request("POST /getsms/sent/", _FORM, urlencode(LISTED).encode()),
    request("GET /_mock/messages"),
    request("GET /_mock/health", "", b"", "Origin: http://127.0.0.1", "Sec-Fetch-Site: none"),
    request("POST /_mock/receive", "application/json", json.dumps(CALLED).encode()),
)
_HOSTILE = (
    *(b"\0", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\xff", b"\xc2\xb2", b"\xd9\xa3", b" ", b"\t"),
    *(
        b"%",
        b"%00",
        b"%ff",
        b"%C2%B2",
        b"&",
        b"=",
        b";",
        b":",
        b"//",
        b"/..",
        b"?",
        b"#",
        b"[",
        b"]",
    ),
    *(b"-1", b"0x10", b"1e400", b"9" * 30, b"9" * 5000, b"NaN", b"Infinity", b"null", b"[]", b"{}"),
    *(
        b"[" * 3000,
        b'{"a":' * 3000,
        b'"\\ud800"',
        b'"\\u0000"',
        b"<a>" * 300,
        b"&#0;",
        b"<!DOCTYPE a>",
    ),
    *(b"Content-Length: 3\r\n", b"Content-Length: \xb2\r\n", b"Transfer-Encoding: chunked\r\n"),
    *(b"Host: evil.example\r\n", b"Expect: 100-continue\r\n", b"Content-Encoding: gzip\r\n"),
    *(b"Authorization: Bearer x\r\n", b"Connection: keep-alive\r\n", b"X: y\r\n" * 120),
    *(
        b"PUT ",
        b"HEAD ",
        b"CONNECT ",
        b"http://evil.example",
        b"http://[",
        b"HTTP/0.9",
        b"HTTP/2.0",
    ),
    *(b"HTTP/" + b"9" * 5000, "?document=²".encode(), b"?document=" + b"9" * 5000),
)


def mutated(seed: int, count: int) -> Iterator[bytes]:
    """Yield requests with a few changes each: always the same ones for a seed.

    Half of them are changed in the body alone, so that more is read than the head.
    """
    random = Random(seed)
    for _ in range(count):
        whole = random.choice(SEEDS)
        head, end, body = whole.partition(b"\r\n\r\n")
        length = b"Content-Length: %d" % len(body)
        if length in head and random.randrange(2):
            changed = _changed(body, random)
            yield head.replace(length, b"Content-Length: %d" % len(changed)) + end + changed
        else:
            yield _changed(whole, random)


def _changed(given: bytes, random: Random) -> bytes:
    data = bytearray(given)
    for _ in range(random.randint(1, 4)):
        _change(data, random)
    return bytes(data)


def _change(data: bytearray, random: Random) -> None:
    at = random.randint(0, len(data))
    to = min(at + random.choice((1, 1, 2, 8, 40)), len(data))
    match random.randint(0, 6):
        case 0:
            data[at:to] = bytes([random.randrange(256)])
        case 1:
            del data[at:to]
        case 2:
            data[at:at] = random.choice(_HOSTILE)
        case 3:
            data[at:to] = random.choice(_HOSTILE)
        case 4:
            data[at:at] = data[at:to] * random.choice((1, 50))
        case 5:
            values = list(re.finditer(rb"(?<=[=: >])[^&\r\n<>= ]+", data))
            if values:
                value = random.choice(values)
                data[value.start() : value.end()] = random.choice(_HOSTILE)
        case _:
            other = random.choice(SEEDS)
            data[at:] = other[random.randint(0, len(other)) :]
