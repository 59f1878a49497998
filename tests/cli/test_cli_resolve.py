"""``smsbridge resolve``: an unknown outcome is accepted by proof, or stays unknown."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from smsbridge.testing.provider import Provider
from smsbridge.testing.sample import sample_url

from commands import one_line, real, run
from sending import NUMBER, TEXT

pytestmark = pytest.mark.usefixtures("nowhere")

OTHER = "+447700900142"
ATTEMPT = {"backend", "protocol", "reference", "started", "fingerprint"}


def lost(provider: Provider, number: str = NUMBER, text: str = TEXT, protocol: str = "rest") -> str:
    """Send a message whose answer gets lost, and return what was printed."""
    provider.fault = "reset-after-request"
    done = run("send", number, text, "--json", "--url", sample_url(protocol, provider.address))
    provider.fault = None
    assert done.code == 3
    return done.out


@pytest.mark.parametrize("protocol", ["rest", "oauth"])
def test_a_send_that_arrived_is_accepted(smsbridge_mock: Provider, protocol: str) -> None:
    Path("sent.json").write_text(lost(smsbridge_mock, protocol=protocol))
    done = real("resolve", "sent.json", "--url", sample_url(protocol, smsbridge_mock.address))
    assert (done.code, done.err) == (0, "")
    (taken,) = smsbridge_mock.messages
    reference = json.loads(Path("sent.json").read_text())["reference"]
    assert done.out == f"accepted  id {taken.id}  status sent  reference {reference}\n"


def test_json_has_the_keys_of_a_send(smsbridge_mock: Provider) -> None:
    line = lost(smsbridge_mock)
    done = run("resolve", "-", "--json", stdin=line)
    assert (done.code, done.err) == (0, "")
    assert set(done.document) == {"outcome", "id", "status", "provider_status"} | ATTEMPT
    assert (done.document["outcome"], done.document["id"]) == (
        "accepted",
        smsbridge_mock.messages[0].id,
    )
    assert {key: done.document[key] for key in ATTEMPT} == {
        key: json.loads(line)[key] for key in ATTEMPT
    }


def test_a_send_that_did_not_arrive_stays_unknown(smsbridge_mock: Provider) -> None:
    line = lost(smsbridge_mock)
    smsbridge_mock.history.sent.clear()
    done = run("resolve", "-", stdin=line)
    assert (done.code, done.err) == (3, "")
    assert done.out.startswith("unknown   the log of smsmobileapi has no such message  reference ")
    done = run("resolve", "-", "--json", stdin=line)
    assert (done.code, done.document["outcome"], done.document["id"]) == (3, "unknown", None)
    assert run("resolve", "-", stdin=json.dumps(done.document)).code == 3, "its output is its input"


def test_of_several_lines_each_is_told_and_one_that_is_unknown_exits_3(
    smsbridge_mock: Provider,
) -> None:
    lines = [lost(smsbridge_mock), lost(smsbridge_mock, OTHER), lost(smsbridge_mock, text="Bye")]
    accepted = run("send", NUMBER, "Fourth", "--json").out
    del smsbridge_mock.history.sent[1]
    done = run("resolve", "-", "--json", stdin="\n".join([*lines, "", accepted]))
    said = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 3
    assert [one["outcome"] for one in said] == ["accepted", "unknown", "accepted"]
    assert [one["reference"] for one in said] == [json.loads(line)["reference"] for line in lines]


def test_the_same_line_twice_is_told_once(smsbridge_mock: Provider) -> None:
    line = lost(smsbridge_mock)
    done = run("resolve", "-", "--json", stdin=line * 2)
    assert (done.code, done.document["outcome"]) == (0, "accepted")


def test_two_sends_of_one_message_can_t_be_told_apart(smsbridge_mock: Provider) -> None:
    lines = lost(smsbridge_mock) + lost(smsbridge_mock)
    for history in (2, 1):
        del smsbridge_mock.history.sent[history:]
        done = run("resolve", "-", stdin=lines)
        assert done.code == 3
        assert [line.split()[0] for line in done.out.splitlines()] == ["unknown", "unknown"]


def test_a_message_of_another_time_is_not_it(smsbridge_mock: Provider) -> None:
    document = json.loads(lost(smsbridge_mock))
    started = datetime.fromisoformat(document["started"]) - timedelta(days=1)
    done = run("resolve", "-", stdin=json.dumps(document | {"started": started.isoformat()}))
    assert (done.code, done.out.split()[0]) == (3, "unknown")


def test_nothing_unknown_is_said_on_stderr(smsbridge_mock: Provider) -> None:
    accepted = run("send", NUMBER, TEXT, "--json").out
    asked = len(smsbridge_mock.requests)
    for stdin in ("", "\n\n", accepted):
        done = run("resolve", "-", stdin=stdin)
        assert (done.code, done.out, done.err) == (0, "", "nothing is unknown\n")
    assert len(smsbridge_mock.requests) == asked


WHEN = "2026-11-23T09:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sent", "line 1: it is no JSON object"),
        ('{"outcome": "unknown"', "line 1: it is no JSON object"),
        ('\n["unknown"]', "line 2: it is no JSON object"),
        ("[" * 100_000, "line 1: it is no JSON object"),
        ('{"outcome": "unknown"}', "smsbridge send --json"),
        ('{"outcome": "unknown", "started": "soon"}', "smsbridge send --json"),
        (f'{{"outcome": "unknown", "started": "{WHEN}"}}', "smsbridge send --json"),
        (
            f'{{"outcome": "unknown", "started": "{WHEN}", "backend": "smsmobileapi"}}',
            "no reference and no fingerprint",
        ),
        (
            f'{{"outcome": "unknown", "started": "{WHEN}", "backend": "acme", "reference": "r"}}',
            "acme",
        ),
    ],
)
def test_garbage_exits_2_and_asks_nobody(smsbridge_mock: Provider, text: str, says: str) -> None:
    done = run("resolve", "-", stdin=text)
    assert (done.code, done.out, smsbridge_mock.requests) == (2, "", [])
    assert one_line(done.err)
    assert says in done.err


def test_garbage_after_a_good_line_resolves_nothing(smsbridge_mock: Provider) -> None:
    line = lost(smsbridge_mock)
    asked = len(smsbridge_mock.requests)
    done = run("resolve", "-", stdin=f"{line}oops\n")
    assert (done.code, done.out, len(smsbridge_mock.requests)) == (2, "", asked)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("gone.json", None, "can't read gone.json: No such file"),
        ("bytes.json", b"\xff\xfe", "can't read bytes.json: it is not UTF-8"),
    ],
)
def test_a_file_that_can_t_be_read_exits_2(name: str, content: bytes | None, says: str) -> None:
    if content is not None:
        Path(name).write_bytes(content)
    done = run("resolve", name, "--url", "memory://")
    assert (done.code, done.out) == (2, "")
    assert says in done.err


def test_over_soap_it_exits_2_and_says_what_to_do(smsbridge_mock: Provider) -> None:
    line = lost(smsbridge_mock, protocol="soap")
    asked = len(smsbridge_mock.requests)
    url = sample_url("soap", smsbridge_mock.address)
    done = real("resolve", "-", "--url", url, stdin=line)
    assert (done.code, done.out) == (2, "")
    assert one_line(done.err)
    assert "smsmobileapi over soap" in done.err
    assert len(smsbridge_mock.requests) == asked


def test_a_block_over_soap_asks_the_log_of_another(smsbridge_mock: Provider, nowhere: Path) -> None:
    text = "\n".join(
        f"""
        [backends.{protocol}]
        backend = "smsmobileapi"
        protocol = "{protocol}"
        url = "{smsbridge_mock.address}"
        api_key = "test-key"
        {more}"""
        for protocol, more in (("soap", 'log = "rest"'), ("rest", ""))
    )
    (nowhere / "smsbridge.toml").write_text(text)
    smsbridge_mock.fault = "reset-after-request"
    line = run("send", NUMBER, TEXT, "--backend", "soap", "--json").out
    smsbridge_mock.fault = None
    done = run("resolve", "-", "--backend", "soap", "--json", stdin=line)
    assert (done.code, done.document["id"]) == (0, smsbridge_mock.messages[0].id)


def test_of_a_failover_the_part_that_sent_is_asked(smsbridge_mock: Provider, nowhere: Path) -> None:
    (nowhere / "smsbridge.toml").write_text(
        f"""
        default = "either"
        [backends.either]
        backend = "failover"
        backends = ["gone", "there"]
        [backends.gone]
        backend = "smsmobileapi"
        url = "http://127.0.0.1:1"
        api_key = "test-key"
        [backends.there]
        backend = "smsmobileapi"
        url = "{smsbridge_mock.address}"
        api_key = "test-key"
        """
    )
    smsbridge_mock.fault = "reset-after-request"
    sent = run("send", NUMBER, TEXT, "--backend", "either", "--json")
    smsbridge_mock.fault = None
    assert (sent.code, sent.document["via"]) == (3, "there")
    done = run("resolve", "-", "--backend", "either", "--json", stdin=sent.out)
    assert (done.code, done.document["via"]) == (0, "there")
    assert done.document["id"] == smsbridge_mock.messages[0].id


def test_nothing_private_is_on_stderr(smsbridge_mock: Provider) -> None:
    line = lost(smsbridge_mock)
    smsbridge_mock.history.sent.clear()
    broken = line.replace("started", "begun")
    for stdin in (line, broken, f"{NUMBER} {TEXT}"):
        done = run("resolve", "-", stdin=stdin)
        assert [word for word in (NUMBER[1:], TEXT, "test-key") if word in done.err] == []


# --- results of send-many


def test_what_is_found_is_written_into_the_results_of_send_many(
    smsbridge_mock: Provider, nowhere: Path
) -> None:
    (nowhere / "may.csv").write_text(f"recipient,text\n{NUMBER},{TEXT}\n{OTHER},{TEXT}\n")
    smsbridge_mock.fault = "reset-after-request"
    assert run("send-many", "may.csv", "--out", "may.jsonl").code == 3
    smsbridge_mock.fault = None
    del smsbridge_mock.history.sent[1]
    gone = smsbridge_mock.messages[1].recipient
    done = run("resolve", "may.jsonl")
    assert done.code == 3
    assert sorted(line.split()[0] for line in done.out.splitlines()) == ["accepted", "unknown"]
    lines = [json.loads(line) for line in (nowhere / "may.jsonl").read_text().splitlines()]
    found = {line["recipient"]: (line["outcome"], line["id"]) for line in lines}
    other = NUMBER if gone == OTHER else OTHER
    assert found == {
        gone: ("unknown", None),
        other: ("accepted", smsbridge_mock.messages[0].id),
    }
    assert run("send-many", "may.csv", "--out", "may.jsonl").code == 3
    assert len(smsbridge_mock.messages) == 2, "nothing goes again"
    again = run("resolve", "may.jsonl")
    assert [line.split()[0] for line in again.out.splitlines()] == ["unknown"]
