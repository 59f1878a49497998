"""Which config file is read, and which block of it, if the caller names neither."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from smsbridge import Backend, Client
from smsbridge.config.choose import choose_file
from smsbridge.config.load import from_environment, from_file

from support.each import each
from support.refusing import refusal

BLOCKS = """
[backends.production]
backend = "smsmobileapi"
api_key = "a-key"

[backends.staging]
backend = "memory"
"""
BY_VARIABLE = 'default = { env = "APP_ENV" }'


def read(default: str, environ: Mapping[str, str], name: str | None = None) -> Backend:
    """Return a backend of a file whose first line is that."""
    Path("smsbridge.toml").write_text(f"{default}{BLOCKS}", "utf-8")
    return from_file(name, environ=environ)


@each(
    ("default", "environ", "name", "found"),
    [
        ('default = "production"', {"SMSBRIDGE_BACKEND": "staging"}, None, "memory"),
        ('default = "production"', {"SMSBRIDGE_BACKEND": ""}, None, "smsmobileapi"),
        ("", {"SMSBRIDGE_BACKEND": "staging"}, None, "memory"),
        ('default = "staging"', {"SMSBRIDGE_BACKEND": "staging"}, "production", "smsmobileapi"),
        (BY_VARIABLE, {"APP_ENV": "staging"}, None, "memory"),
        (BY_VARIABLE, {"APP_ENV": "production"}, None, "smsmobileapi"),
        (BY_VARIABLE, {"APP_ENV": "x", "SMSBRIDGE_BACKEND": "staging"}, None, "memory"),
        (BY_VARIABLE, {}, "staging", "memory"),
        ('default.env = "APP_ENV"\n', {"APP_ENV": "staging"}, None, "memory"),
    ],
)
def test_a_name_comes_before_smsbridge_backend_and_that_before_the_default(
    default: str, environ: Mapping[str, str], name: str | None, found: str, nowhere: Path
) -> None:
    assert read(default, environ, name).name == found


def test_smsbridge_backend_is_read_for_a_bare_client_and_not_if_a_url_is_set(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (nowhere / "smsbridge.toml").write_text(BLOCKS)
    monkeypatch.setenv("SMSBRIDGE_BACKEND", "staging")
    assert Client().backend.name == Client.from_config().backend.name == "memory"
    assert Client.from_config("production").backend.name == "smsmobileapi"
    monkeypatch.setenv("SMSBRIDGE_URL", "console://")
    assert Client().backend.name == "console"


PRODUCTION = "did you mean 'production'? known: production, staging"
UNSET = (
    "the environment variable APP_ENV is not set, or empty; set it to one of production, staging"
)


@each(
    ("default", "environ", "says"),
    [
        (
            BY_VARIABLE,
            {},
            f", line 1: default: {UNSET}",
        ),
        (
            f"# here\n{BY_VARIABLE}",
            {"APP_ENV": ""},
            f", line 2: default: {UNSET}",
        ),
        (
            BY_VARIABLE,
            {"APP_ENV": "prod"},
            f", line 1, APP_ENV: there is no [backends.prod]; {PRODUCTION}",
        ),
        (
            'default = "staging"',
            {"SMSBRIDGE_BACKEND": "prod"},
            f", SMSBRIDGE_BACKEND: there is no [backends.prod]; {PRODUCTION}",
        ),
        (
            "",
            {},
            ": set default to one of production, staging, or name one with SMSBRIDGE_BACKEND",
        ),
        (
            'default = { evn = "APP_ENV" }',
            {},
            ', line 1: set default to one of production, staging, or to { env = "NAME" }',
        ),
        (
            'default = { env = "APP_ENV", file = "x" }',
            {"APP_ENV": "staging"},
            ', line 1: set default to one of production, staging, or to { env = "NAME" }',
        ),
        (
            "default = { env = 5 }",
            {},
            ', line 1: set default to one of production, staging, or to { env = "NAME" }',
        ),
    ],
)
def test_a_block_that_can_t_be_chosen_is_refused_with_the_variable_and_the_blocks(
    default: str, environ: Mapping[str, str], says: str, nowhere: Path
) -> None:
    assert str(refusal(lambda: read(default, environ))) == f"smsbridge.toml{says}"


@each("environ", [{"SMSBRIDGE_BACKEND": "0123canary456789"}, {"APP_ENV": "0123canary456789"}])
def test_a_key_in_the_place_of_a_block_is_not_shown(
    environ: Mapping[str, str], nowhere: Path
) -> None:
    error = str(refusal(lambda: read(BY_VARIABLE, environ)))
    assert "canary" not in error
    assert next(iter(environ)) in error


def test_an_error_in_a_block_that_a_variable_chose_names_line_and_variable(nowhere: Path) -> None:
    (nowhere / "smsbridge.toml").write_text(BLOCKS.replace("api_key", "api_kye"))
    error = str(refusal(lambda: from_file(None, environ={"SMSBRIDGE_BACKEND": "production"})))
    assert error.startswith(
        "smsbridge.toml, line 4, [backends.production] from SMSBRIDGE_BACKEND: "
    )


# --- the file


@each("named", [True, False])
def test_a_file_that_smsbridge_config_names_and_is_not_there_is_refused_by_the_variable(
    nowhere: Path, *, named: bool
) -> None:
    environ = {"SMSBRIDGE_CONFIG": "/nope.toml"}
    error = str(refusal(lambda: choose_file(None, environ, nowhere, named=named)))
    assert error == (
        "no config: SMSBRIDGE_CONFIG names /nope.toml, but there is no such file; "
        "correct it, or unset it"
    )


def test_a_key_in_the_place_of_a_file_is_not_shown(nowhere: Path) -> None:
    environ = {"SMSBRIDGE_CONFIG": "smsmobileapi://0123canary456789@sms.example"}
    error = str(refusal(lambda: from_environment(environ)))
    assert "SMSBRIDGE_CONFIG" in error
    assert "canary" not in error


def test_a_file_that_can_t_be_read_is_refused_by_the_variable_that_names_it(nowhere: Path) -> None:
    (nowhere / "conf").mkdir()
    error = str(refusal(lambda: from_environment({"SMSBRIDGE_CONFIG": "conf"})))
    assert error == "can't read conf, which SMSBRIDGE_CONFIG names: Is a directory"


def test_a_path_of_the_caller_has_nothing_to_do_with_the_variable(nowhere: Path) -> None:
    environ = {"SMSBRIDGE_CONFIG": "/nope.toml"}
    assert choose_file("mine.toml", environ, nowhere, named=True) == (nowhere / "mine.toml", "")
