"""``smsbridge send-many``: each message of a CSV leaves once, whatever ends the run."""

from __future__ import annotations

import json
import os
import random
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from smsbridge.cli.bulk.journal import Journal
from smsbridge.client.message_group import Result
from smsbridge.testing.mock.default import sample_url
from smsbridge.testing.mock.provider import Provider

from support.commands import (
    SECONDS,
    SMSBRIDGE,
    Done,
    killed_when_late,
    one_line,
    run,
    run_on,
    unwritable,
)
from support.fault_server import FaultServer, Got, answer

pytestmark = pytest.mark.usefixtures("nowhere")

CSV, OUT = "messages.csv", "results.jsonl"
INTENTS = f"{OUT}.intents"
OK = answer(200, '{"result": {"error": 0, "sent": "1", "id": "c319d3b3"}}')


def write(count: int, path: str = CSV) -> list[tuple[str, str]]:
    """Write a CSV of so many messages, and return recipient and text of each."""
    rows = [(f"+120255501{n % 100:02}", f"text {n}") for n in range(count)]
    lines = [",".join(row) for row in [("recipient", "text"), *rows]]
    Path(path).write_text("\n".join(lines) + "\n")
    return rows


def send(url: str, *more: str) -> Done:
    return run("send-many", CSV, "--out", OUT, "--url", url, *more)


def results(path: str = OUT) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def outcomes() -> dict[str, int]:
    return dict(Counter(line["outcome"] for line in results()))


def url_of(server: FaultServer) -> str:
    return sample_url("rest", server.url)


# --- a run that goes well


def test_each_message_is_sent_once_and_has_one_line(
    protocol: str, smsbridge_mock: Provider
) -> None:
    rows = write(25)
    done = send(sample_url(protocol, smsbridge_mock.address))
    assert (done.code, done.out, done.err) == (0, "", "accepted 25\n")
    assert sorted((m.recipient, m.text) for m in smsbridge_mock.messages) == sorted(rows)
    lines = sorted(results(), key=lambda line: line["index"])
    assert [(line["index"], line["recipient"]) for line in lines] == [
        (index, recipient) for index, (recipient, _) in enumerate(rows)
    ]
    assert all(line["outcome"] == "accepted" and len(line["id"]) == 40 for line in lines)
    assert "text" not in Path(OUT).read_text() + Path(INTENTS).read_text()


def test_a_second_run_of_the_same_command_sends_nothing(smsbridge_mock: Provider) -> None:
    write(5)
    url = sample_url("rest", smsbridge_mock.address)
    assert send(url).code == 0
    assert (again := send(url)).code == 0
    assert again.err == "accepted 5\nsmsbridge: nothing was left to send\n"
    assert len(smsbridge_mock.messages) == len(results()) == 5


def test_references_of_the_file_and_whatsapp_reach_the_provider(smsbridge_mock: Provider) -> None:
    Path(CSV).write_text("reference,recipient,text\norder-1,+12025550123,Hello\n")
    assert send(sample_url("rest", smsbridge_mock.address), "--whatsapp").code == 0
    assert [taken.channels for taken in smsbridge_mock.messages] == [["whatsapp"]]
    assert results()[0]["reference"] == "order-1"


def test_the_backend_may_come_from_the_environment_a_block_or_stdin(
    smsbridge_mock: Provider, tmp_path: Path
) -> None:
    write(1)
    assert run("send-many", CSV, "--out", "a").code == 0
    (tmp_path / "smsbridge.toml").write_text('[backends.memory]\nbackend = "memory"\n')
    assert run("send-many", CSV, "--out", "b", "--backend", "memory").code == 0
    url = sample_url("rest", smsbridge_mock.address)
    assert run("send-many", CSV, "--out", "c", "--url", "-", stdin=url).code == 0
    assert len(smsbridge_mock.messages) == 2


def test_no_more_are_in_flight_than_asked_for() -> None:
    write(40)
    together = threading.Barrier(4)
    flying, most, lock = 0, 0, threading.Lock()

    def play(_server: FaultServer, _got: Got) -> bytes:
        return OK

    def hold(connection: Any) -> None:
        nonlocal flying, most
        connection.recv(65_536)
        with lock:
            flying += 1
            most = max(most, flying)
        together.wait(SECONDS)
        with lock:
            flying -= 1
        connection.sendall(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

    with FaultServer([play], on_accept=hold) as server:
        assert send(url_of(server), "--concurrency", "4").code == 0
    assert most == 4


# --- what ends otherwise, and what the exit code says


def turns(*replies: bytes | str) -> FaultServer:
    return FaultServer(list(replies))


REFUSED = answer(400, "{}")
LATER = answer(429, "{}")
FORBIDDEN = answer(401, "{}")
RESET = "reset-after-request"


@pytest.mark.parametrize(
    ("replies", "code", "ends"),
    [
        ([OK], 0, {"accepted": 6}),
        ([REFUSED, OK], 6, {"rejected": 1, "accepted": 5}),
        ([LATER, REFUSED, OK], 5, {"not_sent": 1, "rejected": 1, "accepted": 4}),
        ([REFUSED, LATER, FORBIDDEN], 4, {"not_sent": 1, "rejected": 2}),
        ([RESET, FORBIDDEN], 3, {"unknown": 1, "rejected": 1}),
        (
            [REFUSED, LATER, RESET, OK],
            3,
            {"rejected": 1, "not_sent": 1, "unknown": 1, "accepted": 3},
        ),
    ],
)
def test_the_exit_code_tells_the_worst(
    replies: list[bytes | str], code: int, ends: dict[str, int]
) -> None:
    write(6)
    with turns(*replies) as server:
        done = send(url_of(server), "--concurrency", "1")
    assert (done.code, outcomes()) == (code, ends)
    summary = ", ".join(
        f"{word} {ends[word]}"
        for word in ("accepted", "not_sent", "rejected", "unknown")
        if word in ends
    )
    assert done.err.startswith(summary)
    assert ("not tried" in done.err) == (sum(ends.values()) < 6)


def test_when_authentication_fails_no_further_message_is_begun() -> None:
    write(50)
    with turns(FORBIDDEN) as server:
        done = send(url_of(server), "--concurrency", "3")
        assert len(server.sends) <= 3
    assert done.code == 4
    assert "Authentication failed" in done.err
    assert "repeat the command" in done.err
    with turns(OK) as server:
        done = send(url_of(server))
        assert len(server.sends) == 50
    assert (done.code, outcomes()) == (0, {"accepted": 50})


def test_what_no_message_could_do_stops_at_once(smsbridge_mock: Provider) -> None:
    write(50)
    done = send(sample_url("soap", smsbridge_mock.address), "--whatsapp", "--concurrency", "2")
    assert (done.code, smsbridge_mock.requests) == (2, [])
    assert "rest and oauth" in done.err
    assert len(results()) <= 2


def test_what_was_not_sent_goes_again_and_the_rest_does_not() -> None:
    write(4)
    with turns(OK, REFUSED, LATER, RESET) as server:
        assert send(url_of(server), "--concurrency", "1").code == 3
    assert [line["outcome"] for line in results()] == [
        "accepted",
        "rejected",
        "not_sent",
        "unknown",
    ]
    with turns(OK) as server:
        assert send(url_of(server)).code == 3
        assert [b"text+2" in got.body for got in server.sends] == [True]
    assert outcomes() == {"accepted": 2, "rejected": 1, "unknown": 1}
    with turns(OK) as server:
        assert send(url_of(server), "--on-unknown", "resend").code == 6
        assert [b"text+3" in got.body for got in server.sends] == [True]
    assert sorted(line["index"] for line in results()) == [0, 1, 2, 3]


# --- a file as a spreadsheet writes it

EXPORT = "Name;Telefon;Nachricht\r\nMüller;+12025550123;Grüße\r\nMeier;+12025550124;Hallo\r\n"
OPTIONS = ("--delimiter", ";", "--encoding", "windows-1252")
MAP = ("--map", "recipient=Telefon", "--map", "text=nachricht")


def test_an_export_is_sent_by_its_columns_and_the_others_are_named(
    smsbridge_mock: Provider,
) -> None:
    Path(CSV).write_bytes(EXPORT.encode("cp1252"))
    done = send(sample_url("rest", smsbridge_mock.address), *OPTIONS, *MAP)
    assert (done.code, done.err) == (0, "smsbridge: columns left out: Name\naccepted 2\n")
    assert {m.text for m in smsbridge_mock.messages} == {"Grüße", "Hallo"}


def test_a_run_goes_on_only_with_the_columns_that_it_was_begun_with(
    smsbridge_mock: Provider,
) -> None:
    Path(CSV).write_bytes(EXPORT.encode("cp1252"))
    url = sample_url("rest", smsbridge_mock.address)
    assert send(url, *OPTIONS, *MAP).code == 0
    for other in (
        (*OPTIONS, "--map", "recipient=Telefon", "--map", "text=Name"),
        (*OPTIONS[:3], "latin-1", *MAP),
    ):
        done = send(url, *other)
        assert (done.code, len(smsbridge_mock.messages)) == (2, 2)
        assert "another --delimiter, --encoding or --map" in done.err
    same = ("--delimiter", ";", "--encoding", "CP1252", *MAP[2:], "--map", "recipient=TELEFON")
    assert send(url, *same).code == 0
    assert len(smsbridge_mock.messages) == 2


@pytest.mark.parametrize(
    ("block", "says"),
    [
        (
            "smsmobileapi",
            ": smsbridge resolve 'my results' --backend staging\n",
        ),
        ("old", "unknown 1\n"),
    ],
)
def test_where_an_outcome_is_unknown_the_end_names_the_command_that_looks_it_up(
    block: str, says: str
) -> None:
    write(1)
    with turns(RESET) as server:
        blocks = {
            "smsmobileapi": f'backend = "smsmobileapi"\nurl = "{server.url}"\napi_key = "k"',
            "old": f'backend = "rest"\nurl = "{server.url}"\n'
            '[backends.staging.send]\nroute = "POST /sendsms/"\n'
            'fields = { to = "{recipient}", text = "{text}" }\n'
            'accepted = { when = { state = "ok" }, id = "id" }',
        }
        Path("smsbridge.toml").write_text(f"[backends.staging]\n{blocks[block]}\n")
        done = run("send-many", CSV, "--out", "my results", "--backend", "staging")
    assert done.code == 3
    assert says in done.err
    assert ("resolve" in done.err) == (block == "smsmobileapi"), "a log that can be asked"


def test_the_url_of_a_run_is_never_repeated_in_what_it_says() -> None:
    write(1)
    with turns(RESET) as server:
        done = send(url_of(server))
    assert ": smsbridge resolve results.jsonl, with the same --url\n" in done.err
    assert "test-key" not in done.err


# --- what is refused before anything leaves


def test_a_bad_file_sends_nothing_and_makes_no_files(smsbridge_mock: Provider) -> None:
    write(30)
    with Path(CSV).open("a") as file:
        file.write("Alice,Hello\n")
    done = send(sample_url("rest", smsbridge_mock.address))
    assert (done.code, done.out, smsbridge_mock.requests) == (2, "", [])
    assert "line 32: recipient" in done.err
    assert "Hello" not in done.err
    assert [path.name for path in Path().iterdir()] == [CSV]


def test_a_changed_file_is_refused_and_nothing_is_lost(smsbridge_mock: Provider) -> None:
    write(3)
    url = sample_url("rest", smsbridge_mock.address)
    assert send(url).code == 0
    before = Path(OUT).read_bytes(), Path(INTENTS).read_bytes()
    write(4)
    done = send(url)
    assert done.code == 2
    assert one_line(done.err)
    assert (Path(OUT).read_bytes(), Path(INTENTS).read_bytes()) == before
    assert len(smsbridge_mock.messages) == 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["none.csv", "--out", OUT], "none.csv"),
        ([CSV], "--out"),
        ([CSV, "--out", "no/folder/results.jsonl"], "No such file"),
        ([CSV, "--out", CSV], "not the result of a run"),
        ([CSV, "--out", OUT, "--concurrency", "0"], "--concurrency"),
        ([CSV, "--out", OUT, "--concurrency", "1001"], "--concurrency"),
        ([CSV, "--out", OUT, "--on-unknown", "guess"], "--on-unknown"),
        ([CSV, "--out", OUT, "--backend", "staging"], "smsbridge.toml"),
    ],
)
def test_what_cannot_be_run_exits_2(
    smsbridge_mock: Provider, arguments: list[str], says: str
) -> None:
    write(2)
    done = run("send-many", *arguments)
    assert (done.code, done.out, smsbridge_mock.requests) == (2, "", [])
    assert says in done.err
    assert Path(CSV).read_text().startswith("recipient,text")


@pytest.mark.parametrize("pipe", [CSV, OUT, INTENTS])
def test_a_pipe_in_place_of_a_file_sends_nothing_and_is_not_waited_for(
    smsbridge_mock: Provider, pipe: str
) -> None:
    write(2)
    Path(pipe).unlink(missing_ok=True)
    os.mkfifo(pipe)
    done = send(sample_url("rest", smsbridge_mock.address))
    assert (done.code, done.out, smsbridge_mock.requests) == (2, "", [])
    assert one_line(done.err)
    assert f"{pipe} is not a regular file" in done.err
    assert {path.name for path in Path().iterdir()} == {CSV, pipe}


def test_a_disk_that_is_full_sends_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    write(20)
    real_write, left = os.write, 8

    def full(file: int, data: bytes) -> int:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(28, os.strerror(28))
        return real_write(file, data)

    with turns(OK) as server:
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", full)
            done = send(url_of(server), "--concurrency", "2")
        sent = len(server.sends)
        assert done.code == 1
        assert "can't write" in done.err
        assert "No space left" in done.err
        assert sent < 20
        assert send(url_of(server)).code in {0, 3}
        ends = outcomes()
    assert sum(ends.values()) == 20
    assert len(server.sends) == 20
    assert ends["accepted"] >= 20 - 2


def test_a_file_that_changes_meanwhile_ends_the_run() -> None:
    write(20)
    before = Path(CSV).read_bytes()

    def play(_server: FaultServer, _got: Got) -> bytes:
        Path(CSV).write_text("recipient,text\n+12025550123,other\n")
        return OK

    with FaultServer([play]) as server:
        done = send(url_of(server), "--concurrency", "2")
        assert done.code == 1
        assert "has changed" in done.err
        assert len(server.sends) <= 3
    Path(CSV).write_bytes(before)
    with turns(OK) as server:
        assert send(url_of(server)).code == 0
    assert outcomes() == {"accepted": 20}


# --- a run that is stopped


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [SMSBRIDGE, "send-many", *arguments]
    with (
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
        ) as process,
        killed_when_late(process),
    ):
        yield process


@dataclass
class Gate:
    """A server whose answers wait until they may go."""

    came: threading.Event
    go: threading.Event
    count: int = 0

    def __call__(self, _server: FaultServer, _got: Got) -> bytes:
        self.count += 1
        if self.count > 5:
            self.came.set()
            assert self.go.wait(SECONDS)
        return OK


def is_no_progress(line: str) -> bool:
    """Return whether a line does not tell how far a run has come, as that of a busy machine may."""
    return not re.match(r"\d+ of \d+: ", line)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stop_waits_for_what_is_in_flight_and_says_how_to_go_on(
    number: signal.Signals, code: int
) -> None:
    write(50)
    gate = Gate(threading.Event(), threading.Event())
    with FaultServer([gate]) as server:
        with started(CSV, "--out", OUT, "--url", url_of(server), "--concurrency", "1") as process:
            assert gate.came.wait(SECONDS)
            process.send_signal(number)
            assert process.stderr
            lines = iter(process.stderr.readline, "")
            assert next(filter(is_no_progress, lines)).startswith("smsbridge: stopping")
            gate.go.set()
            _, said = process.communicate()
        assert process.returncode == code
        assert [*filter(is_no_progress, said.splitlines())] == [
            "accepted 6, not tried 44",
            "smsbridge: stopped; repeat the command to send the rest",
        ]
        assert outcomes() == {"accepted": 6}
        assert send(url_of(server)).code == 0
        assert len(server.sends) == 50
    assert outcomes() == {"accepted": 50}


def test_a_second_run_at_the_same_time_is_refused() -> None:
    write(50)
    gate = Gate(threading.Event(), threading.Event())
    with FaultServer([gate]) as server:
        with started(CSV, "--out", OUT, "--url", url_of(server), "--concurrency", "1") as process:
            assert gate.came.wait(SECONDS)
            done = send(url_of(server))
            gate.go.set()
            process.communicate()
        assert done.code == 2
        assert "in use" in done.err
        assert process.returncode == 0
        assert len(server.sends) == len(results()) == 50


# --- what a user sees meanwhile


def test_on_a_terminal_there_is_a_bar(smsbridge_mock: Provider) -> None:
    pty = pytest.importorskip("pty", reason="only Unix has terminals of its own to give")
    write(20)
    url = sample_url("rest", smsbridge_mock.address)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [SMSBRIDGE, "send-many", CSV, "--out", OUT, "--url", url], stderr=theirs
    )
    os.close(theirs)
    seen = b""
    try:
        while more := os.read(ours, 65_536):
            seen += more
    except OSError:  # Linux says so at the end
        pass
    os.close(ours)
    assert process.wait(SECONDS) == 0
    assert b"20/20" in seen
    assert seen.rstrip().endswith(b"accepted 20")


@pytest.mark.parametrize("kind", ["pipe", "closed", "full"])
def test_a_stderr_that_cannot_be_written_loses_no_outcome(
    smsbridge_mock: Provider, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("smsbridge.cli.bulk.progress.EVERY_SECONDS", 0.0)
    write(30)
    url = sample_url("rest", smsbridge_mock.address)
    arguments = ["send-many", CSV, "--out", OUT, "--url", url, "--concurrency", "3"]
    with unwritable(kind) as stderr:
        assert run_on(sys.stdout, stderr, *arguments) == 0
    assert outcomes() == {"accepted": 30}
    assert len(smsbridge_mock.messages) == 30


def test_a_stop_writes_nothing_where_stderr_was_closed() -> None:
    write(50)
    gate = Gate(threading.Event(), threading.Event())
    with FaultServer([gate]) as server:
        command = [SMSBRIDGE, "send-many", CSV, "--out", OUT, "--concurrency", "1"]
        shell = ["/bin/sh", "-c", 'exec "$@" 2>&-', "sh", *command, "--url", url_of(server)]
        with subprocess.Popen(shell, encoding="utf-8") as process, killed_when_late(process):
            assert gate.came.wait(SECONDS)
            process.send_signal(signal.SIGTERM)
            gate.go.set()
            assert process.wait(SECONDS) == 143
    assert outcomes()["accepted"] < 50
    assert all(json.loads(line) for line in Path(INTENTS).read_text().splitlines())


@pytest.mark.parametrize("error", [RuntimeError, OSError])
def test_an_error_while_it_goes_on_loses_no_outcome_of_what_is_in_flight(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    write(20)
    ended, left = Journal.record, 2

    def broken(journal: Journal, result: Result) -> None:
        nonlocal left
        ended(journal, result)
        left -= 1
        if left == 0:
            raise error

    monkeypatch.setattr(Journal, "record", broken)
    with turns(OK) as server:
        done = send(url_of(server), "--concurrency", "5")
        sent = len(server.sends)
        assert (done.code, outcomes()) == (1, {"accepted": sent})
        assert done.err.count("\n") == 1
        assert sent <= 7
        assert send(url_of(server)).code == 0
    assert outcomes() == {"accepted": 20}


def test_what_shows_how_far_it_is_may_break_and_no_outcome_is_lost(
    smsbridge_mock: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Callable[[], None]:
        def show() -> None:
            raise RuntimeError

        return show

    monkeypatch.setattr("smsbridge.cli.bulk.progress.progress_lines", broken)
    write(20)
    done = send(sample_url("rest", smsbridge_mock.address), "--concurrency", "5")
    assert (done.code, "RuntimeError" in done.err) == (1, True)
    assert outcomes() == {"accepted": len(smsbridge_mock.messages)}
    assert len(results()) <= 7


# --- killed at any moment


class Moody:
    """A provider that often says "later", and sometimes takes a message and loses the answer."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.taken: Counter[tuple[str, str]] = Counter()

    def __call__(self, _server: FaultServer, got: Got) -> bytes | str:
        mood = self._random.random()
        if mood < 0.1:
            return LATER
        form = parse_qs(got.body.decode())
        self.taken[form["recipients"][0], form["message"][0]] += 1
        return RESET if mood < 0.12 else OK


def sizes(folder: Path) -> int:
    return sum(
        (folder / name).stat().st_size for name in (OUT, INTENTS) if (folder / name).exists()
    )


FORKS = """
import json, os, sys
from importlib import import_module
for name in ("cli.bulk.command", "cli.bulk.csv_file", "client.sync", *sys.argv[1:]):
    import_module(f"smsbridge.{name}")
if "http.requests_transport" in sys.argv:
    sys.modules["aiohttp"] = None  # as if it were not installed
from smsbridge.cli import main
from smsbridge.config.url import from_url
from_url("smsmobileapi+rest://KEY@127.0.0.1:9?tls=off")
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_RDWR), 2)
        main(json.loads(line), prog_name="smsbridge")
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""A script that runs each command that it reads in a process of its own, which starts at once.

It prints the process's id, and its exit code when it has ended.
"""


IMPORTS = {
    "loop": ("client.loop_driver", "http.aiohttp_transport"),
    "threads": ("http.requests_transport",),
    "curl": ("client.loop_driver", "http.curl_multi"),
}
"""What `FORKS` imports for each driver before it forks."""


class Runs:
    """The runs of one command, each in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], command: list[str]) -> None:
        self._process = process
        self._command = command

    def begin(self) -> int:
        """Begin a run, and return the id of its process."""
        assert self._process.stdin
        self._process.stdin.write(f"{json.dumps(self._command)}\n")
        self._process.stdin.flush()
        return self._read()

    def end(self) -> int:
        """Wait for the end of a run, and return its exit code; that of a signal is negative."""
        return self._read()

    def has_ended(self) -> bool:
        """Return whether a run is over, and its exit code can be read."""
        assert self._process.stdout
        return bool(select.select([self._process.stdout], [], [], 0)[0])

    def _read(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline())


def kill(runs: Runs, folder: Path, chance: random.Random) -> bool:
    """Begin a run, and kill it at some moment; return whether it was still alive then."""
    grown = sizes(folder) + chance.choice([0, 0, 100, 1000, 2000, 4000])
    late = time.monotonic() + 30
    wait = chance.choice([0.0, chance.uniform(0, 0.02), chance.uniform(0, 0.05)])
    process = runs.begin()
    while sizes(folder) <= grown and not runs.has_ended() and time.monotonic() < late:
        time.sleep(0.001)
    time.sleep(wait)
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    return runs.end() == -signal.SIGKILL


@pytest.mark.full
@pytest.mark.parametrize(
    ("driver", "seed", "kills"), [("loop", 1, 17), ("threads", 2, 17), ("curl", 3, 16)]
)
def test_kill_9_at_any_moment_loses_nothing_and_sends_nothing_twice(
    nowhere: Path, driver: str, seed: int, kills: int
) -> None:
    chance = random.Random(seed)
    rows = write(300)
    provider = Moody(seed)
    with (
        subprocess.Popen(
            [sys.executable, "-c", FORKS, *IMPORTS[driver]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        ) as process,
        killed_when_late(process, 500),  # of some forty runs
        FaultServer([provider]) as server,
    ):
        url = f"{url_of(server)}&transport=curl" if driver == "curl" else url_of(server)
        runs = Runs(process, ["send-many", CSV, "--out", OUT, "--url", url])
        for _ in range(kills):
            assert kill(runs, nowhere, chance), "too few messages for so many kills"
        for _ in range(20):
            runs.begin()
            code, lines = runs.end(), results()
            if all(line["outcome"] != "not_sent" for line in lines):
                break
    assert code in {0, 3}
    assert sorted(line["index"] for line in lines) == list(range(len(rows)))
    assert {line["outcome"] for line in lines} <= {"accepted", "unknown"}
    taken = provider.taken
    assert max(taken.values()) == 1
    accepted = {rows[line["index"]] for line in lines if line["outcome"] == "accepted"}
    unknown = {rows[line["index"]] for line in lines if line["outcome"] == "unknown"}
    assert accepted <= taken.keys() <= accepted | unknown
    assert len(unknown) <= kills * 8 + 0.1 * len(rows)
