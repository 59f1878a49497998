"""Peers that send over REST, one message after the other, each kept alive if it can."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlencode

from benchmarks.peers.model import (
    KEY,
    Kind,
    Send,
    check,
    check_id,
    in_turn,
    next_fields,
    next_message,
    ours,
)
from benchmarks.target import ID, TOKEN, Place

_NEW_TLS = 10
"""A context of TLS and a bundle of issuers for each send take so long that a tenth is enough."""


def raw_socket(place: Place) -> Iterator[Send]:
    """A socket, a form, an answer read by its length: the least that can be done."""
    with ExitStack() as opened:
        sock: socket.socket = opened.enter_context(
            socket.create_connection(("127.0.0.1", place.port))
        )
        if place.ca:
            context = ssl.create_default_context(cafile=place.ca)
            sock = opened.enter_context(context.wrap_socket(sock, server_hostname="127.0.0.1"))
        head = (
            f"POST /sendsms/ HTTP/1.1\r\nHost: 127.0.0.1:{place.port}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
        ).encode()

        def send() -> None:
            body = urlencode(next_fields()).encode()
            sock.sendall(b"%s%d\r\n\r\n%s" % (head, len(body), body))
            got = b""
            while True:
                got += sock.recv(65536)
                top, found, rest = got.partition(b"\r\n\r\n")
                if not found:
                    continue
                length = int(top.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                if len(rest) >= length:
                    check(json.loads(rest))
                    return

        yield in_turn(send)


def pycurl_easy(place: Place) -> Iterator[Send]:
    """One handle of libcurl."""
    import pycurl

    handle = pycurl.Curl()
    handle.setopt(pycurl.URL, place.rest)
    if place.ca:
        handle.setopt(pycurl.CAINFO, place.ca)

    def send() -> None:
        got: list[bytes] = []
        handle.setopt(pycurl.POSTFIELDS, urlencode(next_fields()))
        handle.setopt(pycurl.WRITEFUNCTION, got.append)
        handle.perform()
        check(json.loads(b"".join(got)))

    yield in_turn(send)
    handle.close()


def requests_session(place: Place) -> Iterator[Send]:
    """A session of requests, as it comes."""
    import requests

    with requests.Session() as session:

        def send() -> None:
            check(session.post(place.rest, data=next_fields(), timeout=30).json())

        yield in_turn(send)


def requests_with_token(place: Place) -> Iterator[Send]:
    """A session of requests with a token that the application keeps."""
    import requests

    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"

        def send() -> None:
            recipient, text = next_message()
            fields = {"recipients": recipient, "message": text}
            check(session.post(place.rest, data=fields, timeout=30).json())

        yield in_turn(send)


def requests_post(place: Place) -> Iterator[Send]:
    """What requests does without a session, as most code on the web has it."""
    import requests

    def send() -> None:
        check(requests.post(place.rest, data=next_fields(), timeout=30).json())

    yield in_turn(send)


def httpx_client(place: Place) -> Iterator[Send]:
    """A client of httpx."""
    import httpx

    with httpx.Client(timeout=30) as client:
        yield in_turn(lambda: check(client.post(place.rest, data=next_fields()).json()))


def smsmobileapi(place: Place) -> Iterator[Send]:
    """The provider's own package; its address is not an argument, so its attribute is set."""
    from smsmobileapi import SMSSender

    sender = SMSSender(api_key=KEY)
    sender.api_url_send = place.rest

    def send() -> None:
        recipient, text = next_message()
        check(sender.send_message(to=recipient, message=text))

    yield in_turn(send)


def twilio(place: Place) -> Iterator[Send]:
    """Another provider's SDK, with the answer of its own API."""
    from twilio.rest import Client

    client = Client("AC00000000000000000000000000000000", KEY)
    client.api.base_url = place.url

    def send() -> None:
        recipient, text = next_message()
        answer = client.messages.create(to=recipient, from_="+12025550199", body=text)
        if answer.sid != ID:
            raise AssertionError(f"an answer of another kind: {answer!r}")

    yield in_turn(send)


def apprise(place: Place) -> Iterator[Send]:
    """Apprise, notifying an address with a form."""
    from apprise import Apprise

    notifier = Apprise()
    scheme = "forms" if place.ca else "form"
    notifier.add(f"{scheme}://127.0.0.1:{place.port}/sendsms/")

    def send() -> None:
        recipient, text = next_message()
        if not notifier.notify(title=recipient, body=text):
            raise AssertionError("it was not taken")

    yield in_turn(send)


def smsbridge(place: Place, **more: Any) -> Iterator[Send]:
    """Ours, by default."""
    with ours(place, **more) as sms:
        yield in_turn(lambda: check_id(sms.send(*next_message())))


def smsbridge_curl(place: Place) -> Iterator[Send]:
    """Ours with the extra ``fast``."""
    return smsbridge(place, transport="curl")


def smsbridge_oauth(place: Place) -> Iterator[Send]:
    """Ours with a token, which it fetches once."""
    return smsbridge(place, protocol="oauth", client_id="benchmark", client_secret=KEY)


def smsbridge_oauth_curl(place: Place) -> Iterator[Send]:
    """Ours with a token and the extra ``fast``."""
    more = {"client_id": "benchmark", "client_secret": KEY, "transport": "curl"}
    return smsbridge(place, protocol="oauth", **more)


PLAIN = (
    Kind(name="raw socket", run=raw_socket),
    Kind(name="pycurl", run=pycurl_easy, packages=("pycurl",)),
    Kind(name="httpx", run=httpx_client, packages=("httpx",)),
    Kind(name="requests.Session", run=requests_session, packages=("requests",)),
    Kind(name="requests.post", run=requests_post, packages=("requests",), share=_NEW_TLS),
    Kind(name="smsmobileapi", run=smsmobileapi, packages=("smsmobileapi",), share=_NEW_TLS),
    Kind(name="twilio", run=twilio, packages=("twilio",)),
    Kind(name="Apprise", run=apprise, packages=("apprise",), share=_NEW_TLS),
    Kind(name="smsbridge", run=smsbridge),
    Kind(name="smsbridge, fast", run=smsbridge_curl, packages=("pycurl",)),
)
WITH_TOKEN = (
    Kind(name="requests.Session", run=requests_with_token, packages=("requests",)),
    Kind(name="smsbridge", run=smsbridge_oauth),
    Kind(name="smsbridge, fast", run=smsbridge_oauth_curl, packages=("pycurl",)),
)
