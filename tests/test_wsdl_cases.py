"""What is wrong with one operation, port, header or file of a WSDL is that one's problem.

A WSDL of `tests/contracts/cases` for each; the section of the standard stands at its test.
"""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from smsbridge import Client, ConfigError, InvalidMessage
from smsbridge.codecs.soap.load import load_ports
from smsbridge.codecs.soap.wsdl_files import read_source
from smsbridge.config.load import from_mapping
from smsbridge.http.exchange import Request, Response
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.server import MockServer
from smsbridge.testing.mock.wsdl_backend import wsdl_backend

from support.cases import CASES, block, request_of, send, show, wsdl, zeep_reads
from support.commands import one_line, run
from support.each import each
from support.sending import NUMBER, TEXT

CALL = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    '<{0} xmlns="urn:gate"><code>1</code></{0}></e:Body></e:Envelope>'
)


STATED = {
    "03-output-only": ("Notify", "has no input"),
    "13-document-type-part": ("Send", "part message of a type"),
    "27-lost-type": ("Send", "number has the type t:Number, which no schema has"),
}
"""The operations that can't be used, each with what is said of it."""
NEVER = re.compile("zeep|traceback|warning: |site-packages|<html|has no attribute", re.IGNORECASE)


@each("case", lambda: sorted(folder.name for folder in CASES.iterdir() if folder.is_dir()))
def test_each_way_to_a_wsdl_says_the_same_of_it(case: str, tmp_path: Path) -> None:
    locked = run("wsdl", "lock", wsdl(case), "--to", str(tmp_path))
    if case == "18-port-names-no-binding":
        shown = run("wsdl", "show", wsdl(case))
        assert (shown.code, shown.err.split(": ")[2:]) == (locked.code, locked.err.split(": ")[2:])
        return
    file = tmp_path / "gate.wsdl"
    if not file.exists():  # it lies in a folder of its own
        (file,) = tmp_path.rglob("gate.wsdl")
    shown = run("wsdl", "show", str(file))
    said = [locked.out, locked.err, shown.out, shown.err]
    name, port = next(iter(load_ports(read_source(file)).items()))
    troubles = port.troubles()
    stated, words = STATED.get(case, ("", ""))
    assert [*troubles] == [stated] * bool(stated)
    for why in troubles.values():
        assert words in why
        assert all(f"can't be used: {why}" in text for text in (shown.out, locked.err))
    backend = wsdl_backend(read_source(file))
    for operation in port.operations:
        given = block(case, operation) | {"wsdl": str(file), "port": name}
        given |= {} if port.address else {"url": "https://gate.example/soap"}
        if operation in troubles:
            with pytest.raises(ConfigError, match=re.escape(troubles[operation])) as refused:
                from_mapping(given, name="gate")
            said.append(str(refused.value))
        path = urlsplit(port.address).path or "/"
        request = Request(
            method="POST",
            url=f"http://localhost{path}",
            headers={"Content-Type": "text/xml"},
            body=CALL.format(operation).encode(),
        )
        answer = Provider(backend).handle(request)
        assert isinstance(answer, Response)
        assert answer.body.startswith(b"<?xml")
        if operation in troubles:
            assert troubles[operation] in unescape(answer.body.decode())
        said.append(answer.body.decode())
    assert not [text for text in said if NEVER.search(text)]


CONFIG = """
[backends.gate]
backend = "soap"
wsdl = "gate.wsdl"
url = "http://127.0.0.1:9/soap"
[backends.gate.send]
operation = "Send"
fields = {{ number = "{{recipient}}", text = "{{text}}" }}
accepted.when.code = "{}"
"""


def test_the_doctor_and_explain_name_what_cannot_be_used_and_what_is_not_checked(
    nowhere: Path,
) -> None:
    (nowhere / "gate.wsdl").write_bytes(Path(wsdl("03-output-only")).read_bytes())
    (nowhere / "smsbridge.toml").write_text(CONFIG.format("0"))
    assert "of which Notify can't be used (see smsbridge wsdl show)" in run("doctor").out
    (nowhere / "smsbridge.toml").write_text(CONFIG.format("*"))
    said = 'send.accepted.when.code: "*" takes any word'
    assert re.search(rf"WARN  mark +{re.escape(said)}", run("doctor").out)
    assert f"WARNING    {said}" in run("explain", NUMBER, TEXT).out


def test_01_a_dataset_is_open_content_and_the_other_operation_works() -> None:
    """XSD 1.0 part 1, appendix A: the element schema of the schema for schemas."""
    shown = show("01-dataset")
    assert "ReportResult" in shown
    assert "takes any other element" in shown
    assert "can't be used" not in shown
    assert send(block("01-dataset"))[0].id is None


def test_02_an_array_that_is_declared_by_a_sequence_holds_its_element() -> None:
    """SOAP 1.1 §5.4.2; WSDL 1.1 §2.2 only recommends arrayType."""
    shown = show("02-array-by-sequence")
    assert "numbers  array of string" in shown
    assert "\n  Ping  (rpc/encoded" in shown
    fields = {"numbers[0]": "{recipient}", "text": "{text}"}
    (numbers, _) = request_of(block("02-array-by-sequence", fields=fields))
    assert [item.text for item in numbers] == [NUMBER]


def test_03_an_operation_without_an_input_says_that_it_is_a_notification() -> None:
    """WSDL 1.1 §2.4.4."""
    shown = show("03-output-only")
    assert "\n  Send  (document/literal" in shown
    assert "\n  Notify\n    can't be used: " in shown
    assert "has no input" in shown


def test_04_a_part_of_a_type_that_no_schema_has_is_named_and_nothing_vanishes() -> None:
    """WSDL 1.1 §2.3.1. ``xs:ArrayOfString`` is what NuSOAP services write for an array."""
    shown = show("04-lost-operation")
    assert "\n  Credit  (rpc/encoded" in shown
    assert "\n  Send  (rpc/encoded" in shown
    assert "numbers  array of string" in shown
    assert "xs:ArrayOfString" in shown
    assert "which no schema has" in shown
    fields = {"numbers[0]": "{recipient}", "text": "{text}"}
    (numbers, _) = request_of(block("04-lost-operation", fields=fields))
    assert [item.text for item in numbers] == [NUMBER]


def test_05_a_port_without_an_address_leaves_the_others_be() -> None:
    """WSDL 1.1 §2.6, §3.8."""
    shown = show("05-port-without-address")
    assert "port OldPort: SOAP 1.1\n  no address" in shown
    for given in ({"port": "GatePort"}, {"port": "OldPort", "url": "https://old.example/soap"}):
        assert send(block("05-port-without-address") | given)[0]
    with pytest.raises(ConfigError, match=r"port OldPort has no address; .*\burl\b"):
        from_mapping(block("05-port-without-address") | {"port": "OldPort"}, name="gate")


def test_06_a_lock_reads_above_the_folder_and_a_client_names_what_the_wsdl_names(
    tmp_path: Path,
) -> None:
    """RFC 3986 §5.2.4."""
    refused = run("wsdl", "show", wsdl("06-parent-import"))
    assert refused.code != 0
    assert "../xsd/gate.xsd" in refused.err
    assert "smsbridge wsdl lock" in refused.err
    assert one_line(refused.err)
    locked = run("wsdl", "lock", wsdl("06-parent-import"), "--to", str(tmp_path / "gate"))
    assert locked.code == 0
    given = block("06-parent-import") | {"wsdl": str(tmp_path / "gate" / "gate.wsdl")}
    assert send(given)[0]


def test_12_an_rpc_part_that_is_an_element_is_sent_as_zeep_sends_it() -> None:
    """WSDL 1.1 §3.5; WS-I BP 1.1 R2203 forbids it."""
    fields = {"message.number": "{recipient}", "message.text": "{text}"}
    given = block("12-rpc-element-part", fields=fields)
    assert send(given)[0]
    words = {"message": {"number": NUMBER, "text": TEXT}}
    assert zeep_reads("12-rpc-element-part", "Send", given, **words)


def test_13_a_document_part_that_is_a_type_is_said_to_be_of_no_use() -> None:
    """WSDL 1.1 §3.5; WS-I BP 1.1 R2204."""
    shown = show("13-document-type-part")
    assert "can't be used: " in shown
    assert "part message" in shown
    assert "type" in shown


def test_18_a_port_whose_binding_is_not_there_says_so() -> None:
    """WSDL 1.1 §2.6."""
    done = run("wsdl", "show", wsdl("18-port-names-no-binding"))
    assert "port GatePort names the binding t:GateSoapBinding, which the WSDL doesn't have" in (
        done.out + done.err
    )


def test_19_a_header_without_a_schema_is_left_out_and_the_service_works() -> None:
    """WSDL 1.1 §3.7."""
    assert "soap:Header.{http://docs.oasis-open.org/wss/" in show("19-header-without-schema")
    assert send(block("19-header-without-schema"))[0]


def test_20_an_input_without_parts_is_an_empty_body() -> None:
    """WS-I BP 1.1 R2202."""
    shown = show("20-no-part")
    assert "can't be used" not in shown
    assert "in     nothing" in shown


def test_22_a_chameleon_include_is_validated() -> None:
    """XSD 1.0 part 1 §4.2.3, src-import 1.2."""
    given = block("22-chameleon-include")
    assert send(given, "short")[0]
    with pytest.raises(InvalidMessage, match="maxLength"):
        send(given, "far longer than five")


def test_23_a_blank_after_the_uri_of_the_transport_is_collapsed() -> None:
    """XSD 1.0 part 2 §3.2.17."""
    assert "GateService, port GatePort: SOAP 1.1" in show("23-blank-in-transport")
    assert send(block("23-blank-in-transport"))[0]


def test_25_an_address_without_a_path_is_the_root() -> None:
    """RFC 9110 §4.2.3."""
    given = block("25-address-without-path")
    with MockServer(Provider(from_mapping(given, name="gate", environ={}))) as server:
        there = from_mapping(given | {"url": server.url_for("")}, name="gate", environ={})
        assert Client(there).send(NUMBER, TEXT)
        document = requests.get(server.url_for("/?wsdl"), timeout=30)
    assert document.status_code == 200


def test_26_several_parts_of_a_body_stand_side_by_side_as_zeep_writes_them() -> None:
    """WSDL 1.1 §3.5; WS-I BP 1.1 R2201 forbids it."""
    given = block("26-several-parts")
    assert send(given)[0]
    assert zeep_reads("26-several-parts", "Send", given, to=NUMBER, body=TEXT)


def test_27_a_type_that_no_schema_has_is_the_trouble_of_its_operation_everywhere(
    tmp_path: Path,
) -> None:
    """XSD 1.0 part 1 §3.3.3, src-resolve."""
    why = "operation Send: number has the type t:Number, which no schema has"
    shown = show("27-lost-type")
    assert f"\n  Send\n    can't be used: {why}\n" in shown
    assert "\n  Ping  (document/literal" in shown
    locked = run("wsdl", "lock", wsdl("27-lost-type"), "--to", str(tmp_path))
    assert (locked.code, f"can't be used: {why}" in locked.err) == (0, True)
    with pytest.raises(ConfigError, match=why):
        from_mapping(block("27-lost-type"), name="gate")
    with MockServer(Provider(wsdl_backend(read_source(Path(wsdl("27-lost-type")))))) as server:
        url = server.url_for("/soap")
        send_call, ping_call = (
            requests.post(url, CALL.format(name), headers={"Content-Type": "text/xml"}, timeout=30)
            for name in ("Send", "SendResponse")
        )
    assert f"<faultstring>{why}</faultstring>" in send_call.text
    assert "<ns0:code>" in ping_call.text
