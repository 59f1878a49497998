"""The documents that make up a WSDL: what is beside it, our own schemas, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from smsbridge.codecs.soap.documents import Documents, MissingDocument
from smsbridge.codecs.soap.envelope import ENCODING11
from smsbridge.codecs.soap.imports import HERE
from smsbridge.codecs.soap.load import load_port
from smsbridge.codecs.soap.wsdl_files import Source

from support.each import each
from support.wsdls import (
    IMPORTED,
    RESULT,
    changed,
    element,
    holding,
    importing,
    opened,
    refused_load,
    schema,
    sequence,
    wsdl,
)

pytestmark = pytest.mark.usefixtures("no_network")


@each("location", ["beside.xsd", "./beside.xsd", "below/beside.xsd"])
def test_a_file_beside_the_contract_is_imported(location: str, tmp_path: Path) -> None:
    path = tmp_path / location
    path.parent.mkdir(exist_ok=True)
    path.write_text(IMPORTED, encoding="utf-8")
    assert load_port(importing(location), tmp_path).action("sendSms") == "urn:sendsms#sendSms"


def test_a_file_beside_the_contract_is_read_by_the_same_rules(tmp_path: Path) -> None:
    (tmp_path / "beside.xsd").write_text(f"<!DOCTYPE a>{IMPORTED}", encoding="utf-8")
    said = refused_load(importing("beside.xsd"), tmp_path)
    assert said == "beside.xsd: the document has a DOCTYPE, which is never accepted"


@each(
    "location",
    [
        "http://192.0.2.1/other.xsd",
        "https://sms.example/other.xsd",
        "ftp://sms.example/other.xsd",
        "file:///etc/passwd",
        "//sms.example/other.xsd",
    ],
)
def test_an_import_that_would_be_fetched_is_refused(location: str, tmp_path: Path) -> None:
    said = refused_load(importing(location), tmp_path)
    why = "which is not a file beside it; nothing is fetched"
    of_http = not location.startswith(("ftp:", "file:"))  # the lock fetches nothing else
    assert said.endswith(f"{why}, but smsbridge wsdl lock brings it in" if of_http else why)
    assert location.removeprefix("//").removeprefix("http:") in said


@each(
    "location",
    [
        "../secret.xsd",
        "../../secret.xsd",
        "below/../../secret.xsd",
        "http://bundled.invalid/../secret.xsd",
        "http://bundled.invalid/below/../../secret.xsd",
        "%2e%2e/secret.xsd",
        "/secret.xsd",
        "..\\secret.xsd",
        "link.xsd",
    ],
)
def test_a_path_that_leaves_the_folder_is_refused(location: str, tmp_path: Path) -> None:
    folder = tmp_path / "contracts"
    (folder / "below").mkdir(parents=True)
    (tmp_path / "secret.xsd").write_text(IMPORTED, encoding="utf-8")
    (folder / "link.xsd").symlink_to(tmp_path / "secret.xsd")
    assert "not a file beside it" in refused_load(importing(location), folder)


def test_an_absolute_path_is_refused_even_if_it_exists(tmp_path: Path) -> None:
    folder = tmp_path / "contracts"
    folder.mkdir()
    (tmp_path / "secret.xsd").write_text(IMPORTED, encoding="utf-8")
    for location in (f"{tmp_path}/secret.xsd", f"http://bundled.invalid/{tmp_path}/secret.xsd"):
        assert "not a file beside it" in refused_load(importing(location), folder)


@each("location", ["absent.xsd", "below", "."])
def test_what_is_no_file_is_refused(location: str, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    assert refused_load(importing(location), tmp_path)


def test_a_contract_without_a_folder_imports_nothing_from_disk() -> None:
    assert "beside.xsd" in refused_load(importing("beside.xsd"))


@each("location", ["", "http://schemas.xmlsoap.org/soap/encoding/"])
def test_the_schema_of_soap_encoding_is_bundled(location: str) -> None:
    assert load_port(importing(location, ENCODING11), None).address


XML = "http://www.w3.org/XML/1998/namespace"


@each(
    "place",
    [
        "",
        f' schemaLocation="{XML}"',
        ' schemaLocation="http://www.w3.org/2001/xml.xsd"',
        ' schemaLocation="https://www.w3.org/2001/xml.xsd"',
        ' schemaLocation="http://www.w3.org/2001/03/xml.xsd"',
    ],
)
def test_the_schema_of_xml_itself_is_bundled(place: str) -> None:
    language = '<xs:attribute ref="xml:lang"/>'
    send = holding("Send", sequence(element("text")), language)
    contract = load_port(wsdl(schema(f'<xs:import namespace="{XML}"{place}/>', send, RESULT)))
    assert contract.schema.usable
    body = contract.write("Send", "input", {"text": "x", "@lang": "en"})
    assert b'xml:lang="en"' in body
    assert contract.refusal("Send", "input", opened(body)) is None


@each(
    ("location", "address", "how"),
    [
        (
            "https://elsewhere.example/o.xsd",
            "https://elsewhere.example/o.xsd",
            "; nothing is fetched, but smsbridge wsdl lock brings it in",
        ),
        ("below/o.xsd", f"{HERE}below/o.xsd", ""),
    ],
)
def test_what_is_absent_is_told_with_its_address_and_how_to_bring_it_in(
    location: str, address: str, how: str
) -> None:
    with pytest.raises(MissingDocument) as absent:
        load_port(importing(location))
    assert absent.value.address == address
    assert str(absent.value) == f"it imports {location}, which is not a file beside it{how}"


def test_documents_keep_what_they_loaded_as_it_came_but_for_ours() -> None:
    source = Source(document=b"<a/>", others={"https://sms.example/b": b"\n<b/>"})
    documents = Documents(source)
    assert documents.load(HERE) == b"<a/>"
    assert documents.load("https://sms.example/b") == b"<b/>"
    assert documents.load(ENCODING11)
    assert documents.raw == {HERE: b"<a/>", "https://sms.example/b": b"\n<b/>"}
    assert set(documents.loaded) == {HERE, "https://sms.example/b", ENCODING11}


def test_a_schema_with_an_element_of_wsdl_in_it_is_told_and_a_note_may_have_one() -> None:
    send = holding("Send", sequence(element("to")))
    assert "its schema has <element> in the namespace of WSDL" in refused_load(
        wsdl(schema(send, RESULT, '<wsdl:element name="a"/>'))
    )
    note = "<xs:annotation><xs:appinfo><wsdl:element/></xs:appinfo></xs:annotation>"
    assert load_port(wsdl(schema(note, send, RESULT))).operations


@each(
    ("old", "new"),
    [
        ('name="Service"', 'name="Service" x:y="1"'),
        ('name="Service"', 'name="Service" xml:id="1"'),
        ('name="Service"', 'name="Service" xmlns:p=""'),
        ("<types>", '<documentation xmlns="not a uri"/><types>'),
    ],
)
def test_a_wsdl_that_is_well_formed_is_read_whatever_its_namespaces_are(old: str, new: str) -> None:
    document = changed(wsdl(schema(holding("Send", sequence(element("to"))), RESULT)), (old, new))
    port = load_port(document)
    assert port.schema.usable
    assert port.request("Send", {"to": "1"})


@each("page", range(1250, 1259))
def test_a_wsdl_in_a_code_page_of_windows_is_read_with_bytes_that_it_leaves_free(page: int) -> None:
    document = wsdl(schema(holding("Send", sequence(element("to"))), RESULT))
    head = f"<?xml version='1.0' encoding='windows-{page}'?>".encode()
    note = b"<documentation>\x81\x98\x9d\xe0\xff</documentation><types>"
    assert load_port(head + document.replace(b"<types>", note)).request("Send", {"to": "1"})
