"""What changed from one WSDL to another is told in sentences."""

from __future__ import annotations

import json
from pathlib import Path

from smsbridge.codecs.soap.diff import differences
from smsbridge.codecs.soap.load import load_ports
from smsbridge.codecs.soap.outline import Outline, outline
from smsbridge.codecs.soap.wsdl_files import Source, read_source

from support.corpus import CONTRACTS, REFUSED
from support.each import each
from support.vendor import WSDL, changed

REF = '<xsd:element name="ref" type="tns:Reference" minOccurs="0"/>'
FIRST = '<xsd:element name="destination" type="xsd:string"/>'
BODY = '\n          <xsd:element name="body" type="xsd:string"/>'
SUBMIT = "SubmitShortMessage, input: request"
LOADED = [file for file in sorted(CONTRACTS.glob("*.wsdl")) if file.name not in REFUSED]


def outlined(wsdl: str) -> Outline:
    return outline(load_ports(Source(document=wsdl.encode())))


def found(wsdl: str) -> list[str]:
    return differences(outlined(WSDL), outlined(wsdl))


@each("file", LOADED)
def test_every_wsdl_of_the_corpus_survives_json_and_differs_from_itself_in_nothing(
    file: Path,
) -> None:
    made = outline(load_ports(read_source(file)))
    again = json.loads(json.dumps(made))
    assert again == made
    assert differences(again, made) == []


QUERY_PORT_TYPE = """<wsdl:operation name="QueryMessage">
      <wsdl:input message="tns:QueryIn"/>
      <wsdl:output message="tns:QueryOut"/>
    </wsdl:operation>"""
QUERY_BINDING = """<wsdl:operation name="QueryMessage">
      <soap:operation soapAction="urn:oldcorp:QueryMessage"/>
      <wsdl:input><soap:body use="literal"/></wsdl:input>
      <wsdl:output><soap:body use="literal"/></wsdl:output>
    </wsdl:operation>"""
NO_QUERY = [(QUERY_PORT_TYPE, ""), (QUERY_BINDING, "")]
RENAMED_QUERY = [
    (QUERY_PORT_TYPE, QUERY_PORT_TYPE.replace("QueryMessage", "AskMessage")),
    (QUERY_BINDING, QUERY_BINDING.replace('name="QueryMessage"', 'name="AskMessage"')),
]
ONE_WAY = [
    (QUERY_PORT_TYPE, QUERY_PORT_TYPE.replace('<wsdl:output message="tns:QueryOut"/>', "")),
    (
        QUERY_BINDING,
        QUERY_BINDING.replace('<wsdl:output><soap:body use="literal"/></wsdl:output>', ""),
    ),
]

CHANGES: dict[str, tuple[list[tuple[str, str]], list[str]]] = {
    "an operation removed": (NO_QUERY, ["operation QueryMessage was removed"]),
    "an operation renamed": (
        RENAMED_QUERY,
        ["operation QueryMessage was removed", "operation AskMessage was added"],
    ),
    "an answer lost": (ONE_WAY, ["operation QueryMessage is one-way now"]),
    "an action": (
        [('"urn:oldcorp:QueryMessage"', '"urn:oldcorp:Query"')],
        ["operation QueryMessage: action was urn:oldcorp:QueryMessage, is urn:oldcorp:Query"],
    ),
    "no action": (
        [('soapAction="urn:oldcorp:QueryMessage"', 'soapAction=""')],
        ["operation QueryMessage: action was urn:oldcorp:QueryMessage, is none"],
    ),
    "another address": (
        [("https://sms.oldcorp.example/", "https://sms2.oldcorp.example/")],
        [
            (
                "port MessagingPort: address was https://sms.oldcorp.example/services/oldcorp, "
                "is https://sms2.oldcorp.example/services/oldcorp"
            )
        ],
    ),
    "another version of soap": (
        [("schemas.xmlsoap.org/wsdl/soap/", "schemas.xmlsoap.org/wsdl/soap12/")],
        ["port MessagingPort: soap was 1.1, is 1.2"],
    ),
    "another port": (
        [('port name="MessagingPort"', 'port name="Messages"')],
        ["port MessagingPort was removed", "port Messages was added"],
    ),
    "a part renamed": (
        [('"destination"', '"recipient"')],
        [f"{SUBMIT}.destination was renamed to request.recipient"],
    ),
    "a part that holds others renamed": (
        [('name="request" type="tns:ShortMessage"', 'name="message" type="tns:ShortMessage"')],
        [f"{SUBMIT} was renamed to message"],
    ),
    "a part in a renamed one changed": (
        [
            ('name="request" type="tns:ShortMessage"', 'name="message" type="tns:ShortMessage"'),
            ('"40"', '"20"'),
        ],
        [
            f"{SUBMIT} was renamed to message",
            (
                "SubmitShortMessage, input: message.ref was string (maxLength 40), optional, "
                "is string (maxLength 20), optional: narrowed"
            ),
        ],
    ),
    "two parts removed": (
        [(FIRST, ""), (REF, "")],
        [f"{SUBMIT}.destination was removed", f"{SUBMIT}.ref was removed"],
    ),
    "one removed, another of its type added elsewhere": (
        [(FIRST, ""), (REF, '<xsd:element name="to" type="xsd:string"/>')],
        [
            f"{SUBMIT}.destination was removed",
            f"{SUBMIT}.ref was removed",
            f"{SUBMIT}.to was added (string, required)",
        ],
    ),
    "a part removed": ([(REF, "")], [f"{SUBMIT}.ref was removed"]),
    "a part added": (
        [(REF, REF + '<xsd:element name="flash" type="xsd:boolean" minOccurs="0"/>')],
        [f"{SUBMIT}.flash was added (boolean, optional)"],
    ),
    "a required part added": (
        [(REF, REF + '<xsd:element name="account" type="xsd:string"/>')],
        [f"{SUBMIT}.account was added (string, required)"],
    ),
    "a part that holds others added": (
        [(REF, REF + '<xsd:element name="receipt" type="tns:SubmitResult" minOccurs="0"/>')],
        [f"{SUBMIT}.receipt was added (SubmitResult, optional)"],
    ),
    "parts in another order": (
        [(FIRST + BODY, BODY.lstrip() + FIRST)],
        ["SubmitShortMessage, input: the parts are in another order"],
    ),
    "a part renamed a little and moved": (
        [(FIRST + BODY, BODY.lstrip() + FIRST.replace("destination", "destinations"))],
        [
            f"{SUBMIT}.destination was renamed to request.destinations",
            "SubmitShortMessage, input: the parts are in another order",
        ],
    ),
    "required": (
        [('"ref" type="tns:Reference" minOccurs="0"', '"ref" type="tns:Reference"')],
        [
            (
                f"{SUBMIT}.ref was string (maxLength 40), optional, "
                "is string (maxLength 40), required: narrowed"
            )
        ],
    ),
    "optional": (
        [('"destination" type="xsd:string"', '"destination" type="xsd:string" minOccurs="0"')],
        [f"{SUBMIT}.destination was string, required, is string, optional: widened"],
    ),
    "several": (
        [('"destination" type', '"destination" maxOccurs="9" type')],
        [f"{SUBMIT}.destination was string, required, is string, required, repeated: widened"],
    ),
    "a word less": (
        [('<xsd:enumeration value="high"/>', "")],
        [
            (
                f"{SUBMIT}.priority was low | normal | high, optional, "
                "is low | normal, optional: narrowed"
            )
        ],
    ),
    "a word more": (
        [('value="high"/>', 'value="high"/><xsd:enumeration value="urgent"/>')],
        [
            (
                f"{SUBMIT}.priority was low | normal | high, optional, "
                "is low | normal | high | urgent, optional: widened"
            )
        ],
    ),
    "another word": (
        [('value="high"', 'value="urgent"')],
        [
            (
                f"{SUBMIT}.priority was low | normal | high, optional, "
                "is low | normal | urgent, optional"
            )
        ],
    ),
    "a fault's part": (
        [('name="reason" type="xsd:string"', 'name="reason" type="xsd:int"')],
        [
            (
                "SubmitShortMessage, faults: MessagingFault.reason was string, required, "
                "is int, required: narrowed"
            )
        ],
    ),
    "an answer's part": (
        [('"code" type="xsd:int"', '"code" type="xsd:string"')],
        ["SubmitShortMessage, output: result.code was int, required, is string, required: widened"],
    ),
}


@each(("pairs", "said"), CHANGES.values())
def test_each_kind_of_change_has_its_sentence(
    pairs: list[tuple[str, str]], said: list[str]
) -> None:
    assert found(changed(*pairs)) == said


@each(
    ("pairs", "said"),
    [
        (NO_QUERY, "operation QueryMessage was added"),
        (ONE_WAY, "operation QueryMessage has an answer now"),
        (
            [('"40"', '"20"')],
            (
                f"{SUBMIT}.ref was string (maxLength 20), optional, "
                "is string (maxLength 40), optional: widened"
            ),
        ),
        ([(REF, "")], f"{SUBMIT}.ref was added (string (maxLength 40), optional)"),
    ],
)
def test_a_change_the_other_way_round_has_the_opposite_sentence(
    pairs: list[tuple[str, str]], said: str
) -> None:
    assert differences(outlined(changed(*pairs)), outlined(WSDL)) == [said]


def test_ports_that_share_an_operation_say_its_change_once() -> None:
    text = (CONTRACTS / "soap11-and-soap12.wsdl").read_text(encoding="utf-8")
    before, after = outlined(text), outlined(text.replace('name="text"', 'name="body"'))
    assert len(before) == 2
    assert differences(before, after) == ["Send, input: text was renamed to body"]


TURNS = [
    ("int", "long", "widened"),
    ("long", "int", "narrowed"),
    ("int", "integer", "widened"),
    ("unsignedByte", "unsignedInt", "widened"),
    ("nonNegativeInteger", "decimal", "widened"),
    ("int", "unsignedInt", ""),
    ("int", "dateTime", ""),
    ("string", "int", "narrowed"),
    ("int", "string", "widened"),
    ("string", "a | b", "narrowed"),
    ("a | b", "string", "widened"),
    ("string", "Address", ""),
    ("string", "string (maxLength 9)", "narrowed"),
    ("string (maxLength 9)", "string", "widened"),
    ("string (maxLength 9)", "string (maxLength 10)", "widened"),
    ("string (minLength 9)", "string (minLength 10)", "narrowed"),
    ("int (minInclusive 0, maxInclusive 9)", "int (minInclusive 0, maxInclusive 5)", "narrowed"),
    ("int (minInclusive 0, maxInclusive 9)", "int (minInclusive 5, maxInclusive 9)", "narrowed"),
    ("int (minInclusive 0, maxInclusive 9)", "int (minInclusive 5, maxInclusive 19)", ""),
    ("decimal (fractionDigits 2)", "decimal (fractionDigits 4)", "widened"),
    ("string (pattern [0-9]+)", "string (pattern [a-z]+)", ""),
    ("string (pattern [0-9]{1, 3})", "string (pattern [0-9]{1, 3}, maxLength 2)", "narrowed"),
    ("string (length 3)", "string (length 4)", ""),
    ("string (maxLength 9)", "int", ""),
    ("a | b", "b | a", ""),
    ("int (maxInclusive 9)", "int (maxInclusive 9.0)", ""),
    ("double (maxInclusive 9)", "double (maxInclusive NaN)", ""),
]


NEEDS = ("optional", "required")


def of(said: str) -> Outline:
    """Return the outline of an operation with one part."""
    declared = {"action": "", "style": "", "output": {}, "faults": {}}
    operation = {**declared, "input": {"part": said}}
    return {"port": {"address": "", "soap": "", "operations": {"Send": operation}}}


@each(("old", "new", "verdict"), TURNS)
@each("need", NEEDS)
def test_a_type_that_takes_less_is_narrowed_and_one_that_takes_more_widened(
    old: str, new: str, verdict: str, need: str
) -> None:
    (said,) = differences(of(f"{old}, {need}"), of(f"{new}, {need}"))
    judged = f": {verdict}" if verdict else ""
    assert said == f"Send, input: part was {old}, {need}, is {new}, {need}{judged}"


def test_what_is_narrowed_and_widened_at_once_is_neither() -> None:
    pair = ('"ref" type="tns:Reference" minOccurs="0"', '"ref" type="tns:Reference"')
    (said,) = found(changed(pair, ('"40"', '"60"')))
    assert said.endswith("is string (maxLength 60), required")


def test_limits_that_move_both_ways_leave_no_verdict_also_where_the_part_is_required_now() -> None:
    limits = ("minInclusive 0, maxInclusive 9", "minInclusive 5, maxInclusive 19")
    old, new = (f"int ({one}), {need}" for one, need in zip(limits, NEEDS, strict=True))
    (said,) = differences(of(old), of(new))
    assert said == f"Send, input: part was {old}, is {new}"


def test_an_operation_that_could_be_used_and_can_t_any_more_says_why() -> None:
    before = outline(load_ports(read_source(CONTRACTS / "one-way.wsdl")))
    after = json.loads(json.dumps(before))
    after["OneWayPort"]["operations"]["Send"] = {"unusable": "it sends attachments"}
    assert differences(before, after) == [
        "operation Send can't be used any more: it sends attachments"
    ]
    assert differences(after, before) == ["operation Send can be used now"]
