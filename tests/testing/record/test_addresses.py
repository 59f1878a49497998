"""The provider's addresses move to the proxy, and those of others stay."""

from __future__ import annotations

from smsbridge.testing.record.addresses import Move, is_contract

from support.each import each

MOVE = Move("https://sms.example", "http://127.0.0.1:8766")


@each(
    ("address", "moved"),
    [
        ("https://sms.example/a?wsdl", "http://127.0.0.1:8766/a?wsdl"),
        ("http://sms.example:80/a", "http://127.0.0.1:8766/a"),
        ("https://SMS.example:443/a", "http://127.0.0.1:8766/a"),
        ("https://sms.example:8443/a", "https://sms.example:8443/a"),
        ("https://other.example/a", "https://other.example/a"),
        ("/a", "/a"),
        ("urn:a", "urn:a"),
        ("http://[bad", "http://[bad"),
        ("http://sms.example:port/", "http://sms.example:port/"),
    ],
)
def test_an_address_of_the_provider_is_moved(address: str, moved: str) -> None:
    assert MOVE.place(address) == moved


def test_in_a_recording_it_has_no_host() -> None:
    assert MOVE.relative("https://sms.example/a?b=1") == "/a?b=1"
    assert MOVE.relative("https://sms.example") == "/"
    assert MOVE.relative("https://other.example/a") == "https://other.example/a"


def test_ports_and_imports_of_a_contract_are_moved_and_what_goes_past_is_named() -> None:
    contract = (
        '<definitions xmlns:s="http://sms.example/ns"><import location="https://sms.example/b?x=1"/>'
        '<x:import schemaLocation="types.xsd"/><s:address location="http://sms.example/soap?a=1&amp;b=2"/>'
        "<s:address location='http://elsewhere.example/soap'/></definitions>"
    )
    moved, past = MOVE.contract(contract.encode())
    assert moved.decode() == (
        '<definitions xmlns:s="http://sms.example/ns"><import location="http://127.0.0.1:8766/b?x=1"/>'
        '<x:import schemaLocation="types.xsd"/>'
        '<s:address location="http://127.0.0.1:8766/soap?a=1&amp;b=2"/>'
        "<s:address location='http://elsewhere.example/soap'/></definitions>"
    )
    assert past == ["elsewhere.example"]


def test_a_contract_is_known_by_how_it_begins() -> None:
    assert is_contract(b"<?xml version='1.0'?>\n<wsdl:definitions name='a'/>")
    assert is_contract(b"<xs:schema/>")
    assert not is_contract(b"<html>definitions</html>")
    assert not is_contract(b"{}")
