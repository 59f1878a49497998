"""What doctor finds of a bridge that would not start, and of one that would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smsbridge.cli.doctor.bridge import examine_bridge, find_bridge, senders_of
from smsbridge.cli.doctor.finding import Finding
from smsbridge.errors import ConfigError

from support.bridges import NEW, OLD, config_text, open_store, read, soap_text
from support.commands import run
from support.fault_server import FaultServer, answer
from support.old_stores import first_store
from support.stores import Place
from support.vendor import WSDL


def examine(folder: Path, text: str = "") -> list[Finding]:
    return list(examine_bridge(read(folder, text or config_text())))


def test_a_bridge_that_would_start_is_well(tmp_path: Path) -> None:
    door, store = examine(tmp_path)
    assert (door.well, door.said) == (True, "shop speaks smsmobileapi, and sends through new")
    assert (store.well, store.said) == (
        True,
        "bridge.db doesn't exist yet: smsbridge serve creates it",
    )
    assert not (tmp_path / "bridge.db").exists()


def test_a_store_that_is_there_is_tried(place: Place) -> None:
    with open_store(place):
        *_, store = examine(place.folder, config_text(bridge=place.line))
    assert (store.well, store.said.endswith("can be written")) == (True, True)


def test_a_store_of_an_older_smsbridge_is_well_and_stays_as_it_is(tmp_path: Path) -> None:
    first_store(tmp_path / "bridge.db", "Hello")
    for _ in range(2):
        *_, store = examine(tmp_path)
        assert store.well
        assert "from an older smsbridge: smsbridge serve migrates it" in store.said


def test_a_store_that_can_not_be_used_is_a_check_that_failed(tmp_path: Path, closed: int) -> None:
    (tmp_path / "bridge.db").write_bytes(b"no database at all" * 100)
    *_, store = examine(tmp_path)
    assert not store.well
    assert "the store bridge.db can't be used" in store.said
    *_, store = examine(tmp_path, config_text(bridge='store = "sqlite:///bridge.db/b.db"'))
    assert not store.well
    away = f'store = "postgresql://bridge:canary-7@127.0.0.1:{closed}/bridge"'
    *_, store = examine(tmp_path, config_text(bridge=away))
    assert not store.well
    assert "canary-7" not in store.said


def test_doors_that_hear_the_same_calls_are_a_check_that_failed(tmp_path: Path) -> None:
    second = '[doors.two]\nspeaks = "old"\nto = "new"\ncallers = { a = { api_key = "k" } }\n'
    found = examine(tmp_path, config_text(backends=second + OLD + NEW))
    assert [one.well for one in found if one.name == "door"] == [True, True, False]
    assert "the doors shop and two take the same calls" in found[2].said


def test_a_field_of_a_wsdl_that_no_table_has_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "oldcorp.wsdl").write_text(WSDL, encoding="utf-8")
    door, _ = examine(tmp_path, soap_text("oldcorp.wsdl"))
    assert (door.well, door.warns) == (True, True)
    assert "; its WSDL has request.notBefore, request.priority, request.ref, which" in door.said


def test_a_door_whose_wsdl_leads_nowhere_is_a_check_that_failed(tmp_path: Path) -> None:
    text = soap_text("oldcorp.wsdl").replace("[bridge]", '[bridge]\nlisten = "0.0.0.0:8780"', 1)
    (tmp_path / "oldcorp.wsdl").write_text(WSDL, encoding="utf-8")
    door, _ = examine(tmp_path, text)
    assert not door.well
    assert "set bridge.address to the URL by which they reach the bridge" in door.said


def test_what_is_sent_by_is_each_part_of_a_failover(tmp_path: Path) -> None:
    both = '[backends.both]\nbackend = "failover"\nbackends = ["new", "spare"]\n'
    more = f'{both}[backends.spare]\nlike = "new"\n'
    text = config_text(backends=OLD + NEW + more).replace('to = "new"', 'to = "both"')
    assert list(senders_of(read(tmp_path, text))) == ["new", "spare"]


def test_a_config_without_a_bridge_or_a_url_has_none(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_bridge() is None
    (nowhere / "smsbridge.toml").write_text(OLD, encoding="utf-8")
    assert find_bridge() is None
    (nowhere / "smsbridge.toml").write_text(config_text(), encoding="utf-8")
    assert find_bridge() is not None
    monkeypatch.setenv("SMSBRIDGE_URL", "memory://")
    assert find_bridge() is None
    assert find_bridge("smsbridge.toml") is not None


def test_a_secret_that_is_not_set_is_told_with_its_line(nowhere: Path) -> None:
    text = config_text().replace('"shop-key"', '{ env = "UNSET_KEY_OF_A_SHOP" }')
    (nowhere / "smsbridge.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"line 7: doors\.shop\.callers\.shop: .*is not set"):
        find_bridge()


def test_the_command_examines_what_the_doors_send_by_and_the_bridge(nowhere: Path) -> None:
    with FaultServer([answer(200, "{}")]) as server:
        text = config_text().replace("https://new.example", server.url)
        (nowhere / "smsbridge.toml").write_text(text, encoding="utf-8")
        done = run("doctor")
        assert server.sends == []
        assert done.out.splitlines()[0] == "ok    config   new over rest"
        assert done.out.splitlines()[-2:] == [
            "ok    door     shop speaks smsmobileapi, and sends through new",
            "ok    store    bridge.db doesn't exist yet: smsbridge serve creates it",
        ]
        assert (done.code, done.err) == (0, "")
        assert "door" not in run("doctor", "--backend", "new").out
        (nowhere / "oldcorp.wsdl").write_text(WSDL, encoding="utf-8")
        (nowhere / "smsbridge.toml").write_text(soap_text("oldcorp.wsdl"), encoding="utf-8")
        assert "\nWARN  door " in run("doctor").out
        rows = map(json.loads, run("doctor", "--json").out.splitlines())
        assert [one["verdict"] for one in rows if one["name"] == "door"] == ["warn"]
