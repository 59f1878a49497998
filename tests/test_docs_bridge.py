"""The pages of the bridge: the story is run, and the tables have each key, state and command."""

from __future__ import annotations

import json
import os
import re
import runpy
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager, suppress
from dataclasses import fields, replace
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from smsbridge import Client, Secret
from smsbridge.bridge.doors.webhook_config import WebhookConfig
from smsbridge.bridge.events.event_queue import WAITS
from smsbridge.bridge.events.event_request import EventRequest
from smsbridge.bridge.serve_bridge import serve_bridge
from smsbridge.bridge.store.stored_message import State
from smsbridge.cli.outbox import outbox
from smsbridge.cli.serve import serve
from smsbridge.cli.shadow import report
from smsbridge.http.requests_transport import RequestsTransport
from smsbridge.serving.wire_message import WireMessage

from support.bridges import Clock, open_store, read
from support.commands import SMSBRIDGE, parse_options
from support.events import events_of
from support.postgres import running_server
from support.sockets import kept_port
from support.terminal import DOCS, Terminal, blocks
from support.tools import missing, need
from support.webhook_receivers import OTHER_SECRET, SECRET, received

PAGE = "bridge.md"
EXAMPLES = DOCS / "examples" / "bridge"
MOVE = "### When one process is not enough"
TEXT = "\n\n".join(one.read_text(encoding="utf-8") for one in sorted(DOCS.glob("bridge*.md")))


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """Return a terminal in an empty folder; what it leaves is killed."""
    folder = tmp_path / "shop"
    folder.mkdir()
    terminal = Terminal(folder)
    yield terminal
    terminal.close()
    for name in ("bridge.pid", "second.pid", "receiver.pid"):
        with suppress(OSError, ValueError):
            os.kill(int((folder / name).read_text(encoding="utf-8")), signal.SIGKILL)


def test_the_bridge_of_the_readme_opens_its_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "oldcorp.wsdl").write_bytes((DOCS / "examples" / "oldcorp.wsdl").read_bytes())
    for name in ("OLDCORP", "SHOP"):
        monkeypatch.setenv(name, "secret")
    shown = [block.text for block in blocks("../README.md", "toml")]
    newcorp = '[backends.newcorp]\nbackend = "memory"'
    config = read(tmp_path, "\n".join(['default = "newcorp"', *shown, newcorp]))
    with serve_bridge(config, "http://127.0.0.1:8780") as bridge:
        assert [one.config.name for one in bridge.doors] == ["old-shop"]


@pytest.mark.timeout(300)
def test_the_story_is_as_the_page_shows(terminal: Terminal) -> None:
    need("curl", "curl")
    need("php", "php-cli")
    if b"soap" not in subprocess.run(["php", "-m"], capture_output=True, check=True).stdout.split():
        missing("PHP's extension soap", "apt-get install php-soap")
    terminal.do(PAGE, last=MOVE)
    terminal.do("bridge-shadow.md")
    with running_server() as server:
        server.ask("CREATE ROLE bridge LOGIN")
        server.ask("CREATE DATABASE bridge OWNER bridge")
        terminal.ports = {**terminal.ports, "5432": str(server.port)}
        terminal.do(PAGE, first=MOVE)


def rows(heading: str) -> list[str]:
    """Return the first cells of the table whose head begins so."""
    table = TEXT.partition(f"| {heading} |")[2].partition("\n\n")[0]
    return re.findall(r"^\| (`[^|]+`) \|", table, re.MULTILINE)


def test_each_key_is_in_its_table() -> None:
    tables = {
        "config": "bridge",
        "doors/door_config": "doors.NAME",
        "events/event_config": "bridge.events.NAME",
    }
    for module, table in tables.items():
        file = DOCS.parent / "smsbridge" / "bridge" / f"{module}.py"
        (keys,) = re.findall(r"own\.only\(([^)]*)\)", file.read_text(encoding="utf-8"))
        found = sorted(f"`{key}`" for key in re.findall(r'"(\w+)"', keys))
        assert sorted(rows(f"key of `[{table}]`")) == found


def test_each_key_of_a_webhook_is_in_its_table() -> None:
    keys = [f"`{one.name}`" for one in fields(WebhookConfig)]
    assert sorted(rows("key of a webhook")) == sorted(keys)


def test_the_waits_between_tries_are_those_of_the_page() -> None:
    line = TEXT.partition("| delay |")[2].partition("\n")[0]
    units = {"s": 1, "min": 60, "h": 3600}
    said = re.findall(r"(\d+) (s|min|h)", line)
    assert [int(number) * units[unit] for number, unit in said] == list(WAITS)


def receive(url: str, folder: Path) -> list[int]:
    """Return the statuses for an event that comes twice, and for one that is signed wrongly."""
    with open_store(folder, Clock(time.time())) as store:
        received(store)
        (event,) = events_of(store)
    secrets = [Secret(OTHER_SECRET), Secret(SECRET)]
    hook = WebhookConfig(url=url, secrets=secrets, networks=[ip_network("127.0.0.0/8")])
    dialect = Client.from_mapping({"backend": "console"}).backend
    make = EventRequest(config=hook, dialect=dialect, id_of=lambda one: one.id).make
    request = make(event, None, datetime.now(UTC))
    assert request is not None
    wrong = replace(request, body=request.body + b" ")
    post = RequestsTransport(dialect)
    found = [post.send(one, time.monotonic() + 10).status for one in (request, request, wrong)]
    post.close()
    return found


def event_id(folder: Path) -> str:
    with open_store(folder) as store:
        return events_of(store)[0].id


@contextmanager
def php(folder: Path) -> Iterator[str]:
    """Serve the receiver in PHP, and yield its URL."""
    (folder / "events").mkdir()
    environ = {**os.environ, "SHOP_WEBHOOK_SECRET": SECRET}
    with kept_port() as port:
        address = f"127.0.0.1:{port}"
        command = [need("php", "php-cli"), "-S", address, str(EXAMPLES / "receiver.php")]
        served = subprocess.Popen(command, cwd=folder, env=environ, stderr=subprocess.DEVNULL)
        try:
            until = time.monotonic() + 20
            while True:
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                assert time.monotonic() < until
                time.sleep(0.05)
            yield f"http://{address}/sms"
        finally:
            served.kill()
            served.wait(20)


def test_the_receiver_in_php_takes_an_event_once(tmp_path: Path) -> None:
    with php(tmp_path) as url:
        assert receive(url, tmp_path) == [204, 204, 401]
    assert (tmp_path / "log.txt").read_text(
        encoding="utf-8"
    ) == f"message.received {event_id(tmp_path)}\n"


def test_the_receiver_in_python_takes_an_event_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOP_WEBHOOK_SECRET", SECRET)
    app = runpy.run_path(str(EXAMPLES / "receiver.py"))["app"]
    with make_server("127.0.0.1", 0, app, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        assert receive(f"http://127.0.0.1:{server.server_port}/", tmp_path) == [200, 200, 401]
        server.shutdown()
        thread.join(20)
    assert capsys.readouterr().out == "received: Yes\n"


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_each_state_and_each_command_is_in_its_table() -> None:
    states = re.findall(r"`(\w+)`", " ".join(rows("state")))
    assert sorted(states) == sorted(State)
    commands = {row.split()[2].strip("`") for row in rows("command") if "outbox" in row}
    assert commands == set(outbox.commands)


def test_each_field_and_each_option_of_the_shadow_report_is_in_its_table() -> None:
    told = {name for row in rows("field") for name in re.findall(r"`(\w+)`", row)}
    named = {one.name for one in fields(WireMessage)}
    assert told == named | {"encoding", "segments"}
    options = {row.strip("`").split()[0] for row in rows("option")}
    known = {one.opts[0] for one in report.params} - {"--config"}
    assert options == known


def test_the_container_installs_what_it_needs_and_asks_whether_it_is_ready() -> None:
    lines = (EXAMPLES / "Dockerfile").read_text(encoding="utf-8")
    (entry,) = re.findall(r"^ENTRYPOINT (.*)$", lines, re.MULTILINE)
    program, command, *options = json.loads(entry)
    assert (program, command) == ("smsbridge", "serve")
    assert parse_options(serve, options).params["config"] is None
    assert "'/src[bridge,postgres]'" in lines
    for name in re.findall(r"^COPY (.*) /src\S*$", lines, re.MULTILINE):
        assert all((DOCS.parent / one).exists() for one in name.split())
    (health,) = re.findall(r"^HEALTHCHECK .* CMD (.*)$", lines, re.MULTILINE)
    assert ":8780/readyz" in json.loads(health)[-1]
    assert re.findall(r"^EXPOSE (.*)$", lines, re.MULTILINE) == ["8780"]


def test_the_unit_starts_it_and_lets_it_end_in_its_own_time() -> None:
    unit = ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]  # systemd's keys have capitals
    unit.read_string((EXAMPLES / "smsbridge.service").read_text(encoding="utf-8"))
    service = unit["Service"]
    program, command, *options = service["ExecStart"].split()
    assert (Path(program).name, command) == ("smsbridge", "serve")
    assert parse_options(serve, options).params["config"] == "/etc/smsbridge/smsbridge.toml"
    assert int(service["TimeoutStopSec"]) > 25
    assert f"/var/lib/{service['StateDirectory']}/bridge.db" in TEXT


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    text = (EXAMPLES / "smsbridge.service").read_text(encoding="utf-8")
    unit = tmp_path / "smsbridge.service"
    unit.write_text(text.replace("/opt/smsbridge/bin/smsbridge", str(SMSBRIDGE)), encoding="utf-8")
    verify = [need("systemd-analyze", "systemd"), "verify", "--man=no", str(unit)]
    done = subprocess.run(verify, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
