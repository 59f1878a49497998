"""The command line as a whole: help, exit codes, and no traceback, whatever goes wrong."""

from __future__ import annotations

import os
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from support.commands import EXTRAS, SECONDS, SMSBRIDGE, WITHOUT, one_line, real, run
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

    monkeypatch.setattr("smsbridge.backends.capabilities.installed", fail)
    done = run("backends")
    assert (done.code, done.out) == (1, "")
    assert one_line(done.err)
    assert "RuntimeError" in done.err
    assert "canary" not in done.err


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


@pytest.mark.parametrize(
    "arguments",
    [
        ["backends"],
        ["--help"],
        ["send", NUMBER, TEXT, "--url", "memory://"],
        ["explain", NUMBER, TEXT, "--url", URL],
        ["doctor", "--url", "memory://"],
        ["wsdl", "show", CONTRACT],
        ["wsdl", "lock", CONTRACT, "--to", "locked"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_bare_install_needs_no_extra(arguments: list[str]) -> None:
    assert real(EXTRAS, *arguments, script=WITHOUT).code == 0


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


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["backends"], ["backends", "--json"], ["doctor"]])
def test_a_stdout_that_is_full_is_said(arguments: list[str], unbuffered: str) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [SMSBRIDGE, *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "smsbridge: stdout can't be written: No space left on device\n"
