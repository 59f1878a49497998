"""``smsbridge serve`` as a user runs it: from an empty folder, until SIGTERM."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from smsbridge.bridge.store.stored_message import State
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.server import MockServer

from support.bridges import NUMBER, config_text, open_store, put, read
from support.commands import SECONDS, SMSBRIDGE, run, run_without
from support.stores import Place

FIELDS = {"apikey": "shop-key", "recipients": NUMBER, "message": "A secret text"}


@contextmanager
def serving(folder: Path, *given: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    with subprocess.Popen(
        [SMSBRIDGE, "serve", *given],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        late = threading.Timer(SECONDS, process.kill)
        late.start()
        try:
            assert process.stdout
            line = process.stdout.readline()
            late.cancel()
            yield process, json.loads(line) if line else {}
        finally:
            late.cancel()
            process.kill()


def test_it_stands_in_an_empty_folder_and_ends_gently(tmp_path: Path) -> None:
    provider = Provider(read(tmp_path, config_text()).backends["new"])
    server = MockServer(provider)
    server.start()
    try:
        text = config_text(bridge='listen = "127.0.0.1:0"')
        text = text.replace("https://new.example", provider.address)
        (tmp_path / "smsbridge.toml").write_text(text, encoding="utf-8")
        with serving(tmp_path) as (process, ready):
            address = ready["address"]
            assert ready["doors"] == {"shop": address}
            answer = requests.post(f"{address}/sendsms/", data=FIELDS, timeout=SECONDS)
            known = answer.json()["result"]["id"]
            process.terminate()
            out, log = process.communicate(timeout=SECONDS)
            assert (process.returncode, out) == (0, "")
    finally:
        server.stop()
    assert [one.text for one in provider.messages] == ["A secret text"]
    lines = [json.loads(line) for line in log.splitlines()]
    assert {"stored", "a send ended: accepted"} <= {line["said"] for line in lines}
    assert known in log
    for private in ("A secret text", NUMBER[1:], "shop-key", "new-key", "127.0.0.1:"):
        assert private not in log
    assert sorted(one.name for one in tmp_path.glob("bridge*")) >= ["bridge.db", "bridge.db.lock"]


def test_a_second_one_is_refused(tmp_path: Path) -> None:
    text = config_text(bridge='listen = "127.0.0.1:0"')
    (tmp_path / "smsbridge.toml").write_text(text, encoding="utf-8")
    with serving(tmp_path) as (_, ready), serving(tmp_path) as (second, nothing):
        assert ready
        assert nothing == {}
        _, said = second.communicate(timeout=SECONDS)
        assert second.returncode == 2
    assert said == "smsbridge: another process serves the store bridge.db\n"


def test_a_config_that_is_wrong_is_told_with_its_line(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "other.toml").write_text(config_text('anser = "x"'), encoding="utf-8")
    done = run("serve", "--config", str(tmp_path / "other.toml"))
    assert done.code == 2
    assert "other.toml, line 8: doors.shop.anser: not a key" in done.err


def test_an_address_that_is_taken_is_told(tmp_path: Path, monkeypatch: Any) -> None:
    server = MockServer(Provider(read(tmp_path, config_text()).backends["new"]))
    server.start()
    try:
        text = config_text(bridge=f'listen = "127.0.0.1:{server.port}"')
        (tmp_path / "smsbridge.toml").write_text(text, encoding="utf-8")
        with serving(tmp_path) as (process, _):
            _, said = process.communicate(timeout=SECONDS)
    finally:
        server.stop()
    assert process.returncode == 1
    assert f"can't listen on 127.0.0.1, port {server.port}: Address already in use" in said


def test_without_its_libraries_it_names_the_extra(tmp_path: Path, monkeypatch: Any) -> None:
    file = tmp_path / "smsbridge.toml"
    file.write_text(config_text(), encoding="utf-8")
    commands = [["serve", "--config", str(file)], ["outbox", "list", "--config", str(file)]]
    for missing in ("uvicorn", "starlette", "sqlalchemy", "alembic", "prometheus_client"):
        for done in run_without([missing], *commands[: 1 if missing != "sqlalchemy" else 2]):
            assert done.code == 2
            assert "pip install '.[bridge]'" in done.err


def test_a_process_without_doors_sends_what_another_has_stored(shared_place: Place) -> None:
    folder = shared_place.folder
    provider = Provider(read(folder, config_text()).backends["new"])
    server = MockServer(provider)
    server.start()
    try:
        line = f'{shared_place.line}\nlisten = "127.0.0.1:1"'
        text = config_text(bridge=line).replace("https://new.example", provider.address)
        (folder / "smsbridge.toml").write_text(text, encoding="utf-8")
        with open_store(shared_place, time.time) as store:
            put(store)
            with serving(folder, "--doors", "0", "--listen", "127.0.0.1:0") as (process, ready):
                assert ready["doors"] == {}
                live = requests.get(f"{ready['address']}/livez", timeout=SECONDS)
                asked = requests.post(f"{ready['address']}/sendsms/", data=FIELDS, timeout=SECONDS)
                assert (live.status_code, asked.status_code) == (200, 404)
                until = time.monotonic() + SECONDS
                while not store.counts()[State.ACCEPTED] and time.monotonic() < until:
                    time.sleep(0.05)
                process.terminate()
                assert process.wait(SECONDS) == 0
        assert [one.text for one in provider.messages] == ["Hello"]
    finally:
        server.stop()


def test_a_place_to_listen_is_a_host_and_a_port(nowhere: Path) -> None:
    (nowhere / "smsbridge.toml").write_text(config_text(), encoding="utf-8")
    refused = run("serve", "--listen", "here")
    assert (refused.code, "--listen: give a host and port" in refused.err) == (2, True)
