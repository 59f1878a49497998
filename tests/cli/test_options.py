"""The options that commands share are the same in each, and their words are read alike."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from smsbridge import Channel, ConfigError, InvalidMessage, Message
from smsbridge.backends.memory import MemoryBackend
from smsbridge.cli import main
from smsbridge.cli.options import (
    choose_backend,
    message_of,
    message_options,
    provider_options,
    same_backend,
    server_options,
    time_of,
)

from support.commands import run
from support.each import each


def test_a_command_that_asks_a_provider_has_these_options() -> None:
    @click.command()
    @provider_options
    def ask(backend: str | None, config: str | None, url: str | None, *, as_json: bool) -> None:
        click.echo(f"{backend} {config} {url} {as_json}")

    runner = CliRunner()
    assert runner.invoke(ask, []).stdout == "None None None False\n"
    given = ["--backend", "a", "--config", "b", "--url", "-", "--json"]
    assert runner.invoke(ask, given).stdout == "a b - True\n"
    empty = runner.invoke(ask, ["--config", ""])
    assert (empty.exit_code, "--config is empty" in empty.stderr) == (2, True)


def made(*arguments: str) -> Message | str:
    """Return the message that a command makes of its options, or why it makes none."""
    found: list[Message] = []

    @click.command()
    @message_options
    def make(**given: Any) -> None:
        found.append(message_of(MemoryBackend(), "+12025550123", "Hello", given))

    done = CliRunner().invoke(make, arguments)
    return found[0] if found else str(done.exception)


def test_a_message_has_what_its_options_say() -> None:
    plain, full = (
        made("--reference", "r-1"),
        made(
            "--reference", "r-1", "--sender", "Acme", "--at", "2027-01-31T10:30+01:00", "--whatsapp"
        ),
    )
    same = {"recipient": "+12025550123", "text": "Hello", "reference": "r-1"}
    assert plain == Message(**same)  # type: ignore[arg-type]  # they are texts
    when = datetime(2027, 1, 31, 9, 30, tzinfo=UTC)
    assert full == Message(**same, sender="Acme", send_at=when, channels="whatsapp")  # type: ignore[arg-type]  # here too
    both = made("--sms", "--whatsapp")
    assert isinstance(both, Message)
    assert both.channels == set(Channel)


@pytest.mark.parametrize(
    ("option", "given"),
    [("--sender", ""), ("--sender", "a\nb"), ("--reference", ""), ("--at", "tomorrow")],
)
def test_what_is_no_message_is_refused_by_the_name_of_the_option(option: str, given: str) -> None:
    error = made(option, given)
    assert isinstance(error, str)
    assert error.startswith(f"{option} ")


def test_a_command_that_serves_listens_on_the_loopback() -> None:
    @click.command()
    @server_options(8780)
    def serve(host: str, port: int) -> None:
        click.echo(f"{host} {port}")

    runner = CliRunner()
    assert runner.invoke(serve, []).stdout == "127.0.0.1 8780\n"
    assert runner.invoke(serve, ["--port", "65536"]).exit_code == 2


@pytest.mark.parametrize("given", ["2027-01-31T09:30+00:00", "2027-01-31T10:30:00+01:00"])
def test_a_time_is_the_moment_it_names(given: str) -> None:
    assert time_of("--after", given) == datetime(2027, 1, 31, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("given", ["", "soon", "2027-01-31", "2027-01-31T09:30", "1801387800"])
def test_a_time_without_a_zone_is_refused(given: str) -> None:
    with pytest.raises(InvalidMessage, match=r"--after .*2027-01-31T09:00"):
        time_of("--after", given)


# --- which backend a command is for

FILE = """
default = "first"
[backends.first]
backend = "memory"
[backends.second]
backend = "console"
"""
URL = "smsmobileapi+rest://canary-key@sms.example"


@pytest.fixture(autouse=True)
def _file(nowhere: Path) -> None:
    (nowhere / "smsbridge.toml").write_text(FILE)


def test_without_anything_it_is_the_default_of_the_file() -> None:
    assert choose_backend(None).name == "memory"


def test_without_anything_it_is_that_of_smsbridge_url_if_it_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SMSBRIDGE_URL", URL)
    assert choose_backend(None).name == "smsmobileapi"


def test_a_block_comes_before_smsbridge_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMSBRIDGE_URL", URL)
    assert choose_backend("second").name == "console"


def test_a_url_comes_before_smsbridge_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMSBRIDGE_URL", URL)
    assert choose_backend(None, "console://").name == "console"


@each(
    ("block", "name"),
    [(None, "console"), ("other", "memory")],
)
def test_a_file_comes_before_the_environment(
    block: str | None, name: str, monkeypatch: pytest.MonkeyPatch, nowhere: Path
) -> None:
    monkeypatch.setenv("SMSBRIDGE_URL", URL)
    monkeypatch.setenv("SMSBRIDGE_CONFIG", "smsbridge.toml")
    other = FILE.replace("first", "other").replace('default = "other"', 'default = "second"')
    (nowhere / "other.toml").write_text(other)
    assert choose_backend(block, config="other.toml").name == name


@each(
    "command",
    [
        "send NUMBER Hello",
        "send-many may.csv --check",
        "report may.jsonl --status",
        "resolve sent.json",
        "status 1",
        "wait 1",
        "sent",
        "received",
        "resend 1",
        "delete 1 --yes",
        "explain NUMBER Hello",
        "explain NUMBER Hello --all",
        "certify first",
        "doctor",
        "mock",
        "mock first",
        "mock twilio",
        "webhook listen",
        "webhook trigger arrived --to http://127.0.0.1:1",
        "webhook trigger arrived --to http://127.0.0.1:1 --backend twilio",
        "fixtures check smsmobileapi/default",
        "fixtures curl smsmobileapi/default",
        "fixtures drift smsmobileapi/default --to http://127.0.0.1:1",
        "fixtures record --to http://127.0.0.1:1 --out new --record-live",
        "serve",
        "outbox list",
        "shadow report",
        "backup copy.db",
    ],
)
def test_every_command_that_reads_the_config_reads_the_file_that_is_given(
    command: str, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    (nowhere / "may.jsonl").touch()
    (nowhere / "sent.json").write_text('{"outcome": "accepted", "id": "1"}')
    done = run(*command.replace("NUMBER", "+12025550123").split(), "--config", "a/none.toml")
    assert done.code in (1, 2)
    assert "can't read a/none.toml: No such file or directory" in done.out + done.err


def options_of(command: click.Command) -> Iterator[click.Option]:
    """Yield the options of a command and of those below it."""
    yield from (one for one in command.params if isinstance(one, click.Option))
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from options_of(command.get_command(context, name) or command)


def test_every_option_has_a_word_of_ours_for_its_value() -> None:
    valued = [
        one
        for one in options_of(main)
        if not one.is_flag and not isinstance(one.type, click.Choice)  # which shows its choices
    ]
    assert len(valued) > 100
    assert [one.opts for one in valued if not one.metavar] == []


def test_the_same_backend_is_chosen_by_the_same_options() -> None:
    assert same_backend(None, None) == []
    assert same_backend("a", "b.toml") == ["--backend", "a", "--config", "b.toml"]


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\nmore"])
def test_a_dash_reads_the_url_s_line_from_stdin(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{URL}{end}"))
    assert choose_backend(None, "-").credentials() == {"api_key": "canary-key"}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: choose_backend("first", "console://"), "give only one of --backend and --url"),
        (lambda: choose_backend(None, "console://", "a"), "give only one of --config and --url"),
        (lambda: choose_backend(""), "--backend is empty"),
    ],
)
def test_what_makes_no_sense_is_an_error_of_usage(call: Callable[[], object], said: str) -> None:
    with pytest.raises(click.UsageError, match=said):
        call()


@pytest.mark.parametrize("url", ["", "canary://x@y", "smsmobileapi+rest://canary/x@y"])
def test_a_url_that_is_none_is_an_error_of_the_config_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        choose_backend(None, url)
    assert "canary" not in str(refused.value)
