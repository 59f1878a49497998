"""What ``smsbridge mock`` plays: a block, a WSDL, a folder of fixtures, or the catalogue."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import requests
import zeep

from smsbridge.backends.catalogue import shipped_file
from smsbridge.testing.mock.default import sample_url

from support.commands import run
from support.corpus import CONTRACTS
from support.fault_server import FaultServer, answer
from support.mocking import control, mocking
from support.sending import NUMBER, TEXT
from support.vendor import CONFIG, WSDL

pytestmark = pytest.mark.usefixtures("nowhere")


def mocked_config(folder: Path, address: str = "") -> None:
    """Write the example of the docs, with a block for each that is like it at another address."""
    (folder / "oldcorp.wsdl").write_text(WSDL)
    (folder / "smsbridge.toml").write_text(
        f'{CONFIG}\n[backends.old]\nlike = "oldcorp"\nurl = "{address}"\n'
        f'\n[backends.new]\nlike = "newcorp"\nurl = "{address}"\n'
    )


@pytest.fixture
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLDCORP", "canary-51bc")
    monkeypatch.setenv("NEWCORP", "canary-51bc")


@pytest.mark.usefixtures("_secrets")
@pytest.mark.parametrize(("name", "like"), [("oldcorp", "old"), ("newcorp", "new")])
def test_a_block_is_played_and_another_that_is_like_it_sends_to_it(
    name: str, like: str, nowhere: Path
) -> None:
    mocked_config(nowhere, "https://nowhere.example")
    with mocking(name) as ready:
        assert (ready["plays"], ready["provenance"]) == (f"{name}/default", "ASSUMED")
        assert ready["credentials"] == f"those of [backends.{name}]"
        mocked_config(nowhere, ready["address"])
        done = run("send", NUMBER, TEXT, "--backend", like, "--json")
        assert done.code == 0, done.err
        assert done.document["outcome"] == "accepted"
        (taken,) = control(ready, "messages")
        assert (taken["recipient"], taken["text"]) == (NUMBER, TEXT)
        assert "canary" not in json.dumps(ready)


@pytest.mark.usefixtures("_secrets")
def test_wrong_credentials_are_refused_by_a_block_that_is_played(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mocked_config(nowhere)
    with mocking("oldcorp") as ready:
        mocked_config(nowhere, ready["address"])
        monkeypatch.setenv("OLDCORP", "wrong")
        assert run("send", NUMBER, TEXT, "--backend", "old").code == 4
        assert control(ready, "messages") == []


def test_a_block_whose_wsdl_is_at_an_address_is_played_too(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLDCORP", "canary-51bc")
    with FaultServer([answer(200, WSDL)]) as server:
        config = CONFIG.replace('"oldcorp.wsdl"', f'"{server.url}/s?wsdl"', 1)
        (nowhere / "smsbridge.toml").write_text(config)
        with mocking("oldcorp") as ready:
            assert [got.path for got in server.sends] == ["/s?wsdl"]
            more = f'\n[backends.here]\nlike = "oldcorp"\nurl = "{ready["address"]}"\n'
            (nowhere / "smsbridge.toml").write_text(config + more)
            assert run("send", NUMBER, TEXT, "--backend", "here").code == 0
            assert len(control(ready, "messages")) == 1


@pytest.mark.parametrize("file", ["oldcorp.wsdl", "oldcorp.XML", "service"])
def test_a_wsdl_is_played_operation_by_operation(file: str, nowhere: Path) -> None:
    (nowhere / file).write_text(WSDL)
    with mocking(file) as ready:
        assert (ready["plays"], ready["provenance"]) == ("wsdl/default", "ASSUMED")
        assert ready["credentials"] == {}
        served = requests.get(f"{ready['address']}/services/oldcorp?wsdl", timeout=30)
        assert f'location="{ready["address"]}/services/oldcorp"' in served.text
        session = requests.Session()
        session.trust_env = False
        with session:
            transport = zeep.Transport(session=session, timeout=30, operation_timeout=30)  # type: ignore[no-untyped-call]  # zeep's
            client: Any = zeep.Client(served.url, transport=transport)  # type: ignore[no-untyped-call]  # zeep's
            result = client.service.SubmitShortMessage(
                request={"destination": "12025550123", "body": TEXT}
            )
            assert (result.code, result.messageId) == (1, "text")
            with pytest.raises(zeep.exceptions.Fault) as refused:
                client.service.SubmitShortMessage(
                    request={"destination": "1", "body": TEXT, "priority": "canary"}
                )
    assert str(refused.value.code).endswith("Client")
    assert "priority" in str(refused.value)
    assert "canary" not in str(refused.value)


def test_a_wsdl_at_an_address_is_fetched_and_played() -> None:
    with FaultServer([answer(200, WSDL)]) as server, mocking(f"{server.url}/s?wsdl") as ready:
        served = requests.get(f"{ready['address']}/services/oldcorp?wsdl", timeout=30)
        assert (served.status_code, len(server.sends)) == (200, 1)


FIXTURE = """\
smsbridge-fixture: 1
id: NAME/default
title: The service is away
provenance: {source: DOC, evidence: page 7, date: "2026-11-22"}
interactions:
  - id: away
    call: {operation: send}
    response: {status: 503, json: {}}
"""


def test_a_folder_of_fixtures_is_played_by_its_default(nowhere: Path) -> None:
    (nowhere / "away").mkdir()
    (nowhere / "away" / "default.yaml").write_text(FIXTURE.replace("NAME", "smsmobileapi"))
    with mocking("away") as ready:
        assert (ready["plays"], ready["provenance"]) == ("smsmobileapi/default", "DOC")
        assert run("send", NUMBER, TEXT, "--url", sample_url("rest", ready["address"])).code == 3


@pytest.mark.usefixtures("_secrets")
def test_a_folder_of_fixtures_of_a_block_is_played_with_that(nowhere: Path) -> None:
    mocked_config(nowhere)
    (nowhere / "away").mkdir()
    (nowhere / "away" / "busy.yaml").write_text(FIXTURE.replace("NAME", "oldcorp"))
    with mocking("away", "--scenario", "busy") as ready:
        assert ready["credentials"] == "those of [backends.oldcorp]"
        mocked_config(nowhere, ready["address"])
        assert run("send", NUMBER, TEXT, "--backend", "old").code == 3


@pytest.mark.usefixtures("_secrets")
def test_a_folder_of_a_locked_wsdl_does_not_hide_the_block_of_its_name(nowhere: Path) -> None:
    mocked_config(nowhere)
    assert run("wsdl", "lock", "oldcorp.wsdl", "--to", "oldcorp").code == 0
    with mocking("oldcorp") as ready:
        assert ready["plays"] == "oldcorp/default"


REFUSALS: dict[str, tuple[list[str], list[str]]] = {
    "not a block": (["nope"], ["there is no [backends.nope]", "known: "]),
    "not a path": (["vendor/nope"], ["there is no file or folder vendor/nope"]),
    "not a wsdl": (["vendor/nope.wsdl"], ["can't read vendor/nope.wsdl: No such file"]),
    "a file that is no wsdl": (["notes.txt"], ["notes.txt: ", "not well-formed XML"]),
    "a wsdl that is refused": ([str(CONTRACTS / "mtom.wsdl")], ["requires MTOM"]),
    "a fixture": (["x.yaml"], ["x.yaml is a fixture: give it as --scenario"]),
    "a block without a wire": (
        ["quiet"],
        ["quiet is memory, which uses no network: there is nothing to mock"],
    ),
    "the name of a backend, and no block": (
        ["smsmobileapi"],
        [
            "smsmobileapi is neither a file nor in the catalogue, so it must be a block",
            "without SOURCE it plays SMSMobileAPI",
        ],
    ),
    "a folder without a default": (["empty/"], ["there is no fixture 'empty/default.yaml'"]),
    "a wsdl and a scenario that is none": (
        ["oldcorp.wsdl", "--scenario", "nope"],
        ["there is no fixture 'nope'"],
    ),
}


@pytest.mark.usefixtures("_secrets")
@pytest.mark.parametrize("name", REFUSALS)
def test_what_can_t_be_played_exits_2_and_says_why(name: str, nowhere: Path) -> None:
    mocked_config(nowhere)
    with (nowhere / "smsbridge.toml").open("a") as file:
        file.write('\n[backends.quiet]\nbackend = "memory"\n')
    (nowhere / "notes.txt").write_text("dear diary")
    (nowhere / "empty").mkdir()
    arguments, said = REFUSALS[name]
    done = run("mock", "--port", "0", *arguments)
    assert (done.code, done.out) == (2, "")
    assert [word for word in said if word not in done.err] == []
    assert "please report" not in done.err


def test_a_wsdl_at_an_address_that_can_t_be_had_exits_1() -> None:
    with FaultServer([answer(404)]) as server:
        done = run("mock", f"{server.url}/s?wsdl", "--port", "0")
    assert (done.code, done.out) == (1, "")
    assert "/s?wsdl: HTTP 404" in done.err


def test_a_name_of_the_catalogue_and_a_file_like_it_are_played(nowhere: Path) -> None:
    shutil.copy(str(shipped_file("twilio")), nowhere / "quay.toml")
    for source, name in (("twilio", "twilio"), ("./quay.toml", "quay")):
        with mocking(source) as ready:
            assert ready["credentials"] == {
                "username": "test-username",
                "password": "test-password",
            }
            url = f"{name}://test-username:test-password@{ready['address'].partition('://')[2]}"
            if name == "twilio":
                assert ready["plays"] == "twilio/default"
                assert run("send", "--url", f"{url}?tls=off", NUMBER, TEXT).code == 0


@pytest.mark.usefixtures("_secrets")
def test_a_block_of_another_file_is_played_by_its_name_or_as_the_default(nowhere: Path) -> None:
    mocked_config(nowhere, "https://nowhere.example")
    other = nowhere / "other.toml"
    (nowhere / "smsbridge.toml").rename(other)
    other.write_text(other.read_text().replace('default = "oldcorp"', 'default = "newcorp"'))
    with mocking("oldcorp", "--config", str(other)) as ready:
        assert ready["plays"] == "oldcorp/default"
    with mocking("--config", str(other)) as ready:
        assert (ready["plays"], ready["credentials"]) == ("newcorp/default", f"those of {other}")
    with mocking("twilio", "--config", str(other)) as ready:
        assert ready["plays"] == "twilio/default"
