"""The options that commands share are the same in each, and their words are read alike."""

from __future__ import annotations

from datetime import UTC, datetime

import click
import pytest
from click.testing import CliRunner

from smsbridge import InvalidMessage
from smsbridge.cli.options import asks, listens, time_of


def test_a_command_that_asks_a_provider_has_these_options() -> None:
    @click.command()
    @asks
    def ask(backend: str | None, url: str | None, *, as_json: bool) -> None:
        click.echo(f"{backend} {url} {as_json}")

    runner = CliRunner()
    assert runner.invoke(ask, []).stdout == "None None False\n"
    assert runner.invoke(ask, ["--backend", "a", "--url", "-", "--json"]).stdout == "a - True\n"


def test_a_command_that_serves_listens_on_the_loopback() -> None:
    @click.command()
    @listens(8780)
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
