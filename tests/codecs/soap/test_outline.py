"""A WSDL in words, as it is locked."""

from __future__ import annotations

from smsbridge.codecs.soap.load import load_ports
from smsbridge.codecs.soap.model import XSDType
from smsbridge.codecs.soap.outline import Outline, in_words, outline
from smsbridge.codecs.soap.wsdl_files import Source, read_source

from support.corpus import CONTRACTS
from support.vendor import WSDL


def outlined(wsdl: str) -> Outline:
    return outline(load_ports(Source(document=wsdl.encode())))


def test_an_outline_has_each_port_operation_and_part_in_words() -> None:
    assert outlined(WSDL)["MessagingPort"] == {
        "service": "MessagingService",
        "address": "https://sms.oldcorp.example/services/oldcorp",
        "soap": "1.1",
        "operations": {
            "SubmitShortMessage": {
                "action": "urn:oldcorp:SubmitShortMessage",
                "style": "document/literal",
                "input": {
                    "request": "ShortMessage, required",
                    "request.destination": "string, required",
                    "request.body": "string, required",
                    "request.ref": "string (maxLength 40), optional",
                    "request.priority": "low | normal | high, optional",
                    "request.notBefore": "dateTime, optional",
                },
                "output": {
                    "result": "SubmitResult, required",
                    "result.code": "int, required",
                    "result.messageId": "string, optional",
                },
                "faults": {
                    "MessagingFault": "structure",
                    "MessagingFault.reason": "string, required",
                },
            },
            "QueryMessage": {
                "action": "urn:oldcorp:QueryMessage",
                "style": "document/literal",
                "input": {"messageId": "string, required"},
                "output": {
                    "row": "Row, optional",
                    "row.messageId": "string, required",
                    "row.number": "string, required",
                    "row.body": "string, required",
                    "row.time": "dateTime, required",
                    "row.state": "string, optional",
                },
                "faults": {},
            },
            "FetchInbox": {
                "action": "urn:oldcorp:FetchInbox",
                "style": "document/literal",
                "input": {"since": "dateTime, optional"},
                "output": {
                    "row": "Row, optional, repeated",
                    "row.messageId": "string, required",
                    "row.number": "string, required",
                    "row.body": "string, required",
                    "row.time": "dateTime, required",
                    "row.state": "string, optional",
                },
                "faults": {},
            },
        },
    }


def test_an_operation_says_its_style_and_that_it_is_encoded() -> None:
    made = outline(load_ports(read_source(CONTRACTS / "axis.wsdl")))
    operation = made["SmsQueue"]["operations"]["enqueue"]
    assert (operation["style"], operation["action"]) == ("rpc/encoded", "")


def test_an_operation_that_can_t_be_used_says_why() -> None:
    made = outline(load_ports(read_source(CONTRACTS / "mime.wsdl")))
    assert made["MimePort"]["operations"]["Send"] == {
        "unusable": "operation Send sends attachments (MIME), which are not supported"
    }


def test_a_long_list_of_words_is_cut_for_a_reader_and_whole_in_an_outline() -> None:
    kind = XSDType(base="string", words=tuple("abcdefghij"))
    assert in_words(kind, 3) == "a | b | c | …"
    assert in_words(kind, 10) == in_words(kind) == "a | b | c | d | e | f | g | h | i | j"
