"""``smsbridge report``: a row for each message that was tried; nothing is sent or changed."""

from __future__ import annotations

import csv
import json
import re
import threading
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from smsbridge.testing.mock.default import sample_url
from smsbridge.testing.mock.provider import Provider

from support.commands import SECONDS, Done, one_line, run
from support.each import each

GATE = """
[backends.gate]
backend = "rest"
url = "http://127.0.0.1:{port}"
statuses = {{ was = "delivered" }}
[backends.gate.send]
route = "POST /send"
fields = {{ to = "{{recipient}}", text = "{{text}}" }}
accepted = {{ when = {{ state = "OK" }} }}
[backends.gate.status]
route = "GET /messages/{{id}}"
row = {{ id = "id", status = "state" }}
"""
pytestmark = pytest.mark.usefixtures("nowhere")

OUT = "may.jsonl"
NUMBERS = ["+12025550123", "+447700900002", "+447700900429", "+12025550124"]
ENDS = ["accepted", "unknown", "not_sent", "accepted"]


@pytest.fixture
def report(smsbridge_mock: Provider) -> Provider:
    """Send four messages, of which the mock loses one and refuses one for now."""
    rows = [f"{number},Hello,a-{at}" for at, number in enumerate(NUMBERS)]
    Path("may.csv").write_text("\n".join(["recipient,text,reference", *rows, ""]))
    done = run("send-many", "may.csv", "--out", OUT)
    assert done.code == 3
    lines = sorted(map(json.loads, Path(OUT).read_text().splitlines()), key=lambda x: x["index"])
    assert [line["outcome"] for line in lines] == ENDS, lines
    assert done.err.splitlines()[-1] == (
        "smsbridge: to look up what is unknown: smsbridge resolve may.jsonl"
    )
    return smsbridge_mock


def asked(provider: Provider, *options: str) -> Done:
    """Run the command, and see that it has sent and changed nothing."""
    files = {path: path.read_bytes() for path in Path().iterdir()}
    taken = len(provider.messages)
    done = run("report", OUT, *options)
    assert {path: path.read_bytes() for path in Path().iterdir()} == files
    assert len(provider.messages) == taken
    return done


def test_each_message_is_a_row_in_the_order_of_the_csv(report: Provider) -> None:
    seen = len(report.requests)
    done = asked(report)
    assert (done.code, len(report.requests)) == (0, seen), "nobody is asked"
    head, *rows = [line.split() for line in done.out.splitlines()]
    assert head == ["recipient", "outcome", "id", "error"]
    assert [row[:2] for row in rows] == [list(row) for row in zip(NUMBERS, ENDS, strict=True)]
    assert done.err.splitlines() == [
        "accepted 2, not_sent 1, unknown 1",
        "smsbridge: to look up what is unknown: smsbridge resolve may.jsonl",
    ]


def test_json_and_csv_have_the_same_keys_and_values(report: Provider) -> None:
    lines = [json.loads(line) for line in asked(report, "--json").out.splitlines()]
    assert list(lines[0]) == ["index", "recipient", "outcome", "id", "reference", "error"]
    assert [line["reference"] for line in lines] == ["a-0", "a-1", "a-2", "a-3"]
    for options, sign in ((["--csv"], ","), (["--csv", "--delimiter", ";"], ";")):
        rows = csv.DictReader(asked(report, *options).out.splitlines(), delimiter=sign)
        words = [
            {name: str(v) if v is not None else "" for name, v in line.items()} for line in lines
        ]
        assert list(rows) == words


def test_with_status_the_provider_is_asked_for_each_that_it_has(report: Provider) -> None:
    seen = len(report.requests)
    done = asked(report, "--status", "--json")
    assert (done.code, len(report.requests) - seen) == (0, 2)
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert [line["status"] for line in lines] == ["sent", None, None, "sent"]
    assert [bool(line["at"]) for line in lines] == [True, False, False, True]
    head, *rows = [line.split() for line in asked(report, "--status").out.splitlines()]
    assert head == ["recipient", "outcome", "status", "id", "error"]
    assert rows[0][:3] == [NUMBERS[0], "accepted", "sent"]


def test_several_are_asked_at_a_time_and_it_says_how_far_it_is(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smsbridge.cli.bulk.progress.EVERY_SECONDS", 0.0)
    line = {"recipient": NUMBERS[0], "outcome": "accepted", "reference": "r", "error": None}
    rows = [{**line, "index": at, "id": f"m-{at}"} for at in range(9)]
    Path(OUT).write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    four = threading.Barrier(4)

    def answer(request: Request) -> Response:
        known = request.path.rpartition("/")[2]
        if known != "m-0":  # it is asked alone: what fails for all fails there
            four.wait(SECONDS)
        return Response(json.dumps({"id": known, "state": "was"}))

    with HTTPServer(threaded=True) as server:
        server.expect_request(re.compile("/messages/.*")).respond_with_handler(answer)
        (nowhere / "smsbridge.toml").write_text(GATE.format(port=server.port))
        done = run("report", OUT, "--status", "--json", "--concurrency", "4", "--backend", "gate")
    assert [json.loads(line)["id"] for line in done.out.splitlines()] == [r["id"] for r in rows]
    assert done.err.splitlines()[:2] == ["1 of 9: delivered 1", "2 of 9: delivered 2"]


def test_where_there_is_no_answer_what_is_known_is_shown_and_the_code_says_so(
    report: Provider,
) -> None:
    nobody = "smsmobileapi+rest://KEY@127.0.0.1:1?tls=off"
    done = asked(report, "--status", "--url", nobody)
    assert done.code == 1
    assert [line.split()[1:3] for line in done.out.splitlines()[1:2]] == [["accepted", "-"]]
    assert "Asking again is safe" in done.err
    url = sample_url("rest", report.address).replace("test-key", "wr0ng")
    assert asked(report, "--status", "--url", url).code == 4


def test_another_backend_is_not_asked_for_what_it_did_not_take(report: Provider) -> None:
    for url, says in (
        ("memory://", "smsmobileapi took this message"),
        (sample_url("soap", report.address), "soap can't answer status"),
    ):
        done = asked(report, "--status", "--url", url)
        assert (done.code, done.out) == (2, "")
        assert says in done.err


def test_each_part_of_a_failover_is_asked_for_what_it_took(
    smsbridge_mock: Provider, nowhere: Path
) -> None:
    (nowhere / "smsbridge.toml").write_text(
        "[backends.both]\n"
        'backend = "failover"\n'
        'backends = ["gone", "mock"]\n'
        "[backends.gone]\n"
        'backend = "smsmobileapi"\nurl = "http://127.0.0.1:1"\napi_key = "k"\n'
        "[backends.mock]\n"
        f'backend = "smsmobileapi"\nurl = "{smsbridge_mock.address}"\napi_key = "test-key"\n'
    )
    Path("may.csv").write_text("recipient,text\n+12025550123,Hello\n+12025550124,Hello\n")
    assert run("send-many", "may.csv", "--out", OUT, "--backend", "both").code == 0
    done = run("report", OUT, "--status", "--json", "--backend", "both")
    assert (done.code, done.err) == (0, "accepted 2\n")
    assert [json.loads(line)["status"] for line in done.out.splitlines()] == ["sent", "sent"]


def test_what_another_backend_took_is_passed_over_and_said(report: Provider) -> None:
    intents = Path(f"{OUT}.intents")
    lines = [json.loads(line) for line in intents.read_text().splitlines()]
    (last,) = (line for line in lines if line.get("index") == 3)
    last["backend"] = "acme"
    intents.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    done = asked(report, "--status", "--json")
    assert done.code == 2
    assert [json.loads(line)["status"] for line in done.out.splitlines()] == [
        "sent",
        None,
        None,
        None,
    ]
    assert "acme took this message" in done.err


def test_without_status_it_needs_no_config(
    report: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SMSBRIDGE_URL")
    assert asked(report).code == 0


def test_a_spreadsheet_takes_no_word_of_a_provider_for_a_formula() -> None:
    line = {"index": 0, "recipient": "+12025550123", "outcome": "rejected", "id": None}
    for word in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1"):
        Path(OUT).write_text(json.dumps({**line, "reference": "r", "error": word}) + "\n")
        (row,) = csv.DictReader(run("report", OUT, "--csv").out.splitlines())
        assert row["error"] == f"'{word.strip()}"
        assert row["recipient"] == "+12025550123"


def test_what_was_not_tried_is_counted() -> None:
    head = {"version": 1, "sha256": "5f", "rows": 3, "backend": "memory", "protocol": "memory"}
    Path(f"{OUT}.intents").write_text(json.dumps(head) + "\n")
    Path(OUT).write_text("")
    done = run("report", OUT)
    assert (done.code, done.out, done.err) == (0, "", "not tried 3\n")


@each(
    ("arguments", "says"),
    [
        ([], "RESULTS"),
        (["none.jsonl"], "No such file"),
        (["may.csv"], "not a line that send-many wrote: give its --out"),
        (["may.csv", "--csv", "--json"], "one of --csv and --json"),
        (["may.csv", "--csv", "--delimiter", "ab"], "--delimiter"),
        (["may.csv", "--delimiter", ";"], "for --csv"),
    ],
)
def test_what_cannot_be_reported_exits_2(nowhere: Path, arguments: list[str], says: str) -> None:
    Path("may.csv").write_text("recipient,text\n")
    done = run("report", *arguments)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert "Traceback" not in done.err


def test_one_line_says_what_is_wrong_with_a_file() -> None:
    Path(OUT).write_text('{"outcome": "accepted"}\n')
    assert one_line(run("report", OUT).err)
