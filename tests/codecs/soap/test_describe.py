"""What a person reads of a WSDL, and the block of config to start from."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from smsbridge import Client, ConfigError, Status
from smsbridge.backends.base import Backend
from smsbridge.codecs.soap.contract import Contract
from smsbridge.codecs.soap.describe import show, toml_block
from smsbridge.codecs.soap.documents import Source, read_source
from smsbridge.codecs.soap.model import BadContract
from smsbridge.codecs.soap.wsdl import load_contract, load_ports
from smsbridge.config.load import from_mapping
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess
from smsbridge.testing.mock.wsdl_backend import wsdl_backend

from support.corpus import CONTRACTS, REFUSED
from support.sending import NUMBER, TEXT
from support.vendor import WSDL, changed

LOADED = [file for file in sorted(CONTRACTS.glob("*.wsdl")) if file.name != "mtom.wsdl"]
NO_BLOCK = {
    ("mime.wsdl", "Send"): "sends attachments",
    ("one-way.wsdl", "Notify"): "one-way",
}
NO_SEND = {
    ("document-bare.wsdl", "Withdraw"): "a message's id is all that it takes",
    ("nusoap.wsdl", "balance"): "it takes no message",
    ("services.wsdl", "GetStatus"): "it takes no message",
    ("services.wsdl", "GetBalance"): "it takes no message",
    ("extension.wsdl", "SendAny"): "the text stands in subtypes only",
    ("values.wsdl", "Schedule"): "no part of text, but a payload in base64",
    ("names.wsdl", "Send-SMS.v2"): "its names are in German and Russian",
}
"""The block says that a part must be chosen for the number, or for the text."""


def shown(file: str) -> list[str]:
    return list(show(load_ports(read_source(CONTRACTS / file))))


def lines_of(wsdl: str) -> list[str]:
    return list(show(load_ports(Source(document=wsdl.encode()))))


# --- for a person


def test_a_service_is_shown_with_ports_operations_parts_types_and_samples() -> None:
    assert "\n".join(lines_of(WSDL)).partition("\n\n  FetchInbox")[0] == (
        """\
MessagingService, port MessagingPort: SOAP 1.1
  https://sms.oldcorp.example/services/oldcorp

  SubmitShortMessage  (document/literal, action urn:oldcorp:SubmitShortMessage)
    in     request              ShortMessage           required
           request.destination  string                 required  e.g. text
           request.body         string                 required  e.g. text
           request.ref          string (maxLength 40)  optional  e.g. text
           request.priority     low | normal | high    optional  e.g. low
           request.notBefore    dateTime               optional  e.g. 2027-01-31T09:00:00Z
    out    result            SubmitResult  required
           result.code       int           required
           result.messageId  string        optional
    fault  fault.detail.MessagingFault.reason  string  required

  QueryMessage  (document/literal, action urn:oldcorp:QueryMessage)
    in     messageId  string  required  e.g. text
    out    row            Row       optional
           row.messageId  string    required
           row.number     string    required
           row.body       string    required
           row.time       dateTime  required
           row.state      string    optional"""
    )


@pytest.mark.parametrize("file", LOADED, ids=lambda file: file.name)
def test_every_wsdl_of_the_corpus_is_shown_with_each_port_operation_and_path(file: Path) -> None:
    ports = load_ports(read_source(file))
    lines = list(show(ports))
    assert all(line == line.rstrip() and "\n" not in line for line in lines)
    words = [line.split() for line in lines]
    for name, contract in ports.items():
        assert any(f"port {name}: SOAP" in line for line in lines)
        assert f"  {contract.address}" in lines
        for operation in contract.operations:
            assert any(row[:1] == [operation] for row in words)
            for path in paths(contract, operation):
                assert any(path in row for row in words)


def paths(contract: Contract, operation: str) -> Iterator[str]:
    try:
        declared = contract.operation(operation)
    except BadContract:
        return
    contents = [declared.input, declared.output]
    yield from (line.path for one in contents if one is not None for line in one.lines())


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("soap12.wsdl", "TwelveService, port TwelvePort: SOAP 1.2"),
        ("one-way.wsdl", "    out    nothing: one-way"),
        ("axis.wsdl", "  enqueue  (rpc/encoded)"),
        ("nusoap.wsdl", "    in     user            string        required  e.g. text"),
        ("nusoap.wsdl", "           messages        array of Sms  required"),
        ("choice.wsdl", "           one is needed: number, group, list, segment"),
        ("any.wsdl", "           … takes any other element"),
        ("combined.wsdl", "           job.… takes any other element"),
        ("nested.wsdl", "           batch.message.to    string[]   required  e.g. text"),
        ("document-bare.wsdl", "    in     #text  string  required  e.g. text"),
        ("mime.wsdl", "  Send"),
        (
            "mime.wsdl",
            "    can't be used: operation Send sends attachments (MIME), which are not taken",
        ),
    ],
)
def test_what_a_reader_must_know_has_its_line(file: str, line: str) -> None:
    assert line in shown(file)


def test_an_operation_that_takes_nothing_says_so() -> None:
    since = '<xsd:element name="since" type="xsd:dateTime" minOccurs="0"/>'
    lines = lines_of(changed((since, "")))
    start = next(number for number, line in enumerate(lines) if line.startswith("  FetchInbox"))
    assert lines[start + 1] == "    in     nothing"


def test_ports_stand_apart_and_nothing_empty_is_at_either_end() -> None:
    lines = shown("services.wsdl")
    starts = [number for number, line in enumerate(lines) if ", port " in line]
    assert len(starts) == 3
    assert [lines[number - 1] for number in starts[1:]] == ["", ""]
    assert lines[0]
    assert lines[-1]


def test_a_sample_that_would_be_wrong_is_not_shown() -> None:
    limit = '<xsd:maxLength value="40"/>'
    (line,) = (
        line
        for line in lines_of(changed((limit, '<xsd:pattern value="(cat|dog){9}"/>')))
        if "request.ref" in line
    )
    assert line.endswith("optional")
    (line,) = (
        line
        for line in lines_of(changed((limit, '<xsd:pattern value="[0-9]{4}"/>')))
        if "request.ref" in line
    )
    assert line.endswith("optional  e.g. 1111")


# --- a block to start from


class Block(NamedTuple):
    file: Path
    port: str
    operation: str
    lines: list[str]

    @property
    def missing(self) -> bool:
        return any(line.startswith("# no part looks like") for line in self.lines)


def block(file: Path, port: str, operation: str) -> Block:
    ports = load_ports(read_source(file))
    named = port if len(ports) > 1 else ""
    lines = list(toml_block(ports[port], operation, str(file), port=named))
    return Block(file, port, operation, lines)


EVERY = [
    (file, port, operation)
    for file in LOADED
    for port, contract in load_ports(read_source(file)).items()
    for operation in contract.operations
    if (file.name, operation) not in NO_BLOCK
]
every = pytest.mark.parametrize(
    "one", EVERY, ids=lambda one: f"{one[0].name} {one[1]} {one[2]}".replace("ü", "u")
)


def filled(one: Block) -> Backend:
    """Return the backend of a block after what it marks was filled in, and nothing else."""
    text = "\n".join(one.lines)
    text = re.sub(r'= "[^"]*" }  # which word means yes\?', '= "*" }', text)
    text = text.replace("# cleartext_hosts", "cleartext_hosts")
    names = re.findall(r'env = "(\w+)"', "\n".join(x for x in one.lines if x[0:1] != "#"))
    ((name, keys),) = tomllib.loads(text)["backends"].items()
    return from_mapping(keys, name=name, environ=dict.fromkeys(names, "secret"))


@every
def test_a_block_is_valid_toml_with_one_backend(one: tuple[Path, str, str]) -> None:
    made = block(*one)
    assert not any("\n" in line for line in made.lines)
    ((name, keys),) = tomllib.loads("\n".join(made.lines))["backends"].items()
    assert re.fullmatch("[a-z0-9-]+", name)
    assert (keys["backend"], keys["wsdl"]) == ("soap", str(made.file))
    assert keys["send"]["operation"] == made.operation
    assert keys["send"].keys() == {"operation", "fields", "accepted"}


@every
def test_a_block_marks_a_part_that_is_missing_and_is_refused_until_then(
    one: tuple[Path, str, str],
) -> None:
    made = block(*one)
    assert made.missing == ((made.file.name, made.operation) in NO_SEND)
    if made.missing:
        with pytest.raises(ConfigError, match=r"no field has {(recipient|text)}"):
            filled(made)


@every
def test_a_block_sends_to_a_mock_of_its_wsdl_once_its_marks_are_filled(
    one: tuple[Path, str, str],
) -> None:
    made = block(*one)
    if made.missing:
        return
    backend = filled(made)
    for mocked in (wsdl_backend(read_source(made.file)), backend):
        provider = Provider(mocked)
        with Client(backend, transport=InProcess(provider)) as client:
            assert client.send(NUMBER, TEXT).status is Status.ACCEPTED
        (request,) = provider.requests
        assert TEXT.encode() in request.body
        assert NUMBER[1:].encode() in request.body
    assert [taken.recipient for taken in provider.messages] == [NUMBER]
    assert [taken.text for taken in provider.messages] == [TEXT]


@pytest.mark.parametrize(("file", "operation"), NO_BLOCK)
def test_an_operation_that_can_t_send_has_no_block_and_says_why(file: str, operation: str) -> None:
    contract = load_contract(read_source(CONTRACTS / file))
    with pytest.raises(BadContract, match=NO_BLOCK[file, operation]):
        list(toml_block(contract, operation, file))


def fields(parts: str, required: str = "0") -> dict[str, str]:
    """Return the lines of a block's fields, each by its path, for parts of text."""
    elements = "".join(
        f'<xsd:element name="{name}" type="xsd:{kind or "string"}" minOccurs="{required}"/>'
        for name, _, kind in (part.partition(":") for part in parts.split())
    )
    old = WSDL[WSDL.index('<xsd:element name="destination"') : WSDL.index("</xsd:sequence>")]
    contract = load_contract(changed((old, elements)).encode())
    lines = list(toml_block(contract, "SubmitShortMessage", "oldcorp.wsdl"))
    start = next(number for number, line in enumerate(lines) if ".fields]" in line)
    rows = (line.partition(" = ") for line in lines[start + 1 : lines.index("", start)])
    return {key.replace('"request.', "").strip('"'): value.strip() for key, _, value in rows}


def test_the_block_of_an_operation_is_this() -> None:
    contract = load_contract(WSDL.encode())
    assert "\n".join(toml_block(contract, "SubmitShortMessage", "oldcorp.wsdl")) == (
        """\
[backends.messaging]
backend = "soap"
wsdl = "oldcorp.wsdl"
# auth = { type = "basic", username = "…", password = { env = "…" } }

[backends.messaging.send]
operation = "SubmitShortMessage"

[backends.messaging.send.fields]  # guessed from the names: check each
"request.destination" = "{recipient}"    # string
"request.body" = "{text}"                # string
# "request.ref" = "{reference}"          # string (maxLength 40), optional
# "request.priority" = "low"             # low | normal | high, optional
# "request.notBefore" = "{send_at|iso}"  # dateTime, optional

[backends.messaging.send.accepted]
when = { "result.code" = "0" }  # which word means yes?
id = "result.messageId\""""
    )


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ("messageType message", {"message": "{text}", "# messageType": "text"}),
        ("textId content", {"content": "{text}", "# textId": "text"}),
        ("messageText text", {"text": "{text}", "# messageText": "text"}),
        ("numberType mobileNumber", {"mobileNumber": "{recipient}", "# numberType": "text"}),
        ("to from body", {"to": "{recipient}", "# from": "{sender}", "body": "{text}"}),
        ("msisdn:long msg", {"# msisdn": "1", "msg": "{text}"}),
        ("userName passWord", {"userName": "{username}", "passWord": "{password}"}),
        ("licenceKey", {"licenceKey": "{key}"}),
        ("scheduledAt", {"# scheduledAt": "{send_at|iso}"}),
        ("sendAt:int", {"# sendAt": "1"}),
        ("numberTime:dateTime", {"# numberTime": "2027-01-31T09:00:00Z"}),
        ("sendTime:dateTime", {"# sendTime": "{send_at|iso}"}),
    ],
)
def test_a_part_s_value_is_guessed_by_its_name_and_type(parts: str, wanted: dict[str, str]) -> None:
    made = {key: value.partition("  # ")[0].strip() for key, value in fields(parts).items()}
    assert {key: made.get(key) for key in wanted} == {k: f'"{v}"' for k, v in wanted.items()}


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("sender", '"text"  # string; a sample: put your own'),
        ("validity:int", '"1"  # int; a sample: put your own'),
        ("reference", '"{reference}"  # string'),
        ("sendAt:dateTime", '"{now|iso}"  # dateTime'),
        ("day:date", '"{now|date}"  # date'),
    ],
)
def test_a_required_part_gets_what_every_message_has_or_a_sample_that_is_marked(
    part: str, value: str
) -> None:
    assert fields(part, required="1")[part.partition(":")[0]] == value


def test_of_a_choice_of_which_nothing_is_known_the_first_is_used() -> None:
    old = '<xsd:element name="ref" type="tns:Reference" minOccurs="0"/>'
    element = '<xsd:element name="{}" type="xsd:string"/>'
    both = element.format("red") + element.format("blue")
    text = changed((old, f"<xsd:choice>{both}</xsd:choice>"))
    lines = list(toml_block(load_contract(text.encode()), "SubmitShortMessage", "x.wsdl"))
    assert any(line.startswith('"request.red" = "text" ') for line in lines)
    assert any(line.startswith('# "request.blue" = "text" ') for line in lines)


def test_a_number_without_its_plus_where_the_type_takes_digits_only() -> None:
    made = block(CONTRACTS / "schema-files.wsdl", "FilesPort", "Send")
    assert any('"message.to.number" = "{recipient|digits}"' in line for line in made.lines)


def test_an_address_without_tls_is_marked_and_not_allowed_by_itself() -> None:
    made = block(CONTRACTS / "nusoap.wsdl", "nusoapsmsPort", "send")
    assert '# cleartext_hosts = ["nusoap.carrier.example"]' in made.lines
    keys = tomllib.loads("\n".join(made.lines))["backends"]["nusoapsms"]
    assert "cleartext_hosts" not in keys
    secure = block(CONTRACTS / "soap12.wsdl", "TwelvePort", "Send")
    assert not any("cleartext" in line for line in secure.lines)


@pytest.mark.parametrize(
    ("old", "new", "when"),
    [
        ('"code" type="xsd:int"', '"code" type="xsd:boolean"', '"result.code" = "true" }'),
        ('"code" type="xsd:int"', '"code" type="tns:Priority"', '"result.code" = "low" }'),
        ('"code"', '"valid"', '"result.messageId" = "*" }'),
        ('"code"', '"succeeded"', '"result.messageId" = "*" }'),
        ('"code"', '"success"', '"result.success" = "0" }'),
    ],
)
def test_a_yes_is_guessed_by_the_answer_s_names_and_types(old: str, new: str, when: str) -> None:
    contract = load_contract(changed((old, new)).encode())
    lines = list(toml_block(contract, "SubmitShortMessage", "oldcorp.wsdl"))
    (line,) = (line for line in lines if line.startswith("when"))
    assert line.startswith(f"when = {{ {when}")


def test_what_may_stand_several_times_in_an_answer_is_taken_from_its_first() -> None:
    repeated = ('name="result" type', 'name="result" maxOccurs="unbounded" type')
    contract = load_contract(changed(repeated).encode())
    lines = list(toml_block(contract, "SubmitShortMessage", "oldcorp.wsdl"))
    assert lines[-2:] == [
        'when = { "result[0].code" = "0" }  # which word means yes?',
        'id = "result[0].messageId"',
    ]


def test_words_that_toml_would_misread_are_quoted() -> None:
    quote = '<xsd:enumeration value="lo&quot;w\\&#10;er"/>'
    text = changed(('<xsd:enumeration value="low"/>', quote), ('minOccurs="0"', 'minOccurs="1"'))
    contract = load_contract(text.encode())
    lines = list(toml_block(contract, "SubmitShortMessage", 'C:\\old "corp".wsdl'))
    keys: dict[str, Any] = tomllib.loads("\n".join(lines))["backends"]["messaging"]
    assert keys["wsdl"] == 'C:\\old "corp".wsdl'
    assert keys["send"]["fields"]["request.priority"] == 'lo"w\\\ner'


def test_a_service_without_a_latin_letter_gets_a_name_all_the_same() -> None:
    text = changed(('service name="MessagingService"', 'service name="短信"'))
    lines = list(toml_block(load_contract(text.encode()), "SubmitShortMessage", "x.wsdl"))
    assert lines[0] == "[backends.service]"


def test_the_refused_wsdls_of_the_corpus_are_the_ones_without_a_block() -> None:
    assert {"mtom.wsdl", *(file for file, _ in NO_BLOCK)} >= set(REFUSED)
