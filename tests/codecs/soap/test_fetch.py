"""A WSDL at an address, with all that it imports. As part of a call: test_codecs_soap.py."""

from __future__ import annotations

import pytest

from smsbridge.codecs.soap import fetch as room
from smsbridge.codecs.soap.documents import MissingDocument
from smsbridge.codecs.soap.fetch import fetch_wsdl
from smsbridge.codecs.soap.load import load_ports
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.wsdl_files import Source
from smsbridge.codecs.soap.xml import WSDL
from smsbridge.http.exchange import Broken, Exchange, Left, Request, Response, drive

from support.each import each
from support.wsdls import RESULT, element, holding, schema, sequence, wsdl

ADDRESS = "https://sms.example/v1/send.wsdl"


def served(count: int) -> dict[str, bytes]:
    """Return a WSDL by its address, and schemas that each import the next."""

    def place(number: int) -> str:
        following = f'<xs:import namespace="urn:n{number}" schemaLocation="{number}.xsd"/>'
        return following if number < count else ""

    plain = 'xmlns:xs="http://www.w3.org/2001/XMLSchema" '
    send = holding("Send", sequence(element("to")))
    return {ADDRESS: wsdl(schema(place(0), send, RESULT))} | {
        f"https://sms.example/v1/{number}.xsd": schema(
            place(number + 1), namespace=f"urn:n{number}"
        )
        .replace("<xs:schema ", f"<xs:schema {plain}")
        .encode()
        for number in range(count)
    }


def got(documents: dict[str, bytes], asked: list[Request], allowed: str = "https://") -> Source:
    def carry(request: Request) -> Response:
        asked.append(request)
        body = documents.get(request.url)
        return Response(status=404 if body is None else 200, body=body or b"")

    exchange: Exchange[Source] = fetch_wsdl(ADDRESS, lambda url: url.startswith(allowed), "wsdl/7")
    return drive(exchange, carry)


@each("count", [0, 1, 3])
def test_a_wsdl_comes_with_all_that_it_imports(count: int) -> None:
    documents = served(count)
    asked: list[Request] = []
    source = got(documents, asked)
    assert [request.url for request in asked] == list(documents)
    assert (source.document, source.address) == (documents.pop(ADDRESS), ADDRESS)
    assert source.others == documents
    assert list(load_ports(source)) == ["Port"]


def test_each_document_is_a_get_of_its_own_share_and_of_the_size_of_a_wsdl() -> None:
    asked: list[Request] = []
    got(served(2), asked)
    assert {(request.method, request.body, request.most) for request in asked} == {
        ("GET", b"", WSDL.size)
    }
    assert [request.share for request in asked] == ["wsdl/7", "wsdl/7.0", "wsdl/7.1"]


def test_what_may_not_be_fetched_is_not() -> None:
    asked: list[Request] = []
    with pytest.raises(MissingDocument) as absent:
        got(served(2), asked, ADDRESS)
    assert absent.value.address == "https://sms.example/v1/0.xsd"
    assert len(asked) == 1


def test_only_so_many_are_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_MOST_DOCUMENTS", 3)
    assert len(got(served(3), []).others) == 3
    asked: list[Request] = []
    with pytest.raises(BadWSDL, match=r"^it imports more than 3 documents$"):
        got(served(4), asked)
    assert len(asked) == 4


@each("gone", [ADDRESS, "https://sms.example/v1/1.xsd"])
def test_a_document_that_is_not_there_leaves_nothing(gone: str) -> None:
    documents = served(2)
    del documents[gone]
    with pytest.raises(Broken, match="HTTP 404") as broken:
        got(documents, [])
    assert (broken.value.left, broken.value.retry) == (Left.NOTHING, True)


def test_a_document_that_makes_no_wsdl_is_refused() -> None:
    documents = served(1)
    documents["https://sms.example/v1/0.xsd"] = b"<!DOCTYPE a><a/>"
    with pytest.raises(BadWSDL, match=r"^https://sms\.example/v1/0\.xsd: .* DOCTYPE"):
        got(documents, [])
