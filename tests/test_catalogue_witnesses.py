"""Each file of the catalogue is agreed on by clients that nobody here wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from smsbridge import Client, Message
from smsbridge.backends.catalogue import CatalogueEntry, catalogue_names, entry_of
from smsbridge.backends.registry import find
from smsbridge.http.exchange import Request
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.server import MockServer

from support.leading_proxy import LeadingProxy
from support.request_meaning import differences, meaning
from support.witnesses import Witnesses

NUMBERS = ("+12025550123", "+447700900123")
SENDERS = ("+12025550100", "SHOP")
TEXTS = (
    "Hello",
    'Crème brûlée à 5 € 😀 <&> "50%+1" =?',
    "A long text of several parts. " * 14 + "End",
    "First line\nSecond line\n\nLast line",
)


class Case(NamedTuple):
    """A file of the catalogue, and one of its witnesses."""

    entry: CatalogueEntry
    witness: Mapping[str, Any]


def cases() -> Iterator[Any]:
    for name in sorted(catalogue_names()):
        entry = entry_of(find(name))
        assert entry
        for witness in entry.provenance.get("witnesses", ()):
            yield pytest.param(Case(entry, witness), id=f"{name}-{witness['client']}")


def messages(case: Case) -> Iterator[Message]:
    """Each text, to and from different numbers and names."""
    senders = case.witness.get("senders", SENDERS)
    for index, text in enumerate(case.witness.get("texts", TEXTS)):
        sender = senders[index % len(senders)] if senders else None
        yield Message(recipient=NUMBERS[index % 2], text=text, sender=sender)
    yield Message(recipient=NUMBERS[1], text=TEXTS[0], sender=senders[0] if senders else None)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LeadingProxy]:
    with LeadingProxy(tmp_path_factory.mktemp("proxy")) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def witnesses(proxy: LeadingProxy) -> Iterator[Witnesses]:
    found = Witnesses(proxy)
    yield found
    found.end()


@pytest.fixture
def mock(case: Case, proxy: LeadingProxy) -> Iterator[Provider]:
    """Play the provider of the case, at the end of the proxy."""
    entry = case.entry
    samples = entry.provenance.get("samples", {})
    given = {key: samples.get(key, f"test-{key}") for key in entry.credentials}
    kind = find(entry.name)
    backend = kind(**given) if kind.url else kind(url=f"https://api.{entry.name}.example", **given)
    provider = Provider(backend)
    server = MockServer(provider, "127.0.0.1", 0)
    server.start()
    proxy.target = provider.address
    proxy.clock = case.witness.get("clock", "")
    yield provider
    server.stop()


@pytest.mark.full
@pytest.mark.parametrize("case", list(cases()))
def test_a_witness_is_accepted_and_says_what_smsbridge_says(
    case: Case, mock: Provider, witnesses: Witnesses
) -> None:
    allowed = {**case.witness.get("differs", {})}
    seen: dict[str, Any] = {}
    for message in messages(case):
        job = {
            "to": message.recipient,
            "text": message.text,
            "sender": message.sender or "",
            "reference": message.reference,
            "credentials": mock.backend.credentials(),
            "host": urlsplit(mock.backend.url).hostname,
            "settings": dict(case.witness),
        }
        mock.reset()
        said = witnesses.send(case.witness["client"], job)
        assert said["accepted"], (said["said"], [one.refused for one in mock.request_log.requests])
        assert [(one.recipient, one.text) for one in mock.messages] == [
            (message.recipient, message.text)
        ]
        assert mock.messages[0].sender in ("", message.sender or "")
        theirs = meaning(mock.requests[-1])
        with Client(replace(mock.backend, url=mock.address)) as sms:
            sms.send(message)
        seen |= differences(meaning(mock.requests[-1]), theirs)
    told = {place: [one for one in allowed if is_meant(one, place)] for place in seen}
    assert {place: said for place, said in seen.items() if not told[place]} == {}
    assert allowed.keys() - {one for found in told.values() for one in found} == set(), (
        "these agree"
    )


def is_meant(name: str, place: str) -> bool:
    """Return whether a name in ``differs`` means a place; with a * at its end it means several."""
    return place == name or (name.endswith("*") and place.startswith(name[:-1]))


def test_a_name_in_differs_is_a_place_or_with_a_star_all_that_begin_so() -> None:
    places = ("header:x-one", "header:x-two", "text")
    assert [is_meant("header:x-*", place) for place in places] == [True, True, False]
    assert [is_meant("text", place) for place in places] == [False, False, True]
    assert not is_meant("messages[0].*", "messages[1].text")


THERE = "https://sms.example/a%20b"
JSON_BODY = b'{"to": ["+1"], "text": "a b"}'
FORM = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "one"}
JSON = {"content-type": "application/json", "X-Key": "K", "User-Agent": "two"}


def test_two_requests_differ_only_in_what_they_say() -> None:
    ours = Request(method="POST", url=f"{THERE}?x=1", headers=FORM, body=b"to=%2B1&text=a+b")
    theirs = Request(method="POST", url=f"{THERE}?x=1", headers=FORM, body=b"text=a%20b&to=%2B1")
    assert differences(meaning(ours), meaning(theirs)) == {}
    other = Request(method="PUT", url=f"{THERE}?x=2", headers=JSON, body=JSON_BODY)
    assert differences(meaning(ours), meaning(other)) == {
        "#body": ("form", "json"),
        "header:x-key": (None, "K"),
        "method": ("POST", "PUT"),
        "query:x": ("1", "2"),
        "to": ("+1", None),
        "to[0]": (None, "+1"),
    }


def call(operation: str, parts: str, *, prefix: str = "") -> Request:
    """Return a call over SOAP; with a prefix its names are written with that."""
    of = f"{prefix}:" if prefix else ""
    space = f'xmlns{of and f":{prefix}"}="urn:sms"'
    body = f"<e:Body><{of}{operation} {space}>{parts}</{of}{operation}></e:Body>"
    text = f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/">{body}</e:Envelope>'
    kind = {"Content-Type": "text/xml; charset=utf-8"}
    return Request(method="POST", url=THERE, headers=kind, body=text.encode())


def test_two_calls_over_soap_differ_only_in_operation_parts_and_namespaces() -> None:
    ours = call("Send", "<to><string>1</string><string>2</string></to><text> a &amp; b</text><x/>")
    parts = "<s:to><s:string>1</s:string><s:string>2</s:string></s:to><s:text> a &#38; b</s:text>"
    theirs = call("Send", f"{parts}<s:x></s:x>", prefix="s")
    assert differences(meaning(ours), meaning(theirs)) == {}
    other = call("Post", '<to xmlns=""><string>1</string></to><text id="7">a</text>')
    assert differences(meaning(ours), meaning(other)) == {
        "#operation": ("{urn:sms}Send", "{urn:sms}Post"),
        "text": (" a & b", "a"),
        "text.@id": (None, "7"),
        "to.string": ("1", None),
        "to.string[1]": ("2", None),
        "to{}.string": (None, "1"),
        "x": ("", None),
    }
