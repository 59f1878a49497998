"""Which backend a command is for: a block, a URL, or the one that a client would take."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from smsbridge import ConfigError
from smsbridge.cli.choose import chosen_backend

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
    assert chosen_backend(None).name == "memory"


def test_without_anything_it_is_that_of_smsbridge_url_if_it_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SMSBRIDGE_URL", URL)
    assert chosen_backend(None).name == "smsmobileapi"


def test_a_block_comes_before_smsbridge_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMSBRIDGE_URL", URL)
    assert chosen_backend("second").name == "console"


def test_a_url_comes_before_smsbridge_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMSBRIDGE_URL", URL)
    assert chosen_backend(None, "console://").name == "console"


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\nmore"])
def test_a_dash_reads_the_url_s_line_from_stdin(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{URL}{end}"))
    assert chosen_backend(None, "-").credentials() == {"api_key": "canary-key"}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: chosen_backend("first", "console://"), "give one of --backend and --url"),
        (lambda: chosen_backend(""), "--backend is empty"),
    ],
)
def test_what_makes_no_sense_is_an_error_of_usage(call: Callable[[], object], said: str) -> None:
    with pytest.raises(click.UsageError, match=said):
        call()


@pytest.mark.parametrize("url", ["", "canary://x@y", "smsmobileapi+rest://canary/x@y"])
def test_a_url_that_is_none_is_an_error_of_the_config_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        chosen_backend(None, url)
    assert "canary" not in str(refused.value)
