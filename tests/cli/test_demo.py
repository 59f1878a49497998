"""``smsbridge demo``: each protocol with each client, then a connection that breaks; no secret."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import termios
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.request import urlopen

import pytest
from rich.console import Console

from smsbridge.cli.demo import play
from smsbridge.testing.fixture.scenario import Scenario
from smsbridge.testing.mock.default import API_KEY, CLIENT_SECRET

from support.commands import SECONDS, SMSBRIDGE, real, run, run_on

ESCAPE = "\x1b"
HEADERS = ("client", "outcome status id", "the request on the wire, secrets masked")
ACCEPTED = "the provider accepted"
STYLES = re.compile(r"\x1b\[[0-9;]*m")
ABOUT_THE_TERMINAL = {
    *("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "COLORTERM"),
    *("TTY_COMPATIBLE", "TTY_INTERACTIVE", "PYTHONIOENCODING"),
}


@pytest.fixture(autouse=True, scope="module")
def _plain_environment() -> Iterator[None]:
    """Know no proxy, and nothing of the terminal that the tests run in."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.lower().endswith("_proxy") or name in ABOUT_THE_TERMINAL:
                patch.delenv(name)
        yield


def tables(screen: str) -> list[list[list[str]]]:
    """Return the tables on a screen: the header and the rows, each cell as one line of words."""
    found: list[list[list[str]]] = []
    row: list[list[str]] = []
    for line in screen.splitlines():
        if line[:1] == "┏":
            found.append([])
        if line[:1] in "┃│" and line:
            cells = [cell.strip() for cell in re.split("[┃│]", line)[1:-1]]
            row = (
                [[*a, b] for a, b in zip(row, cells, strict=True)] if row else [[c] for c in cells]
            )
        elif row:
            found[-1].append([" ".join(filter(None, cell)) for cell in row])
            row = []
    return found


def plain(screen: str) -> str:
    return STYLES.sub("", screen).replace("\r\n", "\n")


@dataclass(frozen=True)
class Screen:
    """What the demo shows, and the tokens that it got."""

    text: str
    tokens: list[str]


@pytest.fixture(scope="module")
def screens() -> dict[int, Screen]:
    """Return what the demo shows on screens of 80 columns, and wide enough for every request."""
    return {columns: on_a_screen(columns) for columns in (80, 400)}


def on_a_screen(columns: int) -> Screen:
    tokens: list[str] = []
    mint = Scenario.mint

    def keep(scenario: Scenario, name: str) -> str:
        value = mint(scenario, name)
        if name == "token":
            tokens.append(value)
        return value

    file = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Scenario, "mint", keep)
        play(Console(file=file, width=columns, force_terminal=True))
    return Screen(plain(file.getvalue()), tokens)


@pytest.fixture
def screen(screens: dict[int, Screen]) -> str:
    return screens[400].text


def on_a_terminal() -> str:
    """Run ``smsbridge demo`` in this process on a terminal, and return what it shows."""
    ours, theirs = pty.openpty()
    seen: list[bytes] = []
    reader = threading.Thread(target=lambda: seen.extend(chunks(ours)))
    reader.start()
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        assert run_on(terminal, terminal, "demo") == 0
    reader.join(SECONDS)
    os.close(ours)
    return b"".join(seen).decode()


def chunks(terminal: int) -> Iterator[bytes]:
    with suppress(OSError):  # Linux says so that nobody has the other side open
        while chunk := os.read(terminal, 65_536):
            yield chunk


def test_the_demo_exits_0_and_says_nothing_on_stderr_and_a_pipe_gets_no_escape_codes() -> None:
    done = real("demo")
    assert (done.code, done.err) == (0, "")
    sent, broke = tables(done.out)
    assert (len(sent), len(broke)) == (1 + 6, 1 + 2)
    assert ESCAPE not in done.out


@pytest.mark.parametrize("arguments", [["now"], ["--json"], ["--backend", "staging"]])
def test_the_demo_has_no_arguments(arguments: list[str]) -> None:
    done = run("demo", *arguments)
    assert (done.code, done.out) == (2, "")
    assert arguments[0] in done.err


def test_each_protocol_is_accepted_with_each_client(screen: str) -> None:
    header, *rows = tables(screen)[0]
    assert header == [*HEADERS, ACCEPTED]
    assert [row[0] for row in rows] == [
        f"{protocol} {client}"
        for protocol in ("rest", "soap", "oauth")
        for client in ("Client", "AsyncClient")
    ]
    for _, outcome, _, accepted in rows:
        assert re.fullmatch("accepted queued [0-9a-f]{10}…", outcome)
        assert accepted == "1 message"


@pytest.mark.parametrize(
    ("protocol", "requests"),
    [
        ("rest", ["POST /sendsms/ "]),
        ("soap", ["POST /sendsms/wsdl/server.php "]),
        ("oauth", ["POST /oauth2/token ", "POST /sendsms/ "]),
    ],
)
def test_each_protocol_shows_its_requests_in_order(
    screen: str, protocol: str, requests: list[str]
) -> None:
    wires = [row[2] for row in tables(screen)[0] if row[0].startswith(protocol)]
    assert [re.findall(r"POST \S+ ", wire) for wire in wires] == [requests, requests]
    assert wires[0] == wires[1]
    for wire in wires:
        assert "12025550123" in wire
        assert "Hello" in wire
        assert "•••" in wire


def test_the_retry_loop_leaves_two_messages_and_smsbridge_one(screen: str) -> None:
    header, loop, ours = tables(screen)[-1]
    assert header == [*HEADERS, ACCEPTED]
    assert loop[0] == "a retry loop around requests"
    assert loop[1] == "says: sent after 2 tries"
    assert loop[3] == "2 messages"
    assert ours[:2] == ["smsbridge Client", "unknown"]
    assert "reset" in ours[2]
    assert ours[3] == "1 message"


def test_the_demo_says_that_nothing_was_seen_live(screen: str) -> None:
    assert screen.rstrip().endswith("nothing was seen live.")


@pytest.mark.parametrize("columns", [80, 400])
def test_no_secret_is_on_the_screen(screens: dict[int, Screen], columns: int) -> None:
    shown, tokens = screens[columns].text, screens[columns].tokens
    together = shown + "".join("".join(row).replace(" ", "") for t in tables(shown) for row in t)
    assert len(tokens) == 2
    assert [word for word in (API_KEY, CLIENT_SECRET, *tokens) if word in together] == []
    assert [token for token in tokens if token[:10] in together] == []


def whole(screen: str, columns: int) -> None:
    """Assert that no column is lost on a screen so wide."""
    assert max(len(line) for line in screen.splitlines()) <= columns
    sent, broke = tables(screen)
    assert sent[0] == broke[0] == [*HEADERS, ACCEPTED]
    assert [row[0].split()[1] for row in sent[1:]] == ["Client", "AsyncClient"] * 3
    assert {row[3] for row in sent[1:]} == {"1 message"}
    assert [row[3] for row in broke[1:]] == ["2 messages", "1 message"]
    for _, outcome, wire, _ in sent[1:]:
        assert outcome.startswith("accepted queued ")
        assert "…" not in wire
        assert wire.count("•••") == wire.count("POST")


@pytest.mark.parametrize("columns", [80, 400])
def test_a_narrow_screen_loses_no_column(screens: dict[int, Screen], columns: int) -> None:
    whole(screens[columns].text, columns)


def test_a_terminal_is_filled_and_gets_colours() -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, 120))
    environ = {**os.environ, "TERM": "xterm-256color"}
    with subprocess.Popen(
        [SMSBRIDGE, "demo"], stdin=theirs, stdout=theirs, stderr=theirs, env=environ
    ) as process:
        os.close(theirs)
        late = threading.Timer(SECONDS, process.kill)
        late.start()
        screen = b"".join(chunks(ours)).decode()
        assert process.wait(SECONDS) == 0, screen
        late.cancel()
    os.close(ours)
    assert ESCAPE in screen
    whole(plain(screen), 120)
    assert max(len(line) for line in plain(screen).splitlines()) == 120


@pytest.mark.parametrize(
    ("environ", "colours"),
    [({"TERM": "xterm-256color"}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
    ids=str,
)
def test_a_terminal_that_wants_no_colours_gets_no_escape_codes(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, *, colours: bool
) -> None:
    for name, value in {"TERM": "xterm-256color", **environ}.items():
        monkeypatch.setenv(name, value)
    screen = on_a_terminal()
    assert "2 messages" in plain(screen)
    assert (ESCAPE in screen) == colours


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "latin-1", "ascii"])
def test_a_pipe_of_any_encoding_gets_the_demo(encoding: str) -> None:
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
    assert run_on(out, err, "demo") == 0
    assert isinstance(out.buffer, io.BytesIO)
    assert "2 messages" in out.buffer.getvalue().decode(encoding)
    assert isinstance(err.buffer, io.BytesIO)
    assert err.buffer.getvalue() == b""


@pytest.mark.parametrize("name", ["http_proxy", "all_proxy"])
def test_a_proxy_changes_nothing_since_the_mock_is_on_this_machine(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    done = run("demo")
    assert done.code == 0
    sent, broke = tables(done.out)
    assert {row[3] for row in sent[1:]} == {"1 message"}
    assert [row[1] for row in broke[1:]] == ["says: sent after 2 tries", "unknown"]
    assert [row[3] for row in broke[1:]] == ["2 messages", "1 message"]


def test_with_page_the_mock_stays_and_shows_what_was_sent() -> None:
    with subprocess.Popen(
        [SMSBRIDGE, "demo", "--page"],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "BROWSER": "true"},
    ) as running:
        late = threading.Timer(SECONDS, running.kill)
        late.start()
        assert running.stdout
        lines = iter(running.stdout.readline, "")
        (url,) = next(found for line in lines if (found := re.findall(r"http\S+/_mock/", line)))
        with urlopen(url, timeout=20) as answer:
            page = answer.read().decode()
        running.terminate()
        assert running.wait(SECONDS) == 0
        late.cancel()
    assert page.count('class="bubble"') == 4
    assert "Your code is 482913" in page
    assert "unknown to its client" in page


def test_the_demo_stops_its_server_when_it_ends() -> None:
    before = set(threading.enumerate())
    on_a_screen(100)
    left = {thread for thread in threading.enumerate() if thread.is_alive()} - before
    assert left == set()
