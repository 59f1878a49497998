"""What a value of a config stands for: another block, the environment, a file, a path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field
from pathlib import Path
from typing import Any

from smsbridge.backends.config_fields import has_part
from smsbridge.errors import ConfigError
from smsbridge.http import redirect
from smsbridge.http.address import is_url
from smsbridge.message import UNSENDABLE
from smsbridge.text.located import KIND_WORDS, Located, is_kind
from smsbridge.text.masking import public_name, public_variable
from smsbridge.text.secrets import Secret
from smsbridge.text.suggest import nearest

_PATHS = ("ca", "client_cert", "wsdl")


class NoBlock(ConfigError):
    """A name of a block that can't be used, because there is none or it leads back to itself."""


class BadLike(ConfigError):
    """A ``like`` that names no block, with its line."""

    def __init__(self, why: str, line: int) -> None:
        """``why`` is for readers."""
        super().__init__(why, ("like",))
        self.line = line


def follow_like(
    name: str, blocks: Mapping[str, Located], seen: tuple[str, ...] = (), line: int = 0
) -> Located:
    """Return a block with the keys of the blocks that its ``like`` names.

    Raises `NoBlock` if there is none of its name, `BadLike` for what ``like`` names. ``seen`` are
    the blocks that lead to it, and ``line`` is that of the ``like`` that names it.
    """
    if name in seen:
        raise BadLike(f"like goes in a circle: {' → '.join((*seen, name))}", line)
    block = blocks.get(name)
    if block is None:
        why = f"there is no [backends.{public_name(name)}]; {nearest(name, blocks)}"
        raise BadLike(f"like: {why}", line) if seen else NoBlock(why)
    like = block.get("like")
    if like is None:
        return block
    line = block.lines["like"]
    if not isinstance(like, str):
        why = 'like: give the name of another block, such as like = "production"'
        raise BadLike(why, line)
    found = block.inherit(follow_like(like, blocks, (*seen, name), line))
    del found["like"]
    return found


def resolve_value(
    key: Field[Any], kind: Any, value: Any, environ: Mapping[str, str], folder: Path
) -> Any:
    """Return the value of a config key; raises `ConfigError`.

    ``kind`` is the type of the key. Paths are relative to ``folder``.
    """
    if has_part(kind, Secret):
        return secret_value(key.name, value, environ, folder)
    value = _fetch_all(key.name, value, environ, folder)
    kind = str if kind is str else type(key.default)
    if kind is tuple:
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise _bad(key.name, "give a list of texts")
        return tuple(value)
    if kind is float and is_kind(value, int):
        return value
    if kind in KIND_WORDS and not isinstance(value, kind):
        raise _bad(key.name, f"give {KIND_WORDS[kind]}")
    if key.name in _PATHS and value and not is_url(value):
        return str(folder / value)
    return value


def secret_value(key: str, value: Any, environ: Mapping[str, str], folder: Path) -> str | Secret:
    """Return the text of a key that may hold a secret; raises `ConfigError`."""
    value = _fetch_all(key, value, environ, folder)
    if not isinstance(value, str | Secret):
        raise _bad(key, 'give text, { env = "NAME" } or { file = "PATH" }')
    return value


def _fetch_all(key: str, value: Any, environ: Mapping[str, str], folder: Path) -> Any:
    """Return a value, or the text that it names if it is a table; refuse what can't be sent."""
    if isinstance(value, Mapping):
        value = fetch_value(key, value, environ, folder)
    if isinstance(value, str) and UNSENDABLE.search(value):
        raise _bad(key, "it is not valid text")
    return value


def fetch_value(
    key: str, source: Mapping[str, Any], environ: Mapping[str, str], folder: Path
) -> str:
    """Return the text that a table names: that of a variable or of a file; raises `ConfigError`."""
    match dict(source):
        case {"env": str(name), **rest} if not rest:
            if not (found := read_variable(name, environ) or _stand_in(key)):
                shown = public_variable(name)
                raise _bad(key, f"the environment variable {shown} is not set, or empty")
            return found
        case {"file": str(name), **rest} if not rest:
            text, why = read_text(folder / name)
            text = text.rstrip("\r\n")
            if (why or not text) and (found := _stand_in(key)):
                return found
            if why or not text:
                raise _bad(key, f"can't read the file {public_name(name)}: {why or 'it is empty'}")
            return text
    raise _bad(key, 'a table can only be { env = "NAME" } or { file = "PATH" }')


def _stand_in(key: str) -> str:
    """Return what stands for a value that this machine doesn't have: empty, except in a test."""
    instead = redirect.current()
    return instead.credential(key) if instead else ""


def read_variable(name: str, environ: Mapping[str, str]) -> str:
    """Return an environment variable; empty where it is not set, or can't be."""
    return "" if UNSENDABLE.search(name) else environ.get(name, "")


def to_plain(given: Any) -> Any:
    """Return a value of a mapping without None, and with secrets as text.

    A secret is anything with a method ``get_secret_value``: no library is imported to recognise
    one. What a file says stays as it is: TOML has neither.
    """
    if isinstance(given, Located):
        return given
    if isinstance(given, Mapping):
        return {key: to_plain(value) for key, value in given.items() if value is not None}
    if isinstance(given, list):
        return [to_plain(value) for value in given]
    if isinstance(given, tuple):
        return tuple(map(to_plain, given))
    reveal = getattr(type(given), "get_secret_value", None)
    return reveal(given) if callable(reveal) else given


def _bad(key: str, why: str) -> ConfigError:
    return ConfigError(f"{key}: {why}", (key,))


def read_text(file: Path) -> tuple[str, str]:
    """Return a file's text, or why it can't be read; Python's own error would show the text."""
    try:
        return file.read_text(encoding="utf-8-sig"), ""
    except UnicodeDecodeError:
        return "", "it is not UTF-8"
    except ValueError:
        return "", "it is not a path"
    except OSError as error:
        return "", error.strerror or "unknown"
