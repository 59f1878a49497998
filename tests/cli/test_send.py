"""``smsbridge send``: data on stdout, talk on stderr, the outcome in the exit code."""

from __future__ import annotations

import io
import json
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from smsbridge.message import fingerprint
from smsbridge.testing.mock.default import sample_url
from smsbridge.testing.mock.provider import Provider

from support.commands import (
    EXTRAS,
    FULL,
    INTERRUPTIBLE,
    SECONDS,
    WHY,
    killed_when_late,
    one_line,
    run,
    run_on,
    run_without,
    run_without_stdout,
)
from support.fault_server import FaultServer, answer
from support.sending import NUMBER, PROTOCOLS, TEXT

pytestmark = pytest.mark.usefixtures("nowhere")

ATTEMPT = {"backend", "protocol", "reference", "started", "fingerprint"}
ACCEPTED = {"outcome", "id", "status", "provider_status"} | ATTEMPT
FAILED = {"outcome", "id", "error"} | ATTEMPT
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)


# --- four outcomes, three protocols


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
    done = run("send", NUMBER, TEXT, "--url", url, "--reference", "order-4711")
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
    done = run("send", NUMBER, TEXT, "--url", url, "--reference", "order-4711")
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
    assert document["fingerprint"] == fingerprint(NUMBER, TEXT)
    fixed = {key: document[key] for key in ACCEPTED - {"id", "started", "fingerprint"}}
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


# --- where the config comes from


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


def test_url_on_stdin_keeps_the_key_out_of_the_list_of_processes(
    smsbridge_mock: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SMSBRIDGE_URL")
    url = sample_url("rest", smsbridge_mock.address)
    done = run("send", NUMBER, TEXT, "--url", "-", stdin=f"{url}\n")
    assert done.code == 0, done.err
    assert len(smsbridge_mock.messages) == 1


# --- what a message may be


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
    ids=["utc", "local", "Z"],
)
def test_at_reaches_the_provider_as_the_moment_it_names(smsbridge_mock: Provider, at: str) -> None:
    assert run("send", NUMBER, TEXT, "--at", at).code == 0
    form = parse_qs(smsbridge_mock.requests[0].body.decode())
    assert form["schedule_timestamp"] == [str(int(TOMORROW.timestamp()))]


def test_a_sender_goes_out_where_the_provider_has_a_field(tmp_path: Path) -> None:
    with FaultServer([answer(200, '{"state": "queued"}')]) as server:
        (tmp_path / "smsbridge.toml").write_text(
            f"""
            [backends.vendor]
            backend = "rest"
            url = "{server.url}"
            [backends.vendor.send]
            route = "POST /"
            fields = {{ to = "{{recipient}}", text = "{{text}}", from = "{{sender}}" }}
            accepted = {{ when = {{ state = "queued" }} }}
            """
        )
        assert run("send", NUMBER, TEXT, "--sender", "Acme").code == 0
        assert json.loads(server.sends[0].body)["from"] == "Acme"


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
    "at a past time": ([NUMBER, TEXT, "--at", "2020-01-31T09:00+00:00"], ["--at 2020", "future"]),
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
    done = run("send", NUMBER, TEXT, "--url", "smsmobileapi+rest://canary1/canary2@canary.example")
    assert done.code == 2
    assert "canary" not in done.out + done.err


# --- what goes wrong


def test_a_bare_install_sends_over_each_protocol(smsbridge_mock: Provider) -> None:
    urls = [sample_url(protocol, smsbridge_mock.address) for protocol in PROTOCOLS]
    ended = run_without(EXTRAS, *(["send", NUMBER, TEXT, "--url", url] for url in urls))
    assert [done.code for done in ended] == [0, 0, 0], ended


INTERRUPTED = """\
smsbridge: Outcome unknown: interrupted (smsmobileapi over {}, reference order-4711). The message \
may have been sent: resolve it, or look it up, before any repeat.
"""


@pytest.fixture
def _ctrl_c() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM do what they do in a process that nobody has changed."""
    ctrl_c = signal.signal(signal.SIGINT, signal.default_int_handler)
    term = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGINT, ctrl_c)
    signal.signal(signal.SIGTERM, term)


@pytest.mark.usefixtures("_ctrl_c")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("as_json", [False, True])
def test_a_send_that_is_interrupted_is_unknown_and_its_attempt_is_printed(
    protocol: str, number: int, *, as_json: bool
) -> None:
    command, over = threading.get_ident(), threading.Event()

    def interrupt(connection: socket.socket) -> None:
        connection.recv(65_536)
        signal.pthread_kill(command, number)
        over.wait(SECONDS)

    began = datetime.now(UTC)
    with FaultServer(on_accept=interrupt) as server:
        more = ["--reference", "order-4711", *(["--json"] if as_json else [])]
        done = run("send", NUMBER, TEXT, "--url", sample_url(protocol, server.url), *more)
        over.set()
    assert (done.code, done.err) == (3, INTERRUPTED.format(protocol))
    if not as_json:
        assert done.out == ""
        return
    document = done.document
    assert began < datetime.fromisoformat(document.pop("started")) < datetime.now(UTC)
    assert document == {
        "outcome": "unknown",
        "id": None,
        "error": "interrupted",
        "backend": "smsmobileapi",
        "protocol": protocol,
        "reference": "order-4711",
        "fingerprint": fingerprint(NUMBER, TEXT),
    }


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    ("number", "command"),
    [
        (signal.SIGINT, ["send", NUMBER, TEXT, "--json"]),
        (signal.SIGTERM, ["resend", "id-1"]),
    ],
)
def test_a_process_that_is_interrupted_exits_3_also_on_a_full_disk(
    number: signal.Signals, command: list[str]
) -> None:
    def interrupt(_server: FaultServer, _got: object) -> bytes:
        process.send_signal(number)
        process.wait(SECONDS)
        return answer(200)

    with FaultServer([interrupt]) as server, FULL.open("w") as full:
        arguments = [*command, "--url", sample_url("rest", server.url)]
        with (
            subprocess.Popen(
                [sys.executable, "-c", INTERRUPTIBLE, *arguments],
                stdout=full,
                stderr=full,
                text=True,
            ) as process,
            killed_when_late(process),
        ):
            assert process.wait(SECONDS) == 3


@pytest.mark.usefixtures("_ctrl_c")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_accepted_send_is_accepted_when_writing_it_down_is_interrupted(
    smsbridge_mock: Provider, number: signal.Signals
) -> None:
    class Slow(io.StringIO):
        def write(self, text: str) -> int:
            signal.raise_signal(number)
            return super().write(text)

    assert run_on(Slow(), io.StringIO(), "send", NUMBER, TEXT) == 0
    assert len(smsbridge_mock.messages) == 1


@pytest.mark.parametrize("command", ["send", "resend"])
def test_an_error_that_nobody_expects_is_unknown(
    monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("canary")

    monkeypatch.setattr(f"smsbridge.client.sync.Client.{command}", fail)
    arguments = {"send": ["send", NUMBER, TEXT], "resend": ["resend", "id-1"]}[command]
    done = run(*arguments, "--url", "smsmobileapi+rest://KEY@127.0.0.1:9?tls=off")
    assert done.code == 3
    assert one_line(done.err)
    assert "unexpected ZeroDivisionError while it was being sent" in done.err
    assert "canary" not in done.err


# --- a stdout that can't be written


@pytest.mark.parametrize("more", [[], ["--json"]])
@pytest.mark.parametrize("kind", WHY)
def test_an_accepted_send_is_accepted_where_stdout_can_t_be_written(
    smsbridge_mock: Provider, kind: str, more: list[str]
) -> None:
    done = run_without_stdout(kind, "send", NUMBER, TEXT, "--reference", "order-4711", *more)
    assert len(smsbridge_mock.messages) == 1
    assert done.code == 0
    assert done.err == (
        "smsbridge: accepted (smsmobileapi over rest, reference order-4711), but stdout can't be "
        f"written: {WHY[kind]}. Do not send it again.\n"
    )


@pytest.mark.parametrize("kind", WHY)
@pytest.mark.parametrize(
    ("url", "code", "outcome", "more"), OUTCOMES, ids=[row[0] for row in OUTCOMES], indirect=["url"]
)
@pytest.mark.parametrize("protocol", ["rest"])
def test_every_other_outcome_keeps_its_code_and_says_that_it_was_not_written(
    url: str, code: int, outcome: str, more: set[str], kind: str
) -> None:
    done = run_without_stdout(kind, "send", NUMBER, TEXT, "--url", url, "--json")
    assert done.code == code, (outcome, more)
    said, note = done.err.splitlines(keepends=True)
    assert one_line(said)
    assert note == f"  stdout can't be written: {WHY[kind]}: this attempt was not written\n"


# --- a backend of several

EITHER = """
default = "either"
[backends.either]
backend = "failover"
backends = ["first", "second"]
[backends.first]
backend = "smsmobileapi"
protocol = "rest"
url = "FIRST"
api_key = "test-key"
[backends.second]
like = "first"
url = "SECOND"
"""


def test_the_part_of_a_failover_is_named_with_why_the_others_took_nothing(
    tmp_path: Path, smsbridge_mock: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SMSBRIDGE_URL")
    file = tmp_path / "smsbridge.toml"
    with FaultServer([answer(403, "{}")] * 2) as one, FaultServer([answer(400, "{}")]) as other:
        file.write_text(EITHER.replace("FIRST", one.url).replace("SECOND", other.url))
        failed = run("send", NUMBER, TEXT, "--reference", "order-4711")
        file.write_text(EITHER.replace("FIRST", one.url).replace("SECOND", smsbridge_mock.address))
        taken = run("send", NUMBER, TEXT, "--reference", "order-4711")
    assert failed.code == 6
    said, note = failed.err.splitlines()
    assert "(second, smsmobileapi over rest, reference order-4711)" in said
    assert note == "  first: HTTP 403 Forbidden"
    assert (taken.code, taken.err) == (
        0,
        "second, smsmobileapi over rest, reference order-4711\n",
    )
