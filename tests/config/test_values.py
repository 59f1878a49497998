"""A value of a config may stand for another block, an environment variable or a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from smsbridge import ConfigError, Secret
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.config.load import from_mapping
from smsbridge.config.values import (
    BadLike,
    NoBlock,
    follow_like,
    read_text,
    resolve_value,
    to_plain,
)
from smsbridge.text.located import Located

from support.each import each

ACCEPTED = {"when": {"a": "b"}}
KEY = next(key for key in fields(SMSMobileAPI) if key.name == "api_key")


def refusal(
    source: Mapping[str, Any], folder: Path = Path(), environ: Mapping[str, str] | None = None
) -> str:
    with pytest.raises(ConfigError) as caught:
        resolve_value(KEY, Secret, source, environ or {}, folder)
    assert caught.value.key == ("api_key",)
    return str(caught.value)


def test_env_reads_an_environment_variable() -> None:
    given = {"SMS_KEY": "from-variable"}
    assert resolve_value(KEY, Secret, {"env": "SMS_KEY"}, given, Path()) == "from-variable"


@each("environ", [{}, {"SMS_KEY": ""}])
def test_env_that_is_unset_or_empty_is_refused_by_name(environ: Mapping[str, str]) -> None:
    why = "api_key: the environment variable SMS_KEY is not set, or empty"
    assert refusal({"env": "SMS_KEY"}, environ=environ) == why


@each(
    ("name", "says"),
    [
        ("missing", "No such file or directory"),
        (".", "Is a directory"),
        ("binary", "it is not UTF-8"),
        ("empty", "it is empty"),
    ],
)
def test_a_file_that_gives_no_text_is_refused_by_name(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "empty").write_text("\n")
    assert refusal({"file": name}, tmp_path) == f"api_key: can't read the file {name}: {says}"


@each(
    "source",
    [
        {},
        {"env": "A", "file": "b"},
        {"env": "A", "default": "b"},
        {"envv": "A"},
        {"env": 5},
        {"file": ["a"]},
    ],
)
def test_a_table_with_other_keys_is_refused(source: Mapping[str, Any]) -> None:
    why = 'api_key: a table can only be { env = "NAME" } or { file = "PATH" }'
    assert refusal(source, environ={"A": "a-value"}) == why


def test_a_file_is_read_or_the_reason_is_told(tmp_path: Path) -> None:
    (tmp_path / "bom").write_bytes(b"\xef\xbb\xbfkey\n")
    assert read_text(tmp_path / "bom") == ("key\n", "")
    assert read_text(Path("\0")) == ("", "it is not a path")


def like(line: int, name: object, **keys: object) -> Located:
    """Return a block whose first key is ``like``, in the line after its own."""
    values = {"like": name, **keys}
    return Located(values, line=line, lines={key: line + 1 + n for n, key in enumerate(values)})


BLOCKS = {
    "first": Located({"url": "a", "timeout": 1}, line=1, lines={"url": 2, "timeout": 3}),
    "second": like(5, "first", url="b"),
    "third": like(10, "second", timeout=2),
    "lost": like(20, "thrid"),
    "odd": like(30, 5),
    "circle": like(40, "other"),
    "other": like(50, "circle"),
}


def test_a_block_has_the_keys_of_those_that_it_is_like_each_with_its_line() -> None:
    found = follow_like("third", BLOCKS)
    assert found == {"url": "b", "timeout": 2}
    assert (found.line, found.line_of(("url",)), found.line_of(("timeout",))) == (10, 7, 12)
    assert follow_like("first", BLOCKS) == BLOCKS["first"]


@each(
    ("name", "line", "why"),
    [
        ("lost", 21, "like: there is no [backends.thrid]; did you mean 'third'?"),
        ("odd", 31, "like: give the name of another block"),
        ("circle", 51, "like goes in a circle: circle → other → circle"),
    ],
)
def test_a_like_that_leads_nowhere_is_refused_with_the_line_of_the_last(
    name: str, line: int, why: str
) -> None:
    with pytest.raises(BadLike) as caught:
        follow_like(name, BLOCKS)
    assert str(caught.value).startswith(why)
    assert (caught.value.line, caught.value.key) == (line, ("like",))


def test_the_name_of_no_block_is_refused_without_a_line() -> None:
    with pytest.raises(NoBlock, match=r"^there is no \[backends.thrid\]; did you mean 'third'\?"):
        follow_like("thrid", BLOCKS)


# --- what applications hand over


class SecretStr:
    """A secret as pydantic has it, whose value nothing but its method tells."""

    def __init__(self, value: object) -> None:
        self._value = value

    def get_secret_value(self) -> object:
        return self._value


def test_a_secret_of_another_library_is_its_text_at_any_depth() -> None:
    given = {"a": SecretStr("x"), "auth": {"password": SecretStr("y")}, "list": [SecretStr("z"), 5]}
    assert to_plain(given) == {"a": "x", "auth": {"password": "y"}, "list": ["z", 5]}
    assert to_plain(SecretStr) is SecretStr  # a class is no secret


def test_none_is_no_value_at_any_depth() -> None:
    given = {"a": None, "b": {"c": None, "d": 0}, "e": "", "f": False, "g": [None]}
    assert to_plain(given) == {"b": {"d": 0}, "e": "", "f": False, "g": [None]}


def test_what_a_file_says_stays_as_it_is() -> None:
    assert to_plain(BLOCKS["first"]) is BLOCKS["first"]


def test_a_mapping_of_a_settings_class_makes_a_backend() -> None:
    settings = {
        "backend": "rest",
        "url": "https://gate.example",
        "proxy": SecretStr("http://proxy.example"),
        "ca": None,
        "retry": None,
        "auth": {"type": "basic", "username": "acme", "password": SecretStr("canary")},
        "send": {"route": "POST /", "fields": {"a": "{recipient}{text}"}, "accepted": ACCEPTED},
    }
    made = from_mapping(settings)
    assert (made.ca, made.retry, made.proxy) == ("", None, Secret("http://proxy.example"))
    assert made.credentials() == {"username": "acme", "password": "canary"}


@pytest.mark.parametrize("value", [b"canary", 5, ["canary"]])
def test_a_secret_that_is_no_text_is_refused_and_not_shown(value: object) -> None:
    with pytest.raises(ConfigError, match=r"^api_key: give text") as refused:
        from_mapping({"backend": "smsmobileapi", "api_key": SecretStr(value)})
    assert "canary" not in str(refused.value)
