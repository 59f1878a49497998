"""The command line: data on stdout, talk on stderr, the outcome in the exit code."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
from click.testing import CliRunner

from smsbridge.cli import main
from smsbridge.registry import Found, installed
from smsbridge.testing.provider import Provider
from smsbridge.testing.sample import sample_url

from fault_server import FaultServer, answer
from sending import NUMBER, PROTOCOLS, TEXT

SMSBRIDGE = str(Path(sys.executable).with_name("smsbridge"))
SECONDS = 60
COMMANDS = ("send", "backends", "mock", "demo")
ATTEMPT = {"backend", "protocol", "reference", "started"}
ACCEPTED = {"outcome", "id", "status", "provider_status"} | ATTEMPT
FAILED = {"outcome", "id", "error"} | ATTEMPT
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one line of stdout, as JSON."""
        (line,) = self.out.splitlines()
        document: dict[str, Any] = json.loads(line)
        return document


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in an empty folder, in an environment without config or proxy."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("SMSBRIDGE_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


def run(*arguments: str, stdin: str | None = None) -> Done:
    """Run a command in this process."""
    result = CliRunner().invoke(main, arguments, input=stdin)
    return Done(result.exit_code, result.stdout, result.stderr)


def real(*arguments: str, stdin: str = "", script: str = "") -> Done:
    """Run a command as a user does, or a script that does something before it."""
    command = [sys.executable, "-c", script] if script else [SMSBRIDGE]
    done = subprocess.run(
        [*command, *arguments],
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def one_line(text: str) -> bool:
    return text.count("\n") == 1 and text.endswith("\n") and text.startswith("smsbridge: ")


# --- send: four outcomes, three protocols


@contextmanager
def nobody(protocol: str) -> Iterator[str]:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield sample_url(protocol, f"http://127.0.0.1:{closed.getsockname()[1]}")


@contextmanager
def refusing(protocol: str) -> Iterator[str]:
    with FaultServer([answer(400, "{}")]) as server:
        yield sample_url(protocol, server.url)


@pytest.fixture
def url(request: pytest.FixtureRequest, protocol: str, smsbridge_mock: Provider) -> Iterator[str]:
    """Return the address of a provider with whom a send ends as the test says."""
    good = sample_url(protocol, smsbridge_mock.address)
    match request.param:
        case "nobody":
            with nobody(protocol) as url:
                yield url
        case "refusing":
            with refusing(protocol) as url:
                yield url
        case "wrong credentials":
            yield good.replace("test-key", "wr0ng-key").replace("test-secret", "wr0ng-secret")
        case "reset":
            smsbridge_mock.play("smsmobileapi/send/reset-after-request")
            yield good
        case _:
            yield good


OUTCOMES = [
    ("nobody", 5, "not_sent", {"retry"}),
    ("refusing", 6, "rejected", {"reason"}),
    ("wrong credentials", 4, "rejected", {"reason", "code"}),
    ("reset", 3, "unknown", set()),
]


def test_an_accepted_send_exits_0_with_data_on_stdout_and_talk_on_stderr(
    protocol: str, smsbridge_mock: Provider
) -> None:
    url = sample_url(protocol, smsbridge_mock.address)
    done = real("send", NUMBER, TEXT, "--url", url, "--reference", "order-4711")
    assert done.code == 0, done.err
    assert re.fullmatch(r"accepted  id [0-9a-f]{40}  status queued\n", done.out)
    assert done.err == f"smsmobileapi over {protocol}, reference order-4711\n"
    (taken,) = smsbridge_mock.messages
    assert (taken.recipient, taken.text, taken.protocol) == (NUMBER, TEXT, protocol)


@pytest.mark.parametrize(
    ("url", "code", "outcome", "more"), OUTCOMES, ids=[row[0] for row in OUTCOMES], indirect=["url"]
)
def test_every_other_outcome_has_an_exit_code_and_one_line_on_stderr(
    protocol: str, url: str, code: int, outcome: str, more: set[str]
) -> None:
    done = real("send", NUMBER, TEXT, "--url", url, "--reference", "order-4711")
    assert done.code == code, done.err
    assert done.out == ""
    assert one_line(done.err)
    assert f"smsmobileapi over {protocol}, reference order-4711" in done.err
    private = ("test-key", "test-secret", "wr0ng", NUMBER, NUMBER[1:], TEXT)
    assert [word for word in private if word in done.err] == []


def test_json_of_an_accepted_send_has_these_keys(protocol: str, smsbridge_mock: Provider) -> None:
    url = sample_url(protocol, smsbridge_mock.address)
    done = run("send", NUMBER, TEXT, "--url", url, "--reference", "order-4711", "--json")
    assert (done.code, done.err) == (0, "")
    document = done.document
    assert set(document) == ACCEPTED
    assert re.fullmatch("[0-9a-f]{40}", document["id"])
    assert datetime.fromisoformat(document["started"]).tzinfo is not None
    fixed = {key: document[key] for key in ACCEPTED - {"id", "started"}}
    assert fixed == {
        "outcome": "accepted",
        "status": "queued",
        "provider_status": "1",
        "backend": "smsmobileapi",
        "protocol": protocol,
        "reference": "order-4711",
    }


@pytest.mark.parametrize(
    ("url", "code", "outcome", "more"), OUTCOMES, ids=[row[0] for row in OUTCOMES], indirect=["url"]
)
def test_json_of_every_other_outcome_has_these_keys(
    protocol: str, url: str, code: int, outcome: str, more: set[str]
) -> None:
    done = run("send", NUMBER, TEXT, "--url", url, "--reference", "order-4711", "--json")
    assert done.code == code
    assert one_line(done.err)
    document = done.document
    assert set(document) - {"code"} == (FAILED | more) - {"code"}
    assert "code" in document or "code" not in more
    assert (document["outcome"], document["id"]) == (outcome, None)
    assert (document["protocol"], document["reference"]) == (protocol, "order-4711")
    assert document["error"] in done.err


def test_json_of_a_provider_that_asks_to_wait_says_how_long() -> None:
    with FaultServer([answer(429, "{}", retry_after="7")]) as server:
        done = run("send", NUMBER, TEXT, "--url", sample_url("rest", server.url), "--json")
    assert done.code == 5
    assert set(done.document) == FAILED | {"retry", "retry_after"}
    assert done.document["retry_after"] == 7


def test_an_answer_without_an_id_is_accepted_and_shown_without() -> None:
    assert run("send", NUMBER, TEXT, "--url", "console://").out.startswith("accepted  id -  ")
    assert run("send", NUMBER, TEXT, "--url", "console://", "--json").document["id"] is None


# --- send: where the config comes from


def test_a_bare_send_takes_smsbridge_url(smsbridge_mock: Provider) -> None:
    assert run("send", NUMBER, TEXT).code == 0
    assert [taken.protocol for taken in smsbridge_mock.messages] == ["rest"]


def test_backend_takes_a_block_of_the_file_also_where_smsbridge_url_is_set(
    tmp_path: Path, smsbridge_mock: Provider
) -> None:
    (tmp_path / "smsbridge.toml").write_text(
        f"""
        default = "memory"
        [backends.memory]
        backend = "memory"
        [backends.staging]
        backend = "smsmobileapi"
        protocol = "soap"
        url = "{smsbridge_mock.address}"
        api_key = "test-key"
        """
    )
    assert run("send", NUMBER, TEXT, "--backend", "staging").code == 0
    assert [taken.protocol for taken in smsbridge_mock.messages] == ["soap"]


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\nmore\n"])
def test_url_on_stdin_keeps_the_key_out_of_the_list_of_processes(
    smsbridge_mock: Provider, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.delenv("SMSBRIDGE_URL")
    url = sample_url("rest", smsbridge_mock.address)
    arguments = ("send", NUMBER, TEXT, "--url", "-")
    assert "test-key" not in " ".join(arguments)
    done = real(*arguments, stdin=url + end)
    assert done.code == 0, done.err
    assert len(smsbridge_mock.messages) == 1


# --- send: what a message may be


@pytest.mark.parametrize("protocol", ["rest", "oauth"])
@pytest.mark.parametrize(
    ("options", "channels"),
    [
        ([], ["sms"]),
        (["--sms"], ["sms"]),
        (["--whatsapp"], ["whatsapp"]),
        (["--sms", "--whatsapp"], ["sms", "whatsapp"]),
    ],
)
def test_channels_reach_the_provider(
    smsbridge_mock: Provider, protocol: str, options: list[str], channels: list[str]
) -> None:
    url = sample_url(protocol, smsbridge_mock.address)
    assert run("send", NUMBER, TEXT, "--url", url, *options).code == 0
    assert [taken.channels for taken in smsbridge_mock.messages] == [channels]


@pytest.mark.parametrize(
    "at",
    [TOMORROW.isoformat(), TOMORROW.astimezone().isoformat(), f"{TOMORROW:%Y-%m-%dT%H:%M:%SZ}"],
)
def test_at_reaches_the_provider_as_the_moment_it_names(smsbridge_mock: Provider, at: str) -> None:
    assert run("send", NUMBER, TEXT, "--at", at).code == 0
    form = parse_qs(smsbridge_mock.requests[0].body.decode())
    assert form["schedule_timestamp"] == [str(int(TOMORROW.timestamp()))]


def test_a_reference_goes_out_where_the_provider_has_a_field_and_comes_back() -> None:
    reply = answer(200, '{"message": {"state": "QUEUED", "id": "m-7"}}')
    with FaultServer([reply]) as server:
        url = f"acme+rest://user:pass@{server.url.removeprefix('http://')}?tls=off"
        done = run("send", NUMBER, TEXT, "--url", url, "--reference", "order-4711", "--json")
        assert json.loads(server.sends[0].body)["message"]["reference"] == "order-4711"
    assert (done.code, done.document["reference"]) == (0, "order-4711")


def test_a_reference_is_made_where_none_is_given(smsbridge_mock: Provider) -> None:
    made = {run("send", NUMBER, TEXT, "--json").document["reference"] for _ in range(2)}
    assert len(made) == 2
    assert all(made)


REFUSALS = {
    "no number": ([], ["TO"]),
    "no text": ([NUMBER], ["TEXT"]),
    "no plus": (["12025550123", TEXT], ["recipient", "+12025550123"]),
    "a name for a number": (["Alice", TEXT], ["recipient"]),
    "an empty text": ([NUMBER, ""], ["text"]),
    "a text of spaces": ([NUMBER, "  \n"], ["text"]),
    "an unknown option": ([NUMBER, TEXT, "--whatsap"], ["--whatsap", "--whatsapp"]),
    "a third argument": ([NUMBER, "Hello", "there"], ["there"]),
    "at no time": ([NUMBER, TEXT, "--at", "soon"], ["--at 'soon'", "2027-01-31T09:00+00:00"]),
    "at an empty time": ([NUMBER, TEXT, "--at", ""], ["--at", "2027-01-31T09:00+00:00"]),
    "at a naive time": (
        [NUMBER, TEXT, "--at", "2027-01-31T09:00"],
        ["--at", "time zone", "2027-01-31T09:00+00:00"],
    ),
    "at a date": ([NUMBER, TEXT, "--at", "2027-01-31"], ["--at", "2027-01-31T09:00+00:00"]),
    "at a past time": ([NUMBER, TEXT, "--at", "2020-01-31T09:00+00:00"], ["future"]),
    "an empty reference": ([NUMBER, TEXT, "--reference", ""], ["reference"]),
    "a block and no file": ([NUMBER, TEXT, "--backend", "staging"], ["smsbridge.toml"]),
    "an empty block": ([NUMBER, TEXT, "--backend", ""], ["--backend"]),
    "an empty url": ([NUMBER, TEXT, "--url", ""], ["BACKEND+PROTOCOL://"]),
    "an empty stdin": ([NUMBER, TEXT, "--url", "-"], ["BACKEND+PROTOCOL://"]),
    "an unknown backend": ([NUMBER, TEXT, "--url", "smpp://KEY@sms.example"], ["smsmobileapi"]),
    "two places": (
        [NUMBER, TEXT, "--backend", "staging", "--url", "memory://"],
        ["--backend", "--url"],
    ),
}


@pytest.mark.parametrize(("arguments", "says"), REFUSALS.values(), ids=REFUSALS.keys())
def test_what_cannot_be_sent_exits_2_before_anything_leaves(
    smsbridge_mock: Provider, arguments: list[str], says: list[str]
) -> None:
    done = run("send", *arguments, stdin="")
    assert smsbridge_mock.requests == []
    assert done.code == 2
    assert done.out == ""
    assert [word for word in says if word not in done.err] == []
    assert "Traceback" not in done.err


def test_without_any_config_send_exits_2_and_says_how_to_give_one() -> None:
    done = run("send", NUMBER, TEXT)
    assert (done.code, done.out) == (2, "")
    assert "SMSBRIDGE_URL" in done.err
    assert "smsbridge.toml" in done.err


def test_an_unknown_block_exits_2_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "smsbridge.toml").write_text('[backends.staging]\nbackend = "memory"')
    done = run("send", NUMBER, TEXT, "--backend", "stagng")
    assert done.code == 2
    assert "did you mean 'staging'" in done.err


@pytest.mark.parametrize(
    "options", [["--whatsapp"], ["--whatsapp", "--sms"], ["--at", TOMORROW.isoformat()]]
)
def test_what_soap_cannot_do_exits_2_and_names_the_protocols_that_can(
    smsbridge_mock: Provider, options: list[str]
) -> None:
    url = sample_url("soap", smsbridge_mock.address)
    done = run("send", NUMBER, TEXT, "--url", url, *options)
    assert (done.code, done.out, smsbridge_mock.requests) == (2, "", [])
    assert one_line(done.err)
    assert "rest and oauth" in done.err


def test_no_part_of_a_refused_url_is_shown() -> None:
    done = real("send", NUMBER, TEXT, "--url", "smsmobileapi+rest://canary1/canary2@canary.example")
    assert done.code == 2
    assert "canary" not in done.out + done.err


# --- backends

BROKEN = Found(name="shaky", distribution="shaky-sms", broken="ImportError: no module")


def test_backends_lists_each_protocol_and_where_it_comes_from() -> None:
    done = real("backends")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    for origin in ("acme, from acme-sms", "memory, from smsbridge", "smsmobileapi, from smsbridge"):
        assert origin in lines
    assert sum(line.split()[0] in PROTOCOLS for line in lines) == 5
    assert "options." not in done.out
    assert max(len(line) for line in lines) <= 80


def test_backends_as_json_is_one_object_a_line() -> None:
    done = real("backends", "--json")
    assert (done.code, done.err) == (0, "")
    rows = [json.loads(line) for line in done.out.splitlines()]
    keys = {"backend", "protocol", "operations", "channels", "options", "origin"}
    assert {frozenset(row) for row in rows} == {frozenset(keys)}
    by_name = {(row["backend"], row["protocol"]): row for row in rows}
    assert by_name["acme", "rest"] == {
        "backend": "acme",
        "protocol": "rest",
        "operations": ["send"],
        "channels": ["sms"],
        "options": ["reference"],
        "origin": "acme-sms",
    }
    assert by_name["smsmobileapi", "rest"]["channels"] == ["sms", "sms+whatsapp", "whatsapp"]
    assert by_name["smsmobileapi", "soap"]["channels"] == ["sms"]
    assert "send_at" in by_name["smsmobileapi", "oauth"]["options"]
    assert "send_at" not in by_name["smsmobileapi", "soap"]["options"]


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_backends_shows_a_broken_plug_in_and_the_others(
    options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [*installed(), BROKEN]
    monkeypatch.setattr("smsbridge.capabilities.installed", lambda: found)
    done = run("backends", *options)
    assert done.code == 0
    (line,) = (line for line in done.out.splitlines() if "shaky" in line)
    assert "shaky-sms: broken, ImportError: no module" in line
    assert "smsmobileapi" in done.out


# --- mock


def test_the_mock_says_and_serves_the_address_that_clients_use() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        subprocess.Popen(
            [SMSBRIDGE, "mock", "--port", str(port), "--address", "http://sms-mock:8765"],
            stdout=subprocess.PIPE,
            encoding="utf-8",
        ) as process,
        killed_when_late(process),
    ):
        assert process.stdout
        ready = json.loads(process.stdout.readline())
        wsdl = requests.get(f"http://127.0.0.1:{port}/sendsms/wsdl/sendsms.wsdl", timeout=10).text
        process.terminate()
    assert ready["address"] == "http://sms-mock:8765"
    assert 'location="http://sms-mock:8765/sendsms/wsdl/server.php"' in wsdl


def test_the_mock_prints_one_json_line_and_ends_with_ctrl_c() -> None:
    with (
        subprocess.Popen(
            [SMSBRIDGE, "mock", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as process,
        killed_when_late(process),
    ):
        assert process.stdout
        ready = json.loads(process.stdout.readline())
        url = sample_url("rest", ready["address"])
        done = run("send", NUMBER, TEXT, "--url", url)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert done.code == 0
    assert set(ready) == {"address", "credentials", "control"}
    assert set(ready["credentials"]) == {"api_key", "client_id", "client_secret"}
    assert (process.returncode, out, err) == (0, "", "")


ENDS_BEFORE_IT_SERVES = """
import threading
threading.Event.wait = lambda *_: True
from smsbridge.cli import main
main()
"""


@pytest.mark.parametrize("port", ["-1", "65536", "99999", "http"])
def test_the_mock_refuses_a_port_that_is_none(port: str) -> None:
    done = real("mock", "--port", port, script=ENDS_BEFORE_IT_SERVES)
    assert (done.code, done.out) == (2, "")
    assert "--port" in done.err


def test_the_mock_at_a_port_that_is_taken_exits_1_and_says_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = real("mock", "--port", port)
    assert (done.code, done.out) == (1, "")
    assert port in done.err
    assert "in use" in done.err
    assert done.err.count("\n") == 1


def test_the_mock_at_a_host_that_is_none_exits_1_and_says_so() -> None:
    done = real("mock", "--host", "192.0.2.1", "--port", "0")
    assert (done.code, done.out) == (1, "")
    assert "192.0.2.1" in done.err
    assert done.err.count("\n") == 1


def test_the_mock_refuses_a_scenario_that_it_does_not_know() -> None:
    done = real("mock", "--port", "0", "--scenario", "smsmobileapi/send/mvoed")
    assert (done.code, done.out) == (2, "")
    assert "smsmobileapi/send/moved" in done.err


# --- help


def test_version_is_that_of_the_distribution() -> None:
    done = real("--version")
    assert (done.code, done.out, done.err) == (0, f"smsbridge {version('smsbridge')}\n", "")


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_shows_examples_and_exit_codes_before_the_options(option: str) -> None:
    done = run(option)
    assert done.code == 0
    head, _, tail = done.out.partition("\nOptions:\n")
    assert "\n  Examples:\n    smsbridge demo\n" in head
    assert "0 done" in head
    assert [command for command in COMMANDS if f"\n  {command} " not in tail] == []


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_is_shown_by_either_option(command: str, option: str) -> None:
    done = run(command, option)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: main {command} ")
    assert "\b" not in done.out
    assert r"\b" not in done.out


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_has_an_example_on_a_line_of_its_own_before_the_options(
    command: str,
) -> None:
    head, _, _ = run(command, "-h").out.partition("\nOptions:\n")
    assert re.search(rf"^ +smsbridge {command}\b", head, re.MULTILINE)


def test_without_a_command_the_help_is_shown() -> None:
    done = run()
    assert done.code == 2
    assert "Examples:" in done.out + done.err


@pytest.mark.parametrize("command", ["sned", "--nope"])
def test_an_unknown_command_or_option_exits_2(command: str) -> None:
    done = run(command)
    assert (done.code, done.out) == (2, "")
    assert command in done.err


# --- what goes wrong


def test_an_unexpected_error_is_one_line_without_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("canary\nof a secret")

    monkeypatch.setattr("smsbridge.capabilities.installed", fail)
    done = run("backends")
    assert (done.code, done.out) == (1, "")
    assert one_line(done.err)
    assert "RuntimeError" in done.err
    assert "canary" not in done.err


WITHOUT = """
import sys
missing, *sys.argv[1:] = sys.argv[1:]
sys.modules.update(dict.fromkeys(missing.split()))
from smsbridge.cli import main
main()
"""


@pytest.mark.parametrize(
    ("library", "command", "extra"),
    [
        ("yaml", "mock", "testing"),
        ("pytest_httpserver", "mock", "testing"),
        ("yaml", "demo", "testing"),
        ("pytest_httpserver", "demo", "testing"),
        ("aiohttp", "demo", "async"),
    ],
)
def test_a_missing_extra_exits_2_and_is_named(library: str, command: str, extra: str) -> None:
    done = real(library, command, script=WITHOUT)
    assert (done.code, done.out) == (2, "")
    assert one_line(done.err)
    assert f"smsbridge[{extra}]" in done.err


@pytest.mark.parametrize("library", ["yaml", "pytest_httpserver"])
def test_a_missing_extra_is_named_also_for_a_mock_with_a_scenario(library: str) -> None:
    scenario = ("--port", "0", "--scenario", "smsmobileapi/send/moved")
    done = real(library, "mock", *scenario, script=WITHOUT)
    assert (done.code, done.out) == (2, "")
    assert "smsbridge[testing]" in done.err


EXTRAS = "yaml pytest_httpserver werkzeug aiohttp pytest"


@pytest.mark.parametrize(
    "arguments", [["backends"], ["--help"], ["send", NUMBER, TEXT, "--url", "memory://"]]
)
def test_a_bare_install_needs_no_extra(arguments: list[str]) -> None:
    assert real(EXTRAS, *arguments, script=WITHOUT).code == 0


def test_a_bare_install_sends_over_each_protocol(protocol: str, smsbridge_mock: Provider) -> None:
    url = sample_url(protocol, smsbridge_mock.address)
    done = real(EXTRAS, "send", NUMBER, TEXT, "--url", url, script=WITHOUT)
    assert done.code == 0, done.err


INTERRUPTIBLE = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from smsbridge.cli import main
main()
"""


@contextmanager
def killed_when_late(process: subprocess.Popen[str]) -> Iterator[None]:
    late = threading.Timer(SECONDS, process.kill)
    late.start()
    try:
        yield
    finally:
        late.cancel()
        process.kill()


@contextmanager
def held() -> Iterator[tuple[str, threading.Event]]:
    """Serve one request that is never answered; the event says that it came."""
    came, over = threading.Event(), threading.Event()

    def hold(connection: socket.socket) -> None:
        connection.recv(65_536)
        came.set()
        over.wait(SECONDS)

    with FaultServer(on_accept=hold) as server:
        try:
            yield server.url, came
        finally:
            over.set()


def test_ctrl_c_in_the_middle_of_a_send_shows_no_traceback(protocol: str) -> None:
    with held() as (address, came):
        url = sample_url(protocol, address)
        command = [sys.executable, "-c", INTERRUPTIBLE, "send", NUMBER, TEXT, "--url", url]
        with (
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
            ) as process,
            killed_when_late(process),
        ):
            assert came.wait(SECONDS)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate()
    assert process.returncode not in (0, -signal.SIGKILL)
    assert out == ""
    assert "Traceback" not in err
    assert err.strip().count("\n") == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["backends"],
        ["backends", "--json"],
        ["demo"],
        ["mock", "--port", "0"],
        ["send", NUMBER, TEXT, "--url", "memory://"],
        ["--help"],
        ["--version"],
    ],
    ids=" ".join,
)
def test_a_stdout_that_is_closed_shows_no_traceback(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [SMSBRIDGE, *arguments],
            stdout=writing,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
    finally:
        os.close(writing)
    assert done.stderr == ""
    assert done.returncode in (0, 1)


def test_a_real_pipe_into_head_shows_no_traceback() -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", '"$0" backends | head -n 0', SMSBRIDGE],
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("", "")
