"""``smsbridge mock``: where it listens, what it breaks, and how it ends."""

from __future__ import annotations

import json
import queue
import re
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import requests

from smsbridge.cli.webhook import listen, open_listener
from smsbridge.testing.faults.table import FAULTS
from smsbridge.testing.mock.default import sample_url

from support.commands import SMSBRIDGE, killed_when_late, parse_options, run
from support.mocking import control, mocking
from support.sending import NUMBER, TEXT
from support.sockets import kept_port
from support.vendor import CONFIG, WSDL

pytestmark = pytest.mark.usefixtures("nowhere")


def test_the_mock_says_and_serves_the_address_that_clients_use() -> None:
    given = ("--address", "http://sms-mock:8765/")
    with kept_port() as port, mocking("--port", str(port), *given) as ready:
        wsdl = requests.get(f"http://127.0.0.1:{port}/sendsms/wsdl/sendsms.wsdl", timeout=30).text
        asked = {
            host: requests.get(
                f"http://127.0.0.1:{port}/_mock/health", headers={"Host": host}, timeout=10
            ).status_code
            for host in ("sms-mock:8765", f"localhost:{port}", "evil.example")
        }
    assert ready["address"] == "http://sms-mock:8765"
    assert ready["control"] == "http://sms-mock:8765/_mock"
    assert 'location="http://sms-mock:8765/sendsms/wsdl/server.php"' in wsdl
    assert asked == {"sms-mock:8765": 200, f"localhost:{port}": 200, "evil.example": 403}


@pytest.mark.parametrize("address", ["sms-mock:8765", "", "ftp://sms-mock", "http://"])
def test_an_address_that_nobody_can_ask_is_refused(address: str) -> None:
    done = run("mock", "--port", "0", "--address", address)
    assert (done.code, done.out) == (2, "")
    assert "--address: give http:// or https:// and a host" in done.err


def test_the_mock_ends_at_once_with_sigterm_whoever_is_connected() -> None:
    sending = b"POST /sendsms/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf"
    with (
        process("--fault", "silence") as (running, ready),
        ExitStack() as stack,
    ):
        where = ("127.0.0.1", int(ready["address"].rpartition(":")[2]))
        idle, half, silent = (
            stack.enter_context(socket.create_connection(where, 10)) for _ in range(3)
        )
        half.sendall(sending)
        form = f"apikey=test-key&recipients=%2B12025550123&message={TEXT}".encode()
        silent.sendall(sending.replace(b"h: 9", b"h: %d" % len(form))[:-4] + form)
        while not control(ready, "messages"):
            pass
        before = time.monotonic()
        running.terminate()
        assert (running.wait(20), *running.communicate()) == (0, "", "")
        assert time.monotonic() - before < 10
        assert [one.recv(1) for one in (idle, half, silent)] == [b"", b"", b""]


def test_the_mock_ends_with_sigterm_under_load_and_gives_no_half_of_an_answer() -> None:
    answers: list[str] = []

    def ask(url: str) -> None:
        form = {"apikey": "test-key", "recipients": NUMBER, "message": TEXT}
        with requests.Session() as session, suppress(requests.ConnectionError):
            session.trust_env = False
            while True:
                answers.append(session.post(url, data=form, timeout=30).json()["result"]["sent"])

    with process() as (running, ready), ThreadPoolExecutor(8) as pool:
        asking = [pool.submit(ask, f"{ready['address']}/sendsms/") for _ in range(8)]
        while len(answers) < 100:
            time.sleep(0.005)
        running.terminate()
        assert (running.wait(20), *running.communicate()) == (0, "", "")
        for one in asking:
            one.result(20)
    assert set(answers) == {"1"}


def test_the_mock_prints_one_json_line_and_ends_with_ctrl_c() -> None:
    with process() as (running, ready):
        done = run("send", NUMBER, TEXT, "--url", sample_url("rest", ready["address"]))
        running.send_signal(signal.SIGINT)
        out, err = running.communicate()
    assert done.code == 0
    assert set(ready) == {"address", "plays", "provenance", "credentials", "control", "page"}
    assert set(ready["credentials"]) == {"api_key", "client_id", "client_secret"}
    assert (running.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize("port", ["-1", "65536", "99999", "http"])
def test_the_mock_refuses_a_port_that_is_none(port: str) -> None:
    done = run("mock", "--port", port)
    assert (done.code, done.out) == (2, "")
    assert "--port" in done.err


@pytest.mark.parametrize("more", [(), ("--fault", "refused")], ids=" ".join)
def test_at_a_port_that_is_taken_nothing_is_served_or_refused(more: tuple[str, ...]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("mock", "--port", str(port), *more)
    assert (done.code, done.out) == (1, "")
    assert done.err == f"Error: can't listen on 127.0.0.1, port {port}: Address already in use\n"


def test_the_mock_at_a_host_that_is_none_exits_1_and_says_so() -> None:
    done = run("mock", "--host", "192.0.2.1", "--port", "0")
    assert (done.code, done.out) == (1, "")
    assert "192.0.2.1" in done.err
    assert done.err.count("\n") == 1


def test_the_mock_refuses_a_scenario_that_it_does_not_know() -> None:
    done = run("mock", "--port", "0", "--scenario", "smsmobileapi/send/mvoed")
    assert (done.code, done.out) == (2, "")
    assert "smsmobileapi/send/moved" in done.err


# --- its verdict


def test_check_says_in_words_what_was_wrong_and_exits_1() -> None:
    with process("--check", "--scenario", "smsmobileapi/send/wrong-key-rest") as (running, ready):
        assert control(ready, "verify")["verdict"] == "failed"
        running.terminate()
        out, err = running.communicate()
    assert (running.returncode, out) == (1, "")
    assert err == (
        "verdict on smsmobileapi/send/wrong-key-rest: failed (0 requests, 0 messages accepted)\n"
        "  unplayed: send was never played\n"
    )


def test_check_exits_0_when_nothing_was_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    with mocking("--check") as ready:
        assert run("send", NUMBER, TEXT, "--url", sample_url("rest", ready["address"])).code == 0
        requests.post(f"{ready['control']}/reset", timeout=30)
    assert capsys.readouterr().err == (
        "verdict on smsmobileapi/default: passed (1 request, 1 message accepted)\n"
    )


@contextmanager
def failing(*arguments: str) -> Iterator[dict[str, Any]]:
    """Serve what the command would with --check, which has to exit 1."""
    code: Any = None
    try:
        with mocking("--check", *arguments) as ready:
            yield ready
    except SystemExit as ended:
        code = ended.code
    assert code == 1


def test_check_judges_what_was_wrong_before_a_reset() -> None:
    with failing() as ready:
        assert requests.get(ready["address"], timeout=30).status_code == 404
        requests.post(f"{ready['control']}/reset", timeout=30)


def test_with_quirks_fail_a_leniency_fails_the_check() -> None:
    with failing("--quirks", "fail") as ready:
        form = {"apikey": "test-key", "recipients": NUMBER, "message": TEXT}
        answer = requests.post(f"{ready['address']}/sendsms", data=form, timeout=30)
        assert answer.status_code == 400


# --- what it breaks


@contextmanager
def process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Run ``smsbridge mock`` as a user does, and give it with its ready line."""
    with (
        subprocess.Popen(
            [SMSBRIDGE, "mock", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as running,
        killed_when_late(running),
    ):
        assert running.stdout
        yield running, json.loads(running.stdout.readline())


def test_a_status_finds_its_fault() -> None:
    with mocking("--fault", "429") as ready:
        assert ready["fault"] == "too-many:seconds"


EXITS = {
    "reset-after-request": (3, 1),
    "close-after-request": (3, 1),
    "half-headers": (3, 1),
    "half-body": (3, 1),
    "garbage": (3, 1),
    "bad-framing": (3, 1),
    "bad-gzip": (3, 1),
    "gzip-bomb": (3, 1),
    "redirect-keep": (5, 0),
    "redirect-see-other": (3, 1),
    "refusals": (6, 0),
    "refusals:403": (4, 0),
    "unauthorized": (4, 0),
    "try-again": (5, 0),
    "too-many": (5, 0),
    "unavailable": (3, 1),
    "server-error:502": (3, 1),
    "bad-json": (3, 1),
    "html": (3, 1),
    "provider-error": (6, 0),
    "fault-client": (6, 0),
    "fault-server": (3, 1),
    "odd-success": (0, 1),
    "other-status": (3, 1),
    "stale-connection": (0, 1),
}


@pytest.mark.parametrize("name", EXITS)
def test_a_send_to_a_broken_mock_exits_as_it_ends_and_the_mock_tells_what_it_took(
    name: str,
) -> None:
    code, taken = EXITS[name]
    with mocking("--fault", name) as ready:
        assert ready["fault"].startswith(name)
        assert run("send", NUMBER, TEXT, "--url", sample_url("rest", ready["address"])).code == code
        assert [one["text"] for one in control(ready, "messages")] == [TEXT] * taken


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("token-expired", (0,)),
        ("token-refused", (4,)),
        ("token-down", (5,)),
        ("token-race", (0,)),
        ("odd-expiry:huge", (0,)),
        ("reset-on-accept", (3, 5)),
    ],
)
def test_a_fault_of_the_token_call_or_before_the_request_was_read(
    name: str, codes: tuple[int, ...]
) -> None:
    with mocking("--fault", name) as ready:
        url = sample_url("oauth", ready["address"])
        assert run("send", NUMBER, TEXT, "--url", url).code in codes
        assert len(control(ready, "messages")) == int(codes == (0,))


def test_what_was_lost_is_found_at_the_same_mock() -> None:
    with mocking("--fault", "reset-after-request") as ready:
        url = sample_url("rest", ready["address"])
        lost = run("send", NUMBER, TEXT, "--url", url, "--json")
        assert lost.code == 3
        listed = run("sent", "--url", url)
        assert (listed.code, TEXT in listed.out) == (0, True)
        found = run("resolve", "-", "--url", url, stdin=lost.out)
        assert (found.code, found.out.split()[0]) == (0, "accepted")


@pytest.mark.parametrize("name", ["refused", "connect-timeout", "no-such-host"])
def test_a_fault_of_the_address_gives_an_address_and_nothing_to_ask(name: str) -> None:
    with mocking("--fault", name) as ready:
        assert set(ready) == {"address", "plays", "provenance", "credentials", "fault"}
        if name == "no-such-host":
            assert ready["address"] == "https://sms-mock.invalid"
        elif name == "refused":
            url = sample_url("rest", ready["address"])
            assert run("send", NUMBER, TEXT, "--url", url).code == 5


def test_a_bad_certificate_is_met_by_a_client_that_looks_at_it_and_by_no_other() -> None:
    with mocking("--fault", "bad-tls") as ready:
        assert ready["address"].startswith("https://127.0.0.1:")
        done = run("send", NUMBER, TEXT, "--url", sample_url("rest", ready["address"]))
        assert (done.code, "self-signed" in done.err) == (5, True)
        unlooked = ssl.create_default_context()
        unlooked.check_hostname, unlooked.verify_mode = False, ssl.CERT_NONE
        with urlopen(f"{ready['control']}/messages", context=unlooked, timeout=30) as answer:
            assert json.loads(answer.read()) == []


@pytest.mark.parametrize(
    ("word", "near"),
    [("reset-after", "reset-after-request"), ("refusals:499", "refusals:499"), ("F07", "F07")],
)
def test_an_unknown_fault_is_refused_with_the_nearest(word: str, near: str) -> None:
    done = run("mock", "--port", "0", "--fault", word)
    assert (done.code, done.out) == (2, "")
    assert near in done.err
    assert "--fault" in done.err


def test_the_help_has_each_name() -> None:
    words = set(re.findall(r"[a-z-]+", run("mock", "--help").out))
    assert FAULTS.keys() - words == set()


@pytest.mark.parametrize(
    ("listens", "fires", "kinds"),
    [
        (
            ["--secret", "hook"],
            ["--webhook-secret", "hook"],
            ["sms.api.submitted", "sms.sent", "sms.received"],
        ),
        ([], ["--webhook-v1"], ["sms.received"]),
    ],
)
def test_the_mock_tells_a_listener_of_what_was_sent_and_of_what_came_in(
    listens: list[str], fires: list[str], kinds: list[str]
) -> None:
    lines: queue.Queue[str] = queue.Queue()
    given = parse_options(listen, ["--port", "0", "--json", *listens])
    with (
        open_listener(lines.put, **given.params) as heard,
        mocking("--webhook", heard["address"], *fires) as ready,
    ):
        assert run("send", NUMBER, TEXT, "--url", sample_url("rest", ready["address"])).code == 0
        came = {"sender": "+12025550111", "text": "code 1234"}
        url = f"{ready['control']}/receive"
        assert requests.post(url, json=came, timeout=20).status_code == 200
        shown = [json.loads(lines.get(timeout=20)) for _ in kinds]
    assert [one["event"]["type"] for one in shown] == kinds
    assert {one["status"] for one in shown} == {200}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--webhook-secret", "hook"], "need --webhook"),
        (["--webhook-v1"], "need --webhook"),
        (["--webhook", "nowhere"], "--webhook"),
        (["--webhook", "http://a.example/", "--webhook-v1", "--webhook-secret", "hook"], "no sig"),
    ],
)
def test_the_mock_refuses_webhooks_that_could_not_go(options: list[str], says: str) -> None:
    done = run("mock", "--port", "0", *options)
    assert (done.code, done.out) == (2, "")
    assert says in done.err


def test_the_mock_of_a_backend_without_webhooks_refuses_to_send_any(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLDCORP", "canary-51bc")
    (nowhere / "oldcorp.wsdl").write_text(WSDL)
    (nowhere / "smsbridge.toml").write_text(CONFIG)
    done = run("mock", "oldcorp", "--port", "0", "--webhook", "http://127.0.0.1:9/")
    assert (done.code, done.out) == (2, "")
    assert "oldcorp has no webhooks" in done.err


def test_a_fault_and_a_scenario_are_not_played_at_once() -> None:
    options = ("--fault", "silence", "--scenario", "smsmobileapi/send/reset-after-request")
    done = run("mock", "--port", "0", *options)
    assert (done.code, done.out) == (2, "")
    assert "give only one of --fault and --scenario" in done.err
