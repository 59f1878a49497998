"""Config from one place at a time: a mapping, a URL, the environment or a TOML file.

The precedence is: what the caller gives, else ``SMSBRIDGE_URL``, else ``smsbridge.toml``
(``SMSBRIDGE_CONFIG`` names another). Every one of them becomes a mapping of a backend's keys.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from typing import Any

from smsbridge.backends.base import Backend
from smsbridge.backends.config_fields import is_secret
from smsbridge.backends.limits import Limit, Numbers, Retry
from smsbridge.backends.registry import find
from smsbridge.config.toml_lines import Document, read_toml
from smsbridge.config.url import from_url
from smsbridge.errors import ConfigError
from smsbridge.message import UNSENDABLE
from smsbridge.text.masking import public_name, public_variable
from smsbridge.text.secrets import Secret
from smsbridge.text.suggest import nearest

DEFAULT_FILE = "smsbridge.toml"
_TABLES: Mapping[str, type[Numbers]] = {"retry": Retry, "limit": Limit}
_PATHS = ("ca", "client_cert", "wsdl")
_WORDS = {str: "text", float: "a number", int: "a whole number", bool: "true or false"}


def from_environment(
    environ: Mapping[str, str] = os.environ, folder: Path | None = None
) -> Backend:
    """Return the backend of ``SMSBRIDGE_URL``, else the default one of the config file."""
    if url := environ.get("SMSBRIDGE_URL"):
        return from_url(url)
    return from_file(None, environ=environ, folder=folder)


def from_file(
    name: str | None,
    path: Path | str | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    folder: Path | None = None,
) -> Backend:
    """Return a backend of a TOML file, its ``default`` if no name is given."""
    if name is not None and not isinstance(name, str):
        raise ConfigError(f"name: give the name of a block as text, not a {type(name).__name__}")
    if path is not None and not isinstance(path, str | Path):
        raise ConfigError(f"path: give that of a file as text, not a {type(path).__name__}")
    file = (folder or Path.cwd()) / (path or environ.get("SMSBRIDGE_CONFIG") or DEFAULT_FILE)
    if not _exists(file):
        other = "" if name is not None else "set SMSBRIDGE_URL, or "
        raise ConfigError(f"no config: {other}write {file.name} (SMSBRIDGE_CONFIG names another)")
    document = _parsed(file)
    values = document.values
    if unknown := sorted(values.keys() - {"default", "backends"}):
        hint = nearest(unknown[0], ["default", "backends"])
        where = f"{file.name}, line {document.line((unknown[0],))}"
        raise ConfigError(f"{where}: {unknown[0]!r} is not a key of the file; {hint}")
    blocks = _blocks(values)
    if not blocks:
        raise ConfigError(f"{file.name} has no [backends.NAME] block, or something beside it")
    only = next(iter(blocks)) if len(blocks) == 1 else None
    chosen = name if name is not None else values.get("default", only)
    if not isinstance(chosen, str):
        at = document.line(("default",))
        where = f"{file.name}, line {at}" if at else file.name
        raise ConfigError(f"{where}: say default = one of {', '.join(blocks)}")
    try:
        return _Blocks(blocks, environ, file.parent).backend(chosen)
    except ConfigError as error:
        line = _line(document, chosen, error.key)
        where = (
            f"{file.name}{line}, [backends.{chosen if chosen in blocks else public_name(chosen)}]"
        )
        raise ConfigError(f"{where}: {error}", error.key) from error.__cause__


def from_mapping(
    given: Mapping[str, Any],
    *,
    name: str = "",
    environ: Mapping[str, str] = os.environ,
    folder: Path | None = None,
    block: Callable[[str], Backend] | None = None,
) -> Backend:
    """Return the backend of a mapping: its ``backend``, and that backend's own keys.

    A text may be ``{"env": "NAME"}`` or ``{"file": "path"}``; paths are relative to ``folder``.
    ``name`` is what a generic backend is called. ``block`` returns another backend by its name.
    """
    if not isinstance(given, Mapping) or not _has_text_keys(given):
        raise ConfigError(
            'give a mapping whose keys are texts, such as {"backend": "smsmobileapi"}'
        )
    kind = given.get("backend")
    if not isinstance(kind, str):
        why = 'backend: give a name, such as backend = "smsmobileapi"'
        raise ConfigError(why, ("backend",))
    try:
        found = find(kind)
    except ConfigError as error:
        raise ConfigError(str(error), ("backend",)) from error.__cause__
    backend, given = found.of_block(name or kind, given)
    keys = {key.name: key for key in fields(backend) if key.init}
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key == "backend":
            continue
        if key not in keys:
            raise ConfigError(f"{key!r} is not a key of {kind}; {nearest(key, keys)}", (key,))
        if key in _TABLES:
            values[key] = _TABLES[key].of(key, value)
        elif _is_backends(keys[key]):
            values[key] = _backends(key, value, block)
        else:
            values[key] = _value(keys[key], value, environ, folder or Path.cwd())
    missing = [key for key, declared in keys.items() if key not in values and _required(declared)]
    if missing:
        raise ConfigError(f"{kind} needs {' and '.join(missing)}")
    ready = backend(**values)
    ready.check()
    return ready


def _has_text_keys(given: Any) -> bool:
    if isinstance(given, Mapping):
        return all(isinstance(key, str) for key in given) and _has_text_keys([*given.values()])
    return not isinstance(given, list) or all(map(_has_text_keys, given))


def _required(key: Field[Any]) -> bool:
    return key.default is MISSING and key.default_factory is MISSING


def _is_backends(key: Field[Any]) -> bool:
    return "Backend" in str(key.type)


def _backends(key: str, given: Any, block: Callable[[str], Backend] | None) -> Any:
    """Return the backend that a key names, or of a list of names each."""
    if isinstance(given, Backend) or (isinstance(given, Mapping) and block is None):
        return given
    several = key == "backends"
    listed = given if several else [given]
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise _bad(key, "give the names of other blocks" if several else "give the name of a block")
    if block is None:
        raise _bad(key, "a name is that of a block in a config file: give the Backend itself")
    found: dict[str, Backend] = {}
    for name in listed:
        try:
            found[name] = block(name)
        except ConfigError as error:
            why = f"{key}, [backends.{public_name(name)}]: {error}"
            raise ConfigError(why, (key,)) from error.__cause__
    return found if several else found[given]


@dataclass(frozen=True, slots=True)
class _Blocks:
    """The blocks of a file, of which one may name another."""

    blocks: Mapping[str, Any]
    environ: Mapping[str, str]
    folder: Path

    def backend(self, name: str, seen: tuple[str, ...] = ()) -> Backend:
        """Return the backend of a block; ``seen`` are those that lead to it."""
        if name in seen:
            raise ConfigError(f"it leads back to itself: {' → '.join((*seen, name))}")
        return from_mapping(
            _resolved(name, self.blocks),
            name=name,
            environ=self.environ,
            folder=self.folder,
            block=lambda other: self.backend(other, (*seen, name)),
        )


def _value(key: Field[Any], value: Any, environ: Mapping[str, str], folder: Path) -> Any:
    if isinstance(value, Mapping):
        value = _fetched(key.name, value, environ, folder)
    if isinstance(value, str) and UNSENDABLE.search(value):
        raise _bad(key.name, "it is not valid text")
    if is_secret(key):
        if not isinstance(value, str | Secret):
            raise _bad(key.name, 'give text, { env = "NAME" } or { file = "PATH" }')
        return value
    kind = str if key.type in ("str", str) else type(key.default)
    if kind is tuple:
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise _bad(key.name, "give a list of texts")
        return tuple(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind in _WORDS and not isinstance(value, kind):
        raise _bad(key.name, f"give {_WORDS[kind]}")
    if key.name in _PATHS and value and "://" not in value:
        return str(folder / value)
    return value


def _fetched(key: str, source: Mapping[str, Any], environ: Mapping[str, str], folder: Path) -> str:
    match dict(source):
        case {"env": str(name), **rest} if not rest:
            if UNSENDABLE.search(name) or not environ.get(name):
                shown = public_variable(name)
                raise _bad(key, f"the environment variable {shown} is not set, or empty")
            return environ[name]
        case {"file": str(name), **rest} if not rest:
            text, why = _text(folder / name)
            text = text.rstrip("\r\n")
            if why or not text:
                raise _bad(key, f"can't read the file {public_name(name)}: {why or 'it is empty'}")
            return text
    raise _bad(key, 'a table may be { env = "NAME" } or { file = "PATH" } only')


def _bad(key: str, why: str) -> ConfigError:
    return ConfigError(f"{key}: {why}", (key,))


def _line(document: Document, name: str, key: tuple[str, ...]) -> str:
    """Return the line of a key, in the block or the one that it is like; else of the block."""
    blocks = document.values["backends"]
    by_default = ("default",) if document.values.get("default") == name else ()
    place: tuple[str, ...] = ("backends", name) if name in blocks else by_default
    block, seen = name, set[str]()
    while key and isinstance(block, str) and block in blocks and block not in seen:
        seen.add(block)
        held = blocks[block]
        auth = held.get("auth")
        if key[0] in held:
            place = ("backends", block, *key)
        elif isinstance(auth, Mapping) and key[0] in auth:
            place = ("backends", block, "auth", *key)
        if len(place) > 2 and key[0] != "like":  # noqa: PLR2004  (found; of several likes the last)
            break
        block = held.get("like")
    line = document.line(place)
    return f", line {line}" if line else ""


def _parsed(file: Path) -> Document:
    text, why = _text(file)
    if why:
        raise ConfigError(f"can't read {file.name}: {why}")
    try:
        return read_toml(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file.name} is not valid TOML: {error}") from None
    except (ValueError, RecursionError):
        raise ConfigError(
            f"{file.name}: a number has too many digits, or tables nest too deep"
        ) from None


def _text(file: Path) -> tuple[str, str]:
    """Return a file's text, or why it can't be read: Python's own error shows the text."""
    try:
        return file.read_text(encoding="utf-8-sig"), ""
    except UnicodeDecodeError:
        return "", "it is not utf-8 text"
    except ValueError:
        return "", "it is not a path"
    except OSError as error:
        return "", error.strerror or "unknown"


def _exists(file: Path) -> bool:
    """Return whether a file is there, or something is in the way, of which reading it tells."""
    try:
        return file.exists()
    except (OSError, ValueError):
        return True


def _blocks(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found = document.get("backends")
    if not isinstance(found, dict) or not all(isinstance(block, dict) for block in found.values()):
        return {}
    return found


def _resolved(name: str, blocks: Mapping[str, Any], seen: tuple[str, ...] = ()) -> dict[str, Any]:
    if name in seen:
        raise ConfigError(f"like goes in a circle: {' → '.join((*seen, name))}", ("like",))
    block = blocks.get(name)
    if block is None:
        why = f"there is no [backends.{public_name(name)}]; {nearest(name, blocks)}"
        raise ConfigError(why, ("like",))
    base = block.get("like")
    if base is not None and not isinstance(base, str):
        raise _bad("like", 'give the name of another block, such as like = "production"')
    inherited = _resolved(base, blocks, (*seen, name)) if base is not None else {}
    return inherited | {key: value for key, value in block.items() if key != "like"}
