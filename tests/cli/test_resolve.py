"""``smsbridge resolve``: an unknown outcome is accepted by proof, or stays unknown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from smsbridge import Client
from smsbridge.http.exchange import Response
from smsbridge.serving.rest import json_response
from smsbridge.testing.faults.table import Fault
from smsbridge.testing.mock.default import sample_backend, sample_url
from smsbridge.testing.mock.lanes import Route
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.server import MockServer

from support.commands import Done, one_line, run
from support.sending import NUMBER, TEXT

pytestmark = pytest.mark.usefixtures("nowhere")

OTHER = "+447700900142"
RESET = "reset-after-request"
ATTEMPT = {"backend", "protocol", "reference", "started", "fingerprint"}


def lost(provider: Provider, number: str = NUMBER, text: str = TEXT, protocol: str = "rest") -> str:
    """Send a message whose answer gets lost, and return what was printed."""
    provider.fault = RESET
    done = run("send", number, text, "--json", "--url", sample_url(protocol, provider.address))
    provider.fault = None
    assert done.code == 3
    return done.out


class Planned(Provider):
    """A provider that takes a message and loses the answer, loses it untaken, or says "later"."""

    def __init__(self, *plan: str) -> None:
        super().__init__(sample_backend())
        self.plan = list(plan)

    def answer(self, route: Route) -> Response | Fault:
        turn = self.plan.pop(0) if self.plan else ""
        if turn == "later":
            return json_response(503, {})
        if turn == "untaken":
            return Fault(RESET)
        answered = super().answer(route)
        return Fault(RESET) if turn == "lost" else answered


@contextmanager
def planned(*plan: str) -> Iterator[tuple[Planned, str]]:
    provider = Planned(*plan)
    server = MockServer(provider)
    server.start()
    try:
        yield provider, sample_url("rest", provider.address)
    finally:
        server.stop()


@pytest.mark.parametrize("protocol", ["rest", "oauth"])
def test_a_send_that_arrived_is_accepted(smsbridge_mock: Provider, protocol: str) -> None:
    Path("sent.json").write_text(lost(smsbridge_mock, protocol=protocol))
    done = run("resolve", "sent.json", "--url", sample_url(protocol, smsbridge_mock.address))
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


def test_the_log_is_read_as_often_for_three_lines_as_for_one(smsbridge_mock: Provider) -> None:
    lines = [lost(smsbridge_mock), lost(smsbridge_mock, OTHER), lost(smsbridge_mock, text="Bye")]
    asked = []
    for given in (lines[:1], lines):
        before = len(smsbridge_mock.requests)
        assert run("resolve", "-", stdin="".join(given)).code == 0
        asked.append(len(smsbridge_mock.requests) - before)
    assert asked[0] == asked[1]


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
    smsbridge_mock.reset()  # a double, which would fail this test at its end


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
        ("sent", "line 1: it is not a JSON object"),
        ('{"outcome": "unknown"', "line 1: it is not a JSON object"),
        ('\n["unknown"]', "line 2: it is not a JSON object"),
        ("[" * 100_000, "line 1: it is not a JSON object"),
        ('{"outcome": "unknown"}', "smsbridge send --json"),
        ('{"outcome": "unknown", "started": "soon"}', "smsbridge send --json"),
        (f'{{"outcome": "unknown", "started": "{WHEN}"}}', "smsbridge send --json"),
        (f'{{"outcome": "accepted", "id": null, "started": "{WHEN}"}}', "smsbridge send --json"),
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
        ("empty.json", b"\n", "can't read empty.json: it is empty"),
        (".", None, "can't read .: Is a directory"),
    ],
)
def test_a_file_that_can_t_be_read_exits_2(name: str, content: bytes | None, says: str) -> None:
    if content is not None:
        Path(name).write_bytes(content)
    done = run("resolve", name, "--url", "memory://")
    assert (done.code, done.out) == (2, "")
    assert says in done.err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            f'{{"outcome": "unknown", "started": "{WHEN}", "backend": "smsmobileapi"}}',
            "fingerprint",
        ),
        (
            f'{{"outcome": "unknown", "started": "{WHEN}", "backend": "acme", "fingerprint": "f"}}',
            "acme made this attempt",
        ),
    ],
)
def test_a_line_that_can_t_be_looked_up_stays_unknown_and_the_rest_is_told(
    smsbridge_mock: Provider, text: str, says: str
) -> None:
    lines = f"{text}\n{lost(smsbridge_mock)}"
    done = run("resolve", "-", stdin=lines)
    assert (done.code, done.err) == (3, "")
    first, second = done.out.splitlines()
    assert first.startswith("unknown   it could not be looked up: ")
    assert says in first
    assert second.startswith("accepted  id ")
    said = [json.loads(one) for one in run("resolve", "-", "--json", stdin=lines).out.splitlines()]
    assert [one["outcome"] for one in said] == ["unknown", "accepted"]
    assert (said[0]["id"], says in said[0]["error"], said[0]["started"]) == (None, True, WHEN)


def test_a_log_that_gives_no_answer_leaves_each_line_unknown() -> None:
    with planned() as (provider, url):
        lines = lost(provider) + lost(provider, OTHER)
        provider.plan = ["untaken", "untaken"]
        done = run("resolve", "-", "--json", "--url", url, stdin=lines)
        said = [json.loads(line) for line in done.out.splitlines()]
        assert (done.code, done.err, len(said)) == (3, "", 2)
        assert all("No answer: the connection was reset" in one["error"] for one in said)
        assert [
            word for word in (NUMBER[1:], OTHER[1:], TEXT, "test-key") if word in done.out
        ] == []
        again = run("resolve", "-", "--url", url, stdin=done.out)
        assert again.code == 0, "its output is its input"


def test_wrong_credentials_end_it_at_the_first_line(smsbridge_mock: Provider) -> None:
    lines = lost(smsbridge_mock) + lost(smsbridge_mock, OTHER)
    asked = len(smsbridge_mock.requests)
    url = sample_url("rest", smsbridge_mock.address).replace("test-key", "wrong")
    done = run("resolve", "-", "--url", url, stdin=lines)
    assert (done.code, done.out, len(smsbridge_mock.requests)) == (4, "", asked + 1)


# --- the accepted lines of the same file


def test_the_row_of_an_accepted_line_is_no_other_send_s(smsbridge_mock: Provider) -> None:
    accepted = run("send", NUMBER, TEXT, "--json").out
    unknown = lost(smsbridge_mock)
    del smsbridge_mock.history.sent[1]
    (row,) = smsbridge_mock.history.sent
    assert row.id == json.loads(accepted)["id"]
    for lines in (accepted + unknown, unknown + accepted):
        done = run("resolve", "-", stdin=lines)
        assert (done.code, done.out.split()[0]) == (3, "unknown")


def test_an_accepted_line_without_an_id_may_have_the_row(smsbridge_mock: Provider) -> None:
    accepted = json.loads(run("send", NUMBER, TEXT, "--json").out) | {"id": None}
    unknown = lost(smsbridge_mock)
    del smsbridge_mock.history.sent[1]
    done = run("resolve", "-", stdin=f"{json.dumps(accepted)}\n{unknown}")
    assert (done.code, done.out.split()[0]) == (3, "unknown")
    assert "another send of the same message" in done.out


def test_a_line_that_was_found_before_is_not_looked_up_again(smsbridge_mock: Provider) -> None:
    unknown = lost(smsbridge_mock)
    found = run("resolve", "-", "--json", stdin=unknown).out
    done = run("resolve", "-", stdin=unknown + found)
    assert (done.code, done.out, done.err) == (0, "", "nothing is unknown\n")


def test_over_soap_it_stays_unknown_and_says_what_to_do(smsbridge_mock: Provider) -> None:
    line = lost(smsbridge_mock, protocol="soap")
    asked = len(smsbridge_mock.requests)
    url = sample_url("soap", smsbridge_mock.address)
    done = run("resolve", "-", "--url", url, stdin=line)
    assert (done.code, done.err) == (3, "")
    assert done.out.startswith("unknown   it could not be looked up: smsmobileapi over soap has no")
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
    smsbridge_mock.fault = RESET
    line = run("send", NUMBER, TEXT, "--backend", "soap", "--json").out
    smsbridge_mock.fault = None
    done = run("resolve", "-", "--backend", "soap", "--json", stdin=line)
    assert (done.code, done.document["id"]) == (0, smsbridge_mock.messages[0].id)


EITHER = """
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
url = "{}"
api_key = "test-key"
"""


def test_of_a_failover_the_part_that_sent_is_asked(smsbridge_mock: Provider, nowhere: Path) -> None:
    (nowhere / "smsbridge.toml").write_text(EITHER.format(smsbridge_mock.address))
    smsbridge_mock.fault = RESET
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
    smsbridge_mock.fault = RESET
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


def twice(folder: Path) -> None:
    """Write a CSV that has one message twice."""
    (folder / "may.csv").write_text(f"recipient,text\n{NUMBER},{TEXT}\n{NUMBER},{TEXT}\n")


def many(url: str, *more: str) -> Done:
    whole = ("send-many", "may.csv", "--out", "may.jsonl", "--concurrency", "1")
    return run(*whole, "--url", url, *more)


def written(folder: Path) -> dict[int, tuple[str, str | None]]:
    lines = [json.loads(line) for line in (folder / "may.jsonl").read_text().splitlines()]
    return {line["index"]: (line["outcome"], line["id"]) for line in lines}


def test_the_row_of_a_send_that_was_repeated_is_no_other_message_s(nowhere: Path) -> None:
    twice(nowhere)
    with planned("lost", "later", "", "untaken") as (provider, url):
        assert many(url).code == 3
        assert many(url, "--on-unknown", "resend").code == 3
        assert provider.plan == []
        assert len(provider.messages) == 2
        done = run("resolve", "may.jsonl", "--url", url)
        assert (done.code, done.out.split()[0]) == (3, "unknown")
        assert written(nowhere) == {
            0: ("accepted", provider.messages[1].id),
            1: ("unknown", None),
        }


def test_the_row_of_what_was_accepted_without_an_id_is_no_other_message_s(nowhere: Path) -> None:
    twice(nowhere)
    with planned("", "untaken") as (_, url):
        assert many(url).code == 3
        out = nowhere / "may.jsonl"
        known = written(nowhere)[0][1]
        out.write_text(out.read_text().replace(f'"{known}"', "null"))
        done = run("resolve", "may.jsonl", "--url", url)
        assert (done.code, done.out.split()[0]) == (3, "unknown")
        assert written(nowhere) == {0: ("accepted", None), 1: ("unknown", None)}


def test_what_was_found_is_written_down_also_when_it_is_interrupted(
    smsbridge_mock: Provider, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"{number},{TEXT}\n" for number in (NUMBER, OTHER, "+447700900143"))
    (nowhere / "may.csv").write_text(f"recipient,text\n{rows}")
    smsbridge_mock.fault = RESET
    url = sample_url("rest", smsbridge_mock.address)
    assert many(url).code == 3
    smsbridge_mock.fault = None
    resolve_many, writes = Client.resolve_many, []

    def note() -> None:
        writes.append(len([one for one in written(nowhere).values() if one[1]]))

    def interrupted(client: Client, unknowns: Any, **more: Any) -> Iterator[Any]:
        for end in islice(resolve_many(client, unknowns, **more), 2):
            note()
            yield end
        note()
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "resolve_many", interrupted)
    done = run("resolve", "may.jsonl", "--url", url)
    assert (done.code, len(done.out.splitlines())) == (1, 2)
    assert writes == [0, 0, 0], "it is written once, at the end"
    one, two, _ = (message.id for message in smsbridge_mock.messages)
    assert written(nowhere) == {0: ("accepted", one), 1: ("accepted", two), 2: ("unknown", None)}


def test_of_a_failover_that_was_killed_no_part_is_known_and_the_rest_is_told(
    smsbridge_mock: Provider, nowhere: Path
) -> None:
    (nowhere / "may.csv").write_text(f"recipient,text\n{NUMBER},{TEXT}\n{OTHER},{TEXT}\n")
    (nowhere / "smsbridge.toml").write_text(EITHER.format(smsbridge_mock.address))
    smsbridge_mock.fault = RESET
    whole = ["send-many", "may.csv", "--out", "may.jsonl", "--concurrency", "1"]
    assert run(*whole, "--backend", "either").code == 3
    smsbridge_mock.fault = None
    lines = (nowhere / "may.jsonl.intents").read_text().splitlines(keepends=True)
    assert [json.loads(line).get("via") for line in lines[1:]] == [None, "there", None, "there"]
    (nowhere / "may.jsonl.intents").write_text("".join([lines[0], lines[3], *lines[1:3]]))
    done = run("resolve", "may.jsonl", "--backend", "either")
    first, second = sorted(done.out.splitlines())
    assert (done.code, done.err, first.split()[0]) == (3, "", "accepted")
    assert second.startswith("unknown   it could not be looked up: failover ")
    assert written(nowhere) == {
        0: ("accepted", smsbridge_mock.messages[0].id),
        1: ("unknown", None),
    }
