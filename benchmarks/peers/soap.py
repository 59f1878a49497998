"""Peers that send over SOAP, one message after the other."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

from benchmarks.peers.model import KEY, Kind, Send, check, check_id, in_turn, next_message, ours
from benchmarks.target import NAMESPACE, Place

_ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    f'<t:sendSms xmlns:t="{NAMESPACE}"><recipients>%s</recipients><message>%s</message>'
    f"<apikey>{KEY}</apikey></t:sendSms></soap:Body></soap:Envelope>"
)


def raw_socket(place: Place) -> Iterator[Send]:
    """A socket, a template, and lxml for the answer: the least that can be done."""
    from lxml import etree

    head = (
        f"POST /sendsms/wsdl/server.php HTTP/1.1\r\nHost: 127.0.0.1:{place.port}\r\n"
        f'SOAPAction: "{NAMESPACE}#sendSms"\r\n'
        "Content-Type: text/xml; charset=utf-8\r\nContent-Length: "
    ).encode()
    with socket.create_connection(("127.0.0.1", place.port)) as sock:

        def send() -> None:
            recipient, text = next_message()
            body = (_ENVELOPE % (escape(recipient), escape(text))).encode()
            sock.sendall(b"%s%d\r\n\r\n%s" % (head, len(body), body))
            got = b""
            while True:
                got += sock.recv(65536)
                top, found, rest = got.partition(b"\r\n\r\n")
                if not found:
                    continue
                length = int(top.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                if len(rest) >= length:
                    check(json.loads(etree.fromstring(rest).findtext(".//return") or ""))
                    return

        yield in_turn(send)


def zeep_client(place: Place) -> Iterator[Send]:
    """zeep, as it comes: the WSDL read once, the address set."""
    import zeep

    made: Any = zeep.Client
    client = made(place.wsdl)
    service = client.create_service(f"{{{NAMESPACE}}}sendsmsBinding", place.soap)

    def send() -> None:
        check(json.loads(service.sendSms(*next_message(), KEY)))

    yield in_turn(send)


def suds_client(place: Place) -> Iterator[Send]:
    """suds, as it comes; it opens a connection for each call."""
    from pathlib import Path

    from suds.client import Client

    client = Client(Path(place.wsdl).as_uri(), location=place.soap)

    def send() -> None:
        check(json.loads(client.service.sendSms(*next_message(), KEY)))

    yield in_turn(send)


def smsbridge(place: Place, **more: Any) -> Iterator[Send]:
    """Ours over SOAP, by default."""
    with ours(place, protocol="soap", **more) as sms:
        yield in_turn(lambda: check_id(sms.send(*next_message())))


def smsbridge_curl(place: Place) -> Iterator[Send]:
    """Ours over SOAP with the extra ``fast``."""
    return smsbridge(place, transport="curl")


KINDS = (
    Kind(name="raw socket, lxml", run=raw_socket),
    Kind(name="zeep", run=zeep_client, packages=("zeep",)),
    Kind(name="suds", run=suds_client, packages=("suds-community",)),
    Kind(name="smsbridge", run=smsbridge),
    Kind(name="smsbridge, fast", run=smsbridge_curl, packages=("pycurl",)),
)
