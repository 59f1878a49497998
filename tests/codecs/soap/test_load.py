"""A port is the one that is asked for, of the very document that is pinned, parsed once."""

import hashlib
import json
import shutil
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from smsbridge.codecs.soap.envelope import (
    SOAP11,
)
from smsbridge.codecs.soap.load import load_port, load_ports, recall_ports
from smsbridge.codecs.soap.lockfile import lock
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.plan_files import read_plan, write_plan
from smsbridge.codecs.soap.port import Port
from smsbridge.codecs.soap.wsdl_files import Source, read_source
from smsbridge.mapping.path import nest

from support.corpus import CONTRACTS, SAMPLES
from support.each import each
from support.wsdls import (
    ACME,
    SENDSMS,
    changed,
    refused_load,
)

pytestmark = pytest.mark.usefixtures("no_network")


PORT = '<port name="sendsmsPort" binding="tns:sendsmsBinding">'
SECOND = (
    '<port name="otherPort" binding="tns:sendsmsBinding">'
    '<soap:address location="https://sms.example/other"/></port>'
)


def test_two_soap_ports_are_named_and_one_must_be_said() -> None:
    document = changed(SENDSMS, (PORT, SECOND + PORT))
    assert refused_load(document) == (
        "the WSDL must have one SOAP port; it has otherPort, sendsmsPort; set port to one of them"
    )
    for name, address in (
        ("otherPort", "https://sms.example/other"),
        ("sendsmsPort", "https://api.smsmobileapi.com/sendsms/wsdl/server.php"),
    ):
        contract = load_port(document, port=name)
        assert (contract.name, contract.address) == (name, address)


@each("name", ["Other", "otherport", "sendsms"])
def test_a_port_that_is_none_is_refused_with_those_that_are(name: str) -> None:
    for document, names in (
        (SENDSMS, "sendsmsPort"),
        (changed(SENDSMS, (PORT, SECOND + PORT)), "otherPort, sendsmsPort"),
    ):
        with pytest.raises(BadWSDL) as error:
            load_port(document, port=name)
        assert str(error.value) == f"the WSDL has no SOAP port {name!r}; it has {names}"


def test_ports_of_one_name_are_told_apart_by_their_services() -> None:
    at = SENDSMS.index(b"<service ")
    other = changed(
        SENDSMS[at : SENDSMS.index(b"</service>")] + b"</service>",
        ('<service name="sendsms', '<service name="other'),
        ("https://api.smsmobileapi.com", "https://other.example"),
    )
    ports = load_ports(Source(document=SENDSMS[:at] + other + SENDSMS[at:]))
    assert {name: contract.service for name, contract in ports.items()} == {
        f"{contract.service}.sendsmsPort": contract.service for contract in ports.values()
    }
    assert len({contract.address for contract in ports.values()}) == 2


def test_of_a_port_of_each_version_that_of_soap_1_1_is_taken() -> None:
    at, end = SENDSMS.index(b"<binding "), SENDSMS.index(b"</binding>") + len(b"</binding>")
    twelfth = changed(
        SENDSMS[at:end], ("<soap:", "<soap12:"), ("sendsmsBinding", "sendsmsBinding12")
    )
    document = changed(
        SENDSMS[:end] + twelfth + SENDSMS[end:],
        ("xmlns:xsd=", 'xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/" xmlns:xsd='),
        (PORT, SECOND.replace("<soap:", "<soap12:").replace("Binding", "Binding12") + PORT),
    )
    contract = load_port(document, None)
    assert contract.version == SOAP11
    assert contract.address == "https://api.smsmobileapi.com/sendsms/wsdl/server.php"


# The pin


def test_the_pin_takes_the_very_document_in_either_case() -> None:
    pin = hashlib.sha256(SENDSMS).hexdigest()
    assert load_port(SENDSMS, None, pin) == load_port(SENDSMS, None, pin.upper())


@each("pin", ["0" * 64, hashlib.sha256(ACME).hexdigest(), "x", " "])
def test_another_document_than_the_pin_says_is_refused(pin: str) -> None:
    assert refused_load(SENDSMS, None, pin) == "the WSDL is not the one that wsdl_sha256 pins"


def test_one_changed_byte_breaks_the_pin() -> None:
    pin = hashlib.sha256(SENDSMS).hexdigest()
    assert "wsdl_sha256" in refused_load(SENDSMS + b"\n", None, pin)


def test_a_contract_is_built_once_for_each_document() -> None:
    assert load_port(SENDSMS, None) is load_port(bytes(SENDSMS), None)
    assert load_port(SENDSMS, None) is not load_port(SENDSMS + b"\n", None)


def test_threads_that_are_first_at_once_all_write_the_whole_message() -> None:
    sample = next(sample for sample in SAMPLES if sample.file == "combined.wsdl")
    source = (CONTRACTS / sample.file).read_bytes()
    together = threading.Barrier(16)
    interval = sys.getswitchinterval()

    def write(contract: Port) -> bytes:
        together.wait()
        return contract.write(sample.operation, "input", nest(sample.fields))

    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(16) as pool:
            for number in range(20):
                fresh = load_port(source + b"<!-- %d -->" % number, CONTRACTS)
                assert len(set(pool.map(write, [fresh] * 16))) == 1
    finally:
        sys.setswitchinterval(interval)


SCHEMA = (
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:types">'
    '<xs:simpleType name="Number"><xs:restriction base="xs:string">'
    '<xs:maxLength value="{}"/></xs:restriction></xs:simpleType></xs:schema>'
)
IMPORTING = (
    '<types><xsd:schema targetNamespace="urn:sendsms">'
    '<xsd:import namespace="urn:types" schemaLocation="types.xsd"/></xsd:schema></types>'
    '<message name="sendSmsRequest">'
)


def test_an_imported_schema_that_changed_on_disk_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "sms.wsdl"
    path.write_bytes(changed(SENDSMS, ('<message name="sendSmsRequest">', IMPORTING)))
    types = tmp_path / "types.xsd"
    limits = []
    for most in (40, 40, 12):
        types.write_text(SCHEMA.format(most))
        contract = load_port(read_source(path))
        kind = contract.types("Number")
        limits.append((kind and kind.limits, contract))
    assert [found for found, _ in limits] == [
        ("maxLength 40",),
        ("maxLength 40",),
        ("maxLength 12",),
    ]
    assert limits[0][1] is limits[1][1]


def test_an_imported_schema_that_is_gone_is_missed(tmp_path: Path) -> None:
    path = tmp_path / "sms.wsdl"
    path.write_bytes(changed(SENDSMS, ('<message name="sendSmsRequest">', IMPORTING)))
    types = tmp_path / "types.xsd"
    types.write_text(SCHEMA.format(40))
    load_port(read_source(path))
    types.unlink()
    with pytest.raises(BadWSDL, match=r"it imports types\.xsd, which is not a file beside it"):
        load_port(read_source(path))


# Plans on disk


@pytest.fixture
def plans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep plans in a folder."""
    folder = tmp_path / "plans"
    monkeypatch.setenv("SMSBRIDGE_CACHE", str(folder))
    return folder


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Return a WSDL that imports two schemas beside it."""
    for file in ("schema-files.wsdl", "schemas"):
        copy = shutil.copytree if (CONTRACTS / file).is_dir() else shutil.copy
        copy(CONTRACTS / file, tmp_path / file)
    return tmp_path / "schema-files.wsdl"


def is_kept(source: Source) -> bool:
    return recall_ports(source) is not None


def test_a_plan_is_used_while_no_document_of_the_wsdl_changes(plans: Path, files: Path) -> None:
    source = read_source(files)
    assert not is_kept(source)
    ports = load_ports(source)
    found = recall_ports(source)
    assert found is not None
    assert found[1].keys() == ports.keys()
    port, again = next(iter(ports.values())), next(iter(found[1].values()))
    assert again.documents == port.documents
    assert again.types("NoSuchType") is None
    schema = next((files.parent / "schemas").rglob("*.xsd"))
    before = schema.read_bytes()
    schema.write_bytes(before + b"<!-- -->")
    assert not is_kept(source)
    schema.unlink()
    assert not is_kept(source)
    schema.write_bytes(before)
    assert is_kept(source)
    files.write_bytes(files.read_bytes() + b"<!-- -->")
    assert not is_kept(read_source(files))
    assert len([*plans.iterdir()]) == 1


@pytest.mark.usefixtures("plans")
def test_a_type_that_no_message_holds_is_found_by_the_plan_too() -> None:
    source = read_source(CONTRACTS / "extension.wsdl")
    port = next(iter(load_ports(source).values()))
    found = recall_ports(source)
    assert found is not None
    again = next(iter(found[1].values()))
    names = {kind.local for one in port.operations.values() for kind in derived(one.input.body)}
    assert names
    assert all(again.types(name).name == port.types(name).name for name in names)  # type: ignore[union-attr]  # both have it


def derived(part: Any) -> Iterator[Any]:
    for inner in part.type.parts:
        yield inner.type
        yield from inner.type.derived


@pytest.mark.usefixtures("plans")
def test_a_locked_wsdl_has_a_plan_until_a_locked_file_changes(files: Path, tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    written = lock(read_source(files), "it.wsdl", folder)
    source = read_source(written.wsdl)
    load_ports(source)
    assert is_kept(source)
    schema = next(folder.rglob("*.xsd"))
    changed_ones = {place: body + b" " for place, body in source.others.items()}
    assert schema.read_bytes() in source.others.values()
    assert not is_kept(replace(source, others=changed_ones))


@pytest.mark.usefixtures("plans")
@each(
    ("address", "kept"),
    [
        ("https://sms.example/soap?wsdl", True),
        ("https://sms.example/soap?wsdl&key=SECRET", False),
        ("https://me:SECRET@sms.example/soap?wsdl", False),
    ],
)
def test_an_address_that_may_hold_a_key_is_not_written_to_disk(address: str, kept: bool) -> None:  # noqa: FBT001  (a case)
    source = Source(document=SENDSMS, address=address)
    load_ports(source)
    assert is_kept(source) is kept


def test_a_plan_of_another_form_is_none(plans: Path) -> None:
    source = Source(document=SENDSMS)
    load_ports(source)
    (file,) = plans.iterdir()
    lines = read_plan(plans, file.stem)
    assert lines is not None
    for wrong in (
        [],
        ["1"],
        [lines[0]],
        [lines[0], "[]"],
        ["{}", *lines[1:]],
        [lines[0], '{"ports":[{}]}'],
    ):
        write_plan(plans, file.stem, wrong)
        assert not is_kept(source)
    write_plan(plans, file.stem, lines)
    assert is_kept(source)
    assert json.loads(lines[1])["ports"]


def test_without_a_folder_nothing_is_kept_and_nothing_is_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for place in ("", str(tmp_path / "file" / "below")):
        (tmp_path / "file").touch()
        monkeypatch.setenv("SMSBRIDGE_CACHE", place)
        source = Source(document=SENDSMS, address=f"https://sms.example/{len(place)}")
        assert load_ports(source)
        assert not is_kept(source)
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
