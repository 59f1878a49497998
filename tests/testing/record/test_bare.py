"""A recording needs no table: its WSDL, if it has one, is enough."""

from __future__ import annotations

from pathlib import Path

from smsbridge.testing import load
from smsbridge.testing.record.bare import bare_backend, main_contract, recorded_backend

from support.recorded import asked, exchange, recording_of

WSDL = (Path(__file__).parents[3] / "wsdl" / "sendsms.wsdl").read_bytes()


def test_a_recording_without_a_contract_has_a_backend_without_a_protocol(tmp_path: Path) -> None:
    (file,) = recording_of(tmp_path, exchange(asked("/a"))).cut()
    assert file.path is not None
    found = recorded_backend(load(file.path), tmp_path)
    assert found is not None
    assert (found.name, dict(found.protocols)) == ("recorded", {})


def test_a_contract_beside_it_is_its_backend(tmp_path: Path) -> None:
    (file,) = recording_of(tmp_path, exchange(asked("/a"))).cut()
    assert file.path is not None
    (tmp_path / "service.wsdl").write_bytes(WSDL)
    found = recorded_backend(load(file.path), tmp_path)
    assert found is not None
    assert list(found.protocols) == ["sendsmsPort"]


def test_a_fixture_of_a_backend_has_that_one(tmp_path: Path) -> None:
    assert recorded_backend(load("smsmobileapi/send/accepted-rest"), tmp_path) is None


def test_of_all_documents_the_one_with_a_port_is_the_contract() -> None:
    documents = {"https://sms.example/a.xsd": b"<schema/>", "https://sms.example/a?wsdl": WSDL}
    found = main_contract(documents)
    assert found is not None
    assert found.address == "https://sms.example/a?wsdl"
    assert main_contract({"https://sms.example/a.xsd": b"<schema/>"}) is None


def test_a_bare_backend_has_no_credentials() -> None:
    assert bare_backend("any").credentials() == {}
