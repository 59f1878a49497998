"""The command line as a whole: help, exit codes, and no traceback, whatever goes wrong."""

from __future__ import annotations

import os
import re
import subprocess
from importlib.metadata import version

import pytest

from support.commands import (
    EXTRAS,
    FULL,
    SECONDS,
    SMSBRIDGE,
    one_line,
    real,
    run,
    run_without,
    run_without_stdout,
)
from support.corpus import CONTRACTS
from support.sending import NUMBER, TEXT

pytestmark = pytest.mark.usefixtures("nowhere")

COMMANDS = ("send", "send-many", "explain", "backends", "doctor", "wsdl", "mock", "demo")
CONTRACT = str(CONTRACTS / "soap12.wsdl")
URL = "smsmobileapi+rest://KEY@127.0.0.1:9?tls=off"


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

    monkeypatch.setattr("smsbridge.backends.registry.installed_backends", fail)
    done = run("backends")
    assert (done.code, done.out) == (1, "")
    assert one_line(done.err)
    assert "RuntimeError" in done.err
    assert "canary" not in done.err


SCENARIO = ["mock", "--port", "0", "--scenario", "smsmobileapi/send/moved"]


@pytest.mark.full
@pytest.mark.parametrize(
    ("library", "extra", "commands"),
    [
        ("yaml", "testing", [["mock"], ["demo"], SCENARIO, ["mock", CONTRACT, "--port", "0"]]),
        (
            "pytest_httpserver",
            "testing",
            [["mock"], ["demo"], SCENARIO, ["mock", CONTRACT, "--port", "0"]],
        ),
        ("aiohttp", "async", [["demo"]]),
    ],
)
def test_a_missing_extra_exits_2_and_is_named(
    library: str, extra: str, commands: list[list[str]]
) -> None:
    for done in run_without([library], *commands):
        assert (done.code, done.out) == (2, "")
        assert one_line(done.err)
        assert f"'.[{extra}]'" in done.err


def test_a_bare_install_needs_no_extra() -> None:
    commands = [
        ["backends"],
        ["--help"],
        ["send", NUMBER, TEXT, "--url", "memory://"],
        ["explain", NUMBER, TEXT, "--url", URL],
        ["doctor", "--url", "memory://"],
        ["wsdl", "show", CONTRACT],
        ["wsdl", "lock", CONTRACT, "--to", "locked"],
    ]
    ended = run_without(EXTRAS, *commands)
    assert [done.code for done in ended] == [0] * len(commands), ended


# --- a process, and what it writes to


@pytest.mark.parametrize(
    "command",
    [
        ["backends", "--json"],
        ["doctor"],
        ["send", NUMBER, TEXT, "--url", "memory://", "--reference", "order-4711"],
        ["send", "12025550123", TEXT, "--url", "memory://"],
        ["sned"],
    ],
    ids=" ".join,
)
def test_a_process_ends_and_writes_as_a_run_in_this_one(command: list[str]) -> None:
    in_process, process = run(*command), real(*command)
    assert process.code == in_process.code
    assert process.out == in_process.out
    assert process.err == in_process.err.replace("main", "smsbridge")


@pytest.mark.parametrize("kind", ["pipe", "closed"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["backends"],
        ["backends", "--json"],
        ["demo"],
        ["mock", "--port", "0"],
        ["explain", NUMBER, TEXT, "--url", URL],
        ["doctor", "--url", "memory://"],
        ["doctor", "--url", URL],
        ["doctor", "--url", URL, "--json"],
        ["wsdl", "show", CONTRACT],
        ["wsdl", "show", CONTRACT, "--toml", "Send"],
        ["--help"],
        ["--version"],
    ],
    ids=" ".join,
)
def test_a_stdout_that_is_closed_shows_no_traceback(arguments: list[str], kind: str) -> None:
    done = run_without_stdout(kind, *arguments)
    assert done.code in (0, 1)
    assert done.err in ({""} if kind == "pipe" else {"", CLOSED})


CLOSED = "smsbridge: stdout can't be written: it is closed\n"


def test_a_real_pipe_into_head_shows_no_traceback() -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", '"$0" backends | head -n 0', SMSBRIDGE],
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize("arguments", [["backends"], ["backends", "--json"], ["doctor"]])
def test_a_stdout_that_is_full_is_said(arguments: list[str]) -> None:
    done = run_without_stdout("full", *arguments)
    assert done.code == 1
    assert done.err == "smsbridge: stdout can't be written: No space left on device\n"


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_process_whose_stdout_is_full_says_so_also_without_a_buffer(unbuffered: str) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [SMSBRIDGE, "backends"],
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "smsbridge: stdout can't be written: No space left on device\n"
