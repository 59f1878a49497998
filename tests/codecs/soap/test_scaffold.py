"""A block to start from is guessed from the names in a WSDL."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from smsbridge import Client, ConfigError, Status
from smsbridge.backends.base import Backend
from smsbridge.codecs.soap.load import load_port, load_ports
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.scaffold import toml_block
from smsbridge.codecs.soap.wsdl_files import read_source
from smsbridge.config.load import from_mapping
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess
from smsbridge.testing.mock.wsdl_backend import wsdl_backend

from support.corpus import CONTRACTS, REFUSED
from support.each import each
from support.sending import NUMBER, TEXT
from support.vendor import WSDL, changed
from support.wsdls import element, holding, restricted, schema, sending, sequence, structure, wsdl

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
    ("values.wsdl", "Schedule"): "no part of text, but a payload in base64",
    ("names.wsdl", "Send-SMS.v2"): "the name of its text is in Russian",
}
"""The block says that a part must be chosen for the number, or for the text."""


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
    lines = list(toml_block(ports[port], operation, str(file), port_name=named))
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
    text = re.sub(r'= "" }  # which word means yes\?.*', '= "*" }', text)
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


@each(("file", "operation"), NO_BLOCK)
def test_an_operation_that_can_t_send_has_no_block_and_says_why(file: str, operation: str) -> None:
    contract = load_port(read_source(CONTRACTS / file))
    with pytest.raises(BadWSDL, match=NO_BLOCK[file, operation]):
        list(toml_block(contract, operation, file))


def fields(parts: str, required: str = "0") -> dict[str, str]:
    """Return the lines of a block's fields, each by its path, for parts of text."""
    elements = "".join(
        f'<xsd:element name="{name}" type="xsd:{kind or "string"}" minOccurs="{required}"/>'
        for name, _, kind in (part.partition(":") for part in parts.split())
    )
    old = WSDL[WSDL.index('<xsd:element name="destination"') : WSDL.index("</xsd:sequence>")]
    contract = load_port(changed((old, elements)).encode())
    lines = list(toml_block(contract, "SubmitShortMessage", "oldcorp.wsdl"))
    start = next(number for number, line in enumerate(lines) if ".fields]" in line)
    rows = (line.partition(" = ") for line in lines[start + 1 : lines.index("", start)])
    return {key.replace('"request.', "").strip('"'): value.strip() for key, _, value in rows}


def test_the_block_of_an_operation_is_this() -> None:
    contract = load_port(WSDL.encode())
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
when = { "result.code" = "" }  # which word means yes? int
id = "result.messageId\""""
    )


@each(
    ("parts", "wanted"),
    [
        ("messageType message", {"message": "{text}", "# messageType": "text"}),
        ("textId content", {"content": "{text}", "# textId": "text"}),
        ("messageText text", {"text": "{text}", "# messageText": "text"}),
        ("numberType mobileNumber", {"mobileNumber": "{recipient}", "# numberType": "text"}),
        ("to from body", {"to": "{recipient}", "# from": "{sender}", "body": "{text}"}),
        ("msisdn:long msg", {"msisdn": "{recipient|digits}", "msg": "{text}"}),
        ("msisdn:int msg", {"# msisdn": "1", "msg": "{text}"}),
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


@each(
    ("part", "value"),
    [
        ("sender", '"text"  # string; a sample: replace it'),
        ("validity:int", '"1"  # int; a sample: replace it'),
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
    lines = list(toml_block(load_port(text.encode()), "SubmitShortMessage", "x.wsdl"))
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


def test_words_that_toml_would_misread_are_quoted() -> None:
    quote = '<xsd:enumeration value="lo&quot;w\\&#10;er"/>'
    text = changed(('<xsd:enumeration value="low"/>', quote), ('minOccurs="0"', 'minOccurs="1"'))
    contract = load_port(text.encode())
    lines = list(toml_block(contract, "SubmitShortMessage", 'C:\\old "corp".wsdl'))
    keys: dict[str, Any] = tomllib.loads("\n".join(lines))["backends"]["messaging"]
    assert keys["wsdl"] == 'C:\\old "corp".wsdl'
    assert keys["send"]["fields"]["request.priority"] == 'lo"w\\\ner'


@each(
    ("inside", "line"),
    [
        (element("kind", "t:Code"), '"kind" = ""'),
        (element("ref", "t:Long"), '"ref" = "texttext'),
        (element("ref", "t:Short"), '"ref" = "text"'),
        (element("ref"), '"ref" = "{reference}"'),
        (element("more", minOccurs="2", maxOccurs="2"), '"…" = ""'),
        ("<xs:any/>", '"…" = ""'),
        (element("x", "t:Self"), '"…" = ""'),
        (holding("phones", sequence(element("long", "xs:long"))), '"phones.long" = "{recipient'),
    ],
)
def test_what_no_sample_fits_is_left_open_and_refused_until_it_is_there(
    inside: str, line: str, tmp_path: Path
) -> None:
    port = sending(
        sequence(*([] if "phones" in inside else [element("to")]), element("text"), inside),
        more=restricted("xs:string", ("pattern", r"[A-Z]{2}\d{3}"), name="Code")
        + restricted("xs:string", ("minLength", "36"), name="Long")
        + restricted("xs:string", ("maxLength", "20"), name="Short")
        + structure("Self", sequence(element("x", "t:Self"))),
    )
    lines = list(toml_block(port, "Send", "t.wsdl"))
    assert [one for one in lines if one.startswith(line)]
    block = tomllib.loads("\n".join(lines))["backends"]["service"]
    (tmp_path / "t.wsdl").write_bytes(next(iter(port.documents.values())))
    block["wsdl"] = str(tmp_path / "t.wsdl")
    block["send"]["accepted"] = {"when": {"id": "*"}}
    if '""' in line:
        with pytest.raises(ConfigError, match=r"^send\.fields\.(kind|\W*…)"):
            from_mapping(block, name="gate")


def test_a_word_of_several_lines_stays_in_its_comment() -> None:
    words = '<xs:enumeration value="one"/><xs:enumeration value="two&#10;lines"/>'
    kind = f'<xs:simpleType name="Kind"><xs:restriction base="xs:string">{words}'
    answer = holding("SendResponse", sequence(element("code", "t:Kind")))
    document = wsdl(
        schema(
            holding("Send", sequence(element("to"), element("kind", "t:Kind"))),
            answer,
            f"{kind}</xs:restriction></xs:simpleType>",
        )
    )
    lines = list(toml_block(load_port(document), "Send", "t.wsdl"))
    assert tomllib.loads("\n".join(lines))
    assert any('one | "two\\nlines"' in line for line in lines)


def test_a_service_without_a_latin_letter_gets_a_name_all_the_same() -> None:
    text = changed(('service name="MessagingService"', 'service name="短信"'))
    lines = list(toml_block(load_port(text.encode()), "SubmitShortMessage", "x.wsdl"))
    assert lines[0] == "[backends.service]"


def test_the_refused_wsdls_of_the_corpus_are_the_ones_without_a_block() -> None:
    assert {"mtom.wsdl", *(file for file, _ in NO_BLOCK)} >= set(REFUSED)
