"""``smsbridge webhook``: what is shown of what arrives, and what is sent."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from smsbridge.cli.webhook import listen, open_listener
from smsbridge.serving.webhooks import webhook_types
from smsbridge.webhooks.event_reader import MOST_BYTES

from support.commands import SMSBRIDGE, killed_when_late, one_line, parse_options, run
from support.fault_server import FaultServer, answer
from support.webhooking import (
    NEXT,
    SECRET,
    TABLES,
    happened,
    read_one,
    signed,
    unsigned,
)

pytestmark = pytest.mark.usefixtures("nowhere")


@dataclass
class Listening:
    """A ``webhook listen`` that runs: what it said it is, and what it has shown at its end."""

    ready: dict[str, Any]
    out: list[str] = field(default_factory=list)

    @property
    def shown(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out]

    @property
    def address(self) -> str:
        return str(self.ready["address"])


@contextmanager
def listening(*arguments: str) -> Iterator[Listening]:
    """Take webhooks as the command would until the block ends."""
    given = parse_options(listen, ["--port", "0", *arguments])
    out: list[str] = []
    with open_listener(out.append, **given.params) as ready:
        yield Listening(ready, out)


@contextmanager
def process(*arguments: str, end: int) -> Iterator[Listening]:
    """Run ``smsbridge webhook listen`` as a user does, until a signal ends it."""
    with (
        subprocess.Popen(
            [SMSBRIDGE, "webhook", "listen", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as running,
        killed_when_late(running),
    ):
        assert running.stderr
        heard = Listening(json.loads(running.stderr.readline()))
        yield heard
        running.send_signal(end)
        out, err = running.communicate()
        heard.out += out.splitlines()
    assert (running.returncode, err) == (0, "")


def trigger(*arguments: str, kind: str = "sms.received") -> tuple[int, str]:
    done = run("webhook", "trigger", kind, *arguments)
    assert done.err == ""
    return done.code, done.out.strip()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_what_arrives_is_shown_until_it_is_ended(end: int) -> None:
    with process("--secret", SECRET, end=end) as heard:
        assert trigger("--to", heard.address, "--secret", SECRET) == (0, "sms.received  200")
    assert heard.ready == {
        "address": heard.address,
        "signature": "checked",
        "forward_to": None,
    }
    (line,) = heard.out
    assert line.startswith("200  sms.received  signature valid  {")
    assert '"from": "+447700900123", "message": "Hello"' in line


def test_json_is_one_object_a_line() -> None:
    with listening("--json") as heard:
        trigger("--to", heard.address)
        trigger("--to", heard.address, kind="whatsapp.failed")
        trigger("--to", heard.address, "--v1")
    assert heard.ready["signature"] == "not checked"
    first, second, third = heard.shown
    assert {frozenset(row) for row in heard.shown} == {
        frozenset({"status", "signature", "why", "event"})
    }
    assert (first["status"], first["signature"], first["why"]) == (200, "not checked", "")
    assert first["event"]["type"] == third["event"]["type"] == "sms.received"
    assert second["event"]["type"] == "whatsapp.failed"
    assert (first["event"]["id"] is None, third["event"]["id"]) == (False, None)
    assert set(third["event"]["data"]) == set(TABLES[-2].texts)


def post(heard: Listening, request: Any, path: str = "") -> int:
    return requests.request(
        request.method,
        heard.address + path,
        data=request.body,
        headers=dict(request.headers),
        timeout=10,
    ).status_code


def test_with_a_secret_what_is_not_signed_is_refused_and_not_forwarded() -> None:
    with (
        FaultServer([]) as server,
        listening("--secret", SECRET, "--json", "--forward-to", server.url) as heard,
    ):
        assert trigger("--to", heard.address, "--secret", NEXT) == (1, "sms.received  401")
        assert trigger("--to", heard.address) == (1, "sms.received  401")
        assert trigger("--to", heard.address, "--v1") == (1, "sms.received  401")
        assert post(heard, signed(late=999)) == 401
        assert server.sends == []
    assert {(row["status"], row["signature"], row["event"]) for row in heard.shown} == {
        (401, "invalid", None)
    }
    assert all(row["why"] for row in heard.shown)


@pytest.mark.parametrize(
    ("configured", "sent"), [([SECRET], [SECRET, NEXT]), ([SECRET, NEXT], [NEXT])]
)
def test_secrets_may_be_two(configured: Sequence[str], sent: Sequence[str]) -> None:
    def given(secrets: Sequence[str]) -> list[str]:
        return [word for secret in secrets for word in ("--secret", secret)]

    with listening(*given(configured)) as heard:
        assert trigger("--to", heard.address, *given(sent))[0] == 0


def test_a_secret_may_be_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMSBRIDGE_WEBHOOK_SECRET", SECRET)
    with listening("--json") as heard:
        assert trigger("--to", heard.address)[0] == 0
        assert trigger("--to", heard.address, "--secret", NEXT)[0] == 1
        assert trigger("--to", heard.address, "--v1")[0] == 1
    assert [row["signature"] for row in heard.shown] == ["valid", "invalid", "invalid"]


def test_it_forwards_what_came_as_it_came_and_gives_the_status_back() -> None:
    with (
        FaultServer([answer(202), answer(503), "reset-after-request"]) as server,
        listening("--json", "--secret", SECRET, "--forward-to", f"{server.url}/in?x=1") as heard,
    ):
        assert trigger("--to", heard.address, "--secret", SECRET) == (0, "sms.received  202")
        assert trigger("--to", heard.address, "--secret", SECRET) == (1, "sms.received  503")
        assert trigger("--to", heard.address, "--secret", SECRET) == (1, "sms.received  502")
    assert server.sends[0].path == "/in?x=1"
    assert read_one(server.sends[0].body).type == "sms.received"
    assert [row["status"] for row in heard.shown] == [202, 503, 502]
    assert "reset" in heard.shown[2]["why"]


def test_what_is_forwarded_still_has_its_signature() -> None:
    with listening("--secret", SECRET) as app, listening("--forward-to", app.address) as heard:
        assert trigger("--to", heard.address, "--secret", SECRET)[0] == 0
        assert trigger("--to", heard.address, "--secret", NEXT) == (1, "sms.received  401")
    assert "signature valid" in app.out[0]
    assert "signature not checked" in heard.out[0]


def test_what_can_t_be_read_is_shown_with_its_status() -> None:
    with listening("--json", "--path", "/sms") as heard:
        request = unsigned()
        assert heard.address.endswith("/sms")
        assert post(heard, request) == 200
        assert post(heard, request, "/other") == 404
        assert requests.get(heard.address, timeout=30).status_code == 405
        assert requests.post(heard.address, data=b"{}", timeout=30).status_code == 400
        big = b" " * (3 * MOST_BYTES)
        assert requests.post(heard.address, data=big, timeout=30).status_code == 413
    assert [row["status"] for row in heard.shown] == [200, 404, 405, 400, 413]


def test_nothing_that_arrives_can_steer_a_terminal() -> None:
    with listening() as heard:
        event = happened(text="\x1b[2J \u202e\x9b é \U0001f600", event_id="1")
        assert post(heard, signed(event)) == 200
    (line,) = heard.out
    assert line.isprintable()
    assert "é \U0001f600" in line


def test_what_a_client_breaks_off_is_no_trouble() -> None:
    with listening("--json") as heard:
        host, port = heard.address.removeprefix("http://").split(":")
        for said in (
            b"",
            b"nonsense\r\n\r\n",
            b"POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\nshort",
        ):
            with socket.create_connection((host, int(port)), 10) as client:
                client.sendall(said)
        assert trigger("--to", heard.address)[0] == 0
    assert heard.shown[-1]["status"] == 200


@pytest.mark.parametrize("kind", webhook_types(TABLES))
def test_each_type_can_be_sent(kind: str) -> None:
    with FaultServer([answer(200)]) as server:
        assert trigger("--to", server.url, "--set", "extra=a=b", kind=kind) == (0, f"{kind}  200")
    (got,) = server.sends
    event = read_one(got.body)
    assert (event.type, event.data["extra"]) == (kind, "a=b")


def test_fields_are_set() -> None:
    with FaultServer([answer(200), answer(200)]) as server:
        trigger("--to", server.url, "--set", "message=I am late", "--set", "guid=7")
        trigger("--to", server.url, "--v1", "--set", "message=I am late", "--set", "hour=")
    first, second = (json.loads(got.body) for got in server.sends)
    assert (first["data"]["message"], first["data"]["guid"]) == ("I am late", "7")
    assert (second["message"], second["hour"], len(second)) == ("I am late", "", 6)


def test_two_triggers_are_two_events() -> None:
    with listening("--json") as heard:
        trigger("--to", heard.address)
        trigger("--to", heard.address)
    first, second = (row["event"] for row in heard.shown)
    assert first["id"] != second["id"]
    assert first["data"]["guid"] != second["data"]["guid"]


TO = ("--to", "http://127.0.0.1:9")
REFUSALS: dict[str, tuple[list[str], str]] = {
    "not a type": (["sms.recieved", *TO], "did you mean 'sms.received'"),
    "another type of the first version": (["sms.sent", *TO, "--v1"], "known: sms.received"),
    "a field that the first version has not": (
        ["sms.received", *TO, "--v1", "--set", "mesage=x"],
        "did you mean 'message'",
    ),
    "no NAME=VALUE": (["sms.received", *TO, "--set", "message"], "NAME=VALUE"),
    "no name": (["sms.received", *TO, "--set", "=x"], "NAME=VALUE"),
    "a secret for the first version": (
        ["sms.received", *TO, "--v1", "--secret", SECRET],
        "leave --secret out",
    ),
    "an empty secret": (["sms.received", *TO, "--secret", ""], "a secret is empty"),
    "no URL": (["sms.received", "--to", "127.0.0.1"], "give http:// or https://"),
    "nowhere": (["sms.received"], "--to"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_can_t_be_sent_exits_2_and_says_why(name: str) -> None:
    arguments, said = REFUSALS[name]
    done = run("webhook", "trigger", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert SECRET not in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--secret", ""],
        ["--path", "sms"],
        ["--forward-to", "127.0.0.1"],
        ["--port", "65536"],
    ],
)
def test_what_can_t_be_listened_with_exits_2(arguments: list[str]) -> None:
    done = run("webhook", "listen", *arguments)
    assert (done.code, done.out) == (2, "")


def test_an_empty_secret_in_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMSBRIDGE_WEBHOOK_SECRET", "")
    assert run("webhook", "listen").code == 2


def test_a_port_that_is_taken_exits_1_and_says_so() -> None:
    with listening() as heard:
        port = heard.address.rpartition(":")[2]
        done = run("webhook", "listen", "--port", port)
    assert (done.code, done.out) == (1, "")
    assert port in done.err
    assert "in use" in done.err


def test_nobody_there_exits_1_in_one_line() -> None:
    done = run("webhook", "trigger", "sms.received", "--to", "http://127.0.0.1:9")
    assert (done.code, done.out) == (1, "")
    assert one_line(done.err)
    assert "refused" in done.err


def test_the_commands_are_in_the_help() -> None:
    assert "webhook" in run("--help").out
    done = run("webhook", "--help")
    assert "listen" in done.out
    assert "trigger" in done.out


# Another provider


def test_a_provider_that_signs_with_its_credentials_is_heard_and_others_are_refused() -> None:
    with listening("--json", "--backend", "twilio") as heard:
        assert heard.ready["signature"] == "checked"
        by_twilio = ("--backend", "twilio", "--to", f"{heard.address}/sms?tenant=7")
        assert trigger(*by_twilio, kind="delivered") == (0, "delivered  200")
        late = ("--set", "Body=I am late")
        assert trigger(*by_twilio, *late, kind="arrived") == (0, "arrived  200")
        by_plivo = ("--backend", "plivo", "--to", heard.address)
        assert trigger(*by_plivo, kind="delivered") == (1, "delivered  401")
    first, second, third = heard.shown
    assert (first["signature"], first["event"]["message"]["status"]) == ("valid", "delivered")
    assert second["event"]["message"]["text"] == "I am late"
    assert (third["signature"], third["event"]) == ("invalid", None)


def test_a_type_that_the_provider_has_not_and_a_provider_without_any_are_named() -> None:
    for arguments, why in (
        (("read", "--backend", "plivo"), "'read' is not a type of event; "),
        (("arrived", "--backend", "kavenegar"), "kavenegar has no webhooks"),
    ):
        done = run("webhook", "trigger", *arguments, "--to", "http://127.0.0.1:9")
        assert (done.code, why in done.err) == (2, True), done.err
