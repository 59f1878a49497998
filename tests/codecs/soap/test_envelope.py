"""The SOAP envelope: one Body, and faults both ways."""

from typing import Any

import pytest

from smsbridge.codecs.soap.envelope import (
    ADDRESSING,
    SOAP11,
    SOAP12,
    MustUnderstand,
    read_envelope,
    sendable,
    unsendable,
)
from smsbridge.codecs.soap.xml import ANSWER, REQUEST
from smsbridge.mapping.codec import Unreadable

from support.each import each
from support.envelopes import document, opened

BOTH = pytest.mark.parametrize("version", [SOAP11, SOAP12])


def fault(inside: str, version: str = SOAP11) -> dict[str, Any]:
    found = opened(f"<e:Fault>{inside}</e:Fault>", version).fault
    assert found is not None
    return found


# The envelope itself


@BOTH
def test_an_envelope_knows_its_version_and_its_bodys_first_child(version: str) -> None:
    envelope = opened("<first/><second/>", version)
    assert (envelope.version, envelope.child.tag) == (version, "first")
    assert envelope.fault is None


@BOTH
@pytest.mark.parametrize(
    "inside",
    [
        pytest.param("", id="no-body"),
        pytest.param("<e:Header/>", id="only-a-header"),
        pytest.param("<e:Body/>", id="empty-body"),
        pytest.param("<e:Body> text </e:Body>", id="body-of-text"),
        pytest.param("<e:Body><!-- --></e:Body>", id="body-of-a-comment"),
        pytest.param("<e:Body><a/></e:Body><e:Body><b/></e:Body>", id="two-bodies"),
        pytest.param("<e:Body><a/></e:Body><e:Body/>", id="two-bodies-one-empty"),
        pytest.param("<Body><a/></Body>", id="body-without-namespace"),
        pytest.param("<e:body><a/></e:body>", id="body-in-lower-case"),
        pytest.param("<e:Header><e:Body><a/></e:Body></e:Header>", id="body-in-the-header"),
    ],
)
def test_an_envelope_has_exactly_one_body_with_something_in_it(version: str, inside: str) -> None:
    with pytest.raises(Unreadable, match="not have exactly one Body"):
        read_envelope(document(inside, version), REQUEST, "text/xml")


def test_a_body_of_the_other_version_is_no_body() -> None:
    body = document(f'<b:Body xmlns:b="{SOAP12}"><a/></b:Body>')
    with pytest.raises(Unreadable, match="not have exactly one Body"):
        read_envelope(body, REQUEST, "text/xml")


@each(
    "body",
    [
        b'<Envelope xmlns="urn:canary"><Body><a/></Body></Envelope>',
        b"<Envelope><Body><a/></Body></Envelope>",
        f'<Envelope xmlns="{SOAP11.rstrip("/")}"><Body><a/></Body></Envelope>'.encode(),
        f'<canary xmlns="{SOAP11}"><Body><a/></Body></canary>'.encode(),
        b"<html><body>canary</body></html>",
        b"<envelope/>",
    ],
)
def test_xml_that_is_no_soap_envelope_is_unreadable_and_not_echoed(body: bytes) -> None:
    with pytest.raises(Unreadable, match="not a SOAP envelope") as refused:
        read_envelope(body, ANSWER, "text/xml")
    assert "canary" not in str(refused.value)


@each(
    "body",
    [
        b"",
        b"canary",
        b"<html><br>canary</html>",
        b'<!DOCTYPE html><html lang="canary"></html>',
        document("<e:Body><canary>")[:-20],
        document("<e:Body><canary/></e:Body>") + b"canary",
    ],
)
def test_what_is_no_xml_is_unreadable_and_not_echoed(body: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        read_envelope(body, ANSWER, "text/xml")
    assert "canary" not in str(refused.value)


def test_names_are_compared_with_their_namespace_and_not_by_prefix() -> None:
    body = (
        f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="{SOAP11}" xmlns:ns0="{SOAP11}">'
        "<SOAP-ENV:Header/><ns0:Body><a/></ns0:Body></SOAP-ENV:Envelope>"
    )
    assert read_envelope(body.encode(), REQUEST, "text/xml").child.tag == "a"


@BOTH
@each("said", ["1", "true"])
def test_a_header_block_that_must_be_understood_is_refused(version: str, said: str) -> None:
    header = f'<e:Header><a/><h:canary xmlns:h="urn:h" e:mustUnderstand="{said}"/></e:Header>'
    with pytest.raises(MustUnderstand) as refused:
        read_envelope(document(f"{header}<e:Body><a/></e:Body>", version), REQUEST, "text/xml")
    assert isinstance(refused.value, Unreadable)
    assert "canary" not in str(refused.value)


@BOTH
@each("attribute", ['e:mustUnderstand="0"', 'e:mustUnderstand="false"', ""])
def test_any_other_header_block_is_left_alone(version: str, attribute: str) -> None:
    body = document(f"<e:Header><h {attribute}/></e:Header><e:Body><a/></e:Body>", version)
    assert read_envelope(body, REQUEST, "text/xml").child.tag == "a"


NEXT11, OTHER11 = "http://schemas.xmlsoap.org/soap/actor/next", "urn:elsewhere"


@each(
    ("version", "target", "ours"),
    [
        (SOAP11, 'e:actor=""', True),
        (SOAP11, f'e:actor="{NEXT11}"', True),
        (SOAP11, f'e:actor="{OTHER11}"', False),
        (SOAP11, f'e:role="{OTHER11}"', True),  # a word of SOAP 1.2
        (SOAP12, f'e:role="{SOAP12}/role/next"', True),
        (SOAP12, f'e:role="{SOAP12}/role/ultimateReceiver"', True),
        (SOAP12, f'e:role="{SOAP12}/role/none"', False),
        (SOAP12, f'e:role="{OTHER11}"', False),
        (SOAP12, f'e:actor="{OTHER11}"', True),
    ],
)
def test_a_header_block_for_another_node_is_not_ours_to_understand_or_to_read(
    version: str, target: str, *, ours: bool
) -> None:
    for must in ("1", "0"):
        header = f'<e:Header><h {target} e:mustUnderstand="{must}">x</h></e:Header>'
        body = document(f"{header}<e:Body><a/></e:Body>", version)
        if ours and must == "1":
            with pytest.raises(MustUnderstand):
                read_envelope(body, REQUEST, "text/xml")
        else:
            found = read_envelope(body, REQUEST, "text/xml").headers
            assert found == ({"h": "x"} if ours else {})


@BOTH
@each("space", sorted({space for space, _ in ADDRESSING}))
def test_what_ws_addressing_says_of_an_answer_is_understood(version: str, space: str) -> None:
    names = ("Action", "FaultTo", "From", "MessageID", "RelatesTo", "ReplyTo", "To")
    blocks = "".join(f'<w:{name} e:mustUnderstand="1">x</w:{name}>' for name in names)
    header = f'<e:Header xmlns:w="{space}">{blocks}</e:Header>'
    body = document(f"{header}<e:Body><a/></e:Body>", version)
    read = read_envelope(body, ANSWER, "text/xml", understood=ADDRESSING)
    assert read.headers == dict.fromkeys(names, "x")
    with pytest.raises(MustUnderstand):  # of a request it says where the answer must go
        read_envelope(body, REQUEST, "text/xml")
    for other in (body.replace(b"w:To", b"w:Unheard"), body.replace(space.encode(), b"urn:x")):
        with pytest.raises(MustUnderstand):
            read_envelope(other, ANSWER, "text/xml", understood=ADDRESSING)


# Faults that are read


@each(
    "inside",
    [
        "<faultcode>e:Client</faultcode><faultstring>No</faultstring>",
        "<faultstring>No</faultstring><faultcode>e:Client</faultcode>",
        "<detail/><faultstring>No</faultstring><faultactor/><faultcode>e:Client</faultcode>",
        "<faultcode>Client</faultcode><faultactor>x</faultactor><faultstring>No</faultstring>",
        "<e:faultcode>e:Client</e:faultcode><e:faultstring>No</e:faultstring>",
        '<faultcode xmlns:q="urn:q">q:Client</faultcode><faultstring> No </faultstring>',
        '<faultcode xsi:type="xsd:QName">e:Client</faultcode><faultstring>No</faultstring>',
    ],
)
def test_a_fault_is_read_in_any_order_and_with_any_prefix(inside: str) -> None:
    read = fault(inside)
    assert (read["code"], read["string"]) == ("Client", "No")


def test_the_detail_of_a_fault_is_a_mapping() -> None:
    read = fault(
        "<faultcode>e:Server</faultcode><faultstring>No</faultstring>"
        '<detail><q:error xmlns:q="urn:q"><code>401</code></q:error></detail>'
    )
    assert read["detail"] == {"error": {"code": "401"}}
    assert fault("<faultcode>e:Server</faultcode><faultstring>No</faultstring>")["detail"] is None


@BOTH
def test_an_empty_fault_is_still_a_fault(version: str) -> None:
    assert fault("", version) == {"code": "", "string": "", "detail": None}


def test_a_fault_of_soap_1_2_is_read() -> None:
    read = fault(
        "<e:Code><e:Value>e:Sender</e:Value><e:Subcode><e:Value>q:x</e:Value></e:Subcode></e:Code>"
        '<e:Reason><e:Text xml:lang="en">No</e:Text><e:Text xml:lang="de">Nein</e:Text></e:Reason>'
        "<e:Detail><code>401</code></e:Detail>",
        SOAP12,
    )
    assert read == {"code": "Sender", "string": "No", "detail": {"code": "401"}}


def test_an_element_named_fault_in_another_namespace_is_no_fault() -> None:
    assert opened("<Fault><faultcode>e:Client</faultcode></Fault>").fault is None
    assert opened(f'<f:Fault xmlns:f="{SOAP12}"/>').fault is None


def test_what_xml_can_not_carry_is_left_out_of_whatever_holds_it() -> None:
    held = {"a": ["x\0", {"b": "\x1fy"}, None, 7], "c": "z"}
    assert sendable(held) == {"a": ["x", {"b": "y"}, None, 7], "c": "z"}


@each("character", ["\t", "\n", "\r", " ", "é", "\x7f", "\x85", "😀", "\U0010fffd"])
def test_what_xml_can_carry_is_sendable(character: str) -> None:
    assert unsendable(f"a{character}b") is None


@each("character", ["\0", "\x1f", "\x0b", "\ud800", chr(0xDFFF), "\ufffe", "\uffff"])
def test_what_xml_cant_carry_is_found_with_its_place(character: str) -> None:
    found = unsendable(f"ab{character}c")
    assert found is not None
    assert (found.start(), found[0]) == (2, character)


@each(
    "inner",
    [
        '<s:Fault><faultcode>s:Client</faultcode></s:Fault><a id="z"/>',
        '<a/><s:Fault id="q"><faultcode>s:Client</faultcode></s:Fault>',
        '<a/><a id="b"/>',
        '<a href="#q"/><s:Fault id="q"/>',
    ],
)
def test_what_stands_beside_the_answer_and_is_not_referred_to_is_another_answer(
    inner: str,
) -> None:
    body = f"<s:Envelope xmlns:s='{SOAP11}'><s:Body>{inner}</s:Body></s:Envelope>"
    assert not read_envelope(body.encode(), ANSWER, "text/xml").alone


def test_the_code_of_a_soap_1_2_fault_is_its_value_and_no_subcode() -> None:
    inner = (
        "<s:Code><s:Subcode><s:Value>s:Sender</s:Value></s:Subcode><s:Value>s:Receiver</s:Value>"
        "</s:Code><s:Reason><s:Text>x</s:Text></s:Reason>"
    )
    body = (
        f"<s:Envelope xmlns:s='{SOAP12}'><s:Body><s:Fault>{inner}</s:Fault></s:Body></s:Envelope>"
    )
    fault = read_envelope(body.encode(), ANSWER, "text/xml").fault
    assert fault is not None
    assert fault["code"] == "Receiver"
