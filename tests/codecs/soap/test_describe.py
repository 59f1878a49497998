"""What a person reads of a WSDL, and the block of config to start from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from smsbridge.codecs.soap.describe import show
from smsbridge.codecs.soap.load import load_ports
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.port import Port
from smsbridge.codecs.soap.wsdl_files import Source, read_source

from support.corpus import CONTRACTS
from support.each import each
from support.vendor import WSDL, changed
from support.wsdls import ADDRESS, RESULT, holding, schema, wsdl

LOADED = [file for file in sorted(CONTRACTS.glob("*.wsdl")) if file.name != "mtom.wsdl"]


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


@each("file", LOADED)
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


def paths(contract: Port, operation: str) -> Iterator[str]:
    try:
        declared = contract.operation(operation)
    except BadWSDL:
        return
    contents = [declared.input, declared.output]
    yield from (line.path for one in contents if one is not None for line in one.paths())


@each(
    ("file", "line"),
    [
        ("soap12.wsdl", "TwelveService, port TwelvePort: SOAP 1.2"),
        ("one-way.wsdl", "    out    nothing: one-way"),
        ("axis.wsdl", "  enqueue  (rpc/encoded)"),
        ("nusoap.wsdl", "    in     user            string        required  e.g. text"),
        ("nusoap.wsdl", "           messages        array of Sms  required"),
        ("choice.wsdl", "           one is needed: number, group, list and segment"),
        ("any.wsdl", "           … takes any other element"),
        ("combined.wsdl", "           job.… takes any other element"),
        ("nested.wsdl", "           batch.message.to    string[]   required  e.g. text"),
        ("document-bare.wsdl", "    in     #text  string  required  e.g. text"),
        ("mime.wsdl", "  Send"),
        (
            "mime.wsdl",
            "    can't be used: operation Send sends attachments (MIME), which are not supported",
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


@each(
    ("address", "line"),
    [
        ("https://user:secret@gate.example/x", "  https://gate.example/x"),
        ("REPLACE_URL", "  REPLACE_URL: not an address of HTTP; url in the block gives one"),
        ("mailto:a@gate.example", "  mailto:a@gate.example: not an address of HTTP; "),
        ("", "  no address: url in the block gives one"),
    ],
)
def test_an_address_is_shown_without_credentials_and_for_what_it_is(
    address: str, line: str
) -> None:
    document = wsdl(schema(holding("Send"), RESULT)).replace(ADDRESS.encode(), address.encode())
    ports = load_ports(Source(document=document))
    assert list(show(ports))[1].startswith(line)
