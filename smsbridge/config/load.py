"""Config from one place at a time: a mapping, a URL, the environment or a TOML file.

The precedence is: what the caller gives, else ``SMSBRIDGE_URL``, else ``smsbridge.toml``
(``SMSBRIDGE_CONFIG`` names another, ``SMSBRIDGE_BACKEND`` one of its blocks). Every one of them
becomes a mapping of a backend's keys.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from typing import Any

from smsbridge.backends.base import Backend
from smsbridge.backends.config_fields import keys_of_type
from smsbridge.backends.limits import Limit, NumberTable, Retry
from smsbridge.backends.registry import find
from smsbridge.config.choose import URL_VARIABLE, Choice, choose_block, choose_file
from smsbridge.config.url import from_url
from smsbridge.config.values import (
    BadLike,
    NoBlock,
    follow_like,
    read_text,
    resolve_value,
    to_plain,
)
from smsbridge.errors import ConfigError
from smsbridge.http.address import is_url
from smsbridge.text.located import Located, unknown_key
from smsbridge.text.masking import public_address, public_name

_TABLES: Mapping[str, type[NumberTable]] = {"retry": Retry, "limit": Limit}


def from_environment(
    environ: Mapping[str, str] = os.environ, folder: Path | None = None
) -> Backend:
    """Return the backend of ``SMSBRIDGE_URL``, else the default one of the config file."""
    if url := environ.get(URL_VARIABLE):
        return from_url(url)
    return from_file(None, environ=environ, folder=folder)


def from_file(
    name: str | None,
    path: Path | str | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    folder: Path | None = None,
) -> Backend:
    """Return a backend of a TOML file: the block of a name, of ``SMSBRIDGE_BACKEND``, its default.

    ``path`` is that of the file, else the one of ``SMSBRIDGE_CONFIG``, else ``smsbridge.toml``.
    """
    if name is not None and not isinstance(name, str):
        raise ConfigError(f"name: give the name of a block as text, not a {type(name).__name__}")
    if path is not None and not isinstance(path, str | Path):
        raise ConfigError(f"path: give the path of a file as text, not a {type(path).__name__}")
    document = read_document(path, environ=environ, folder=folder, named=name is not None)
    return document.backend(name)


def block_names(
    path: Path | str | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    folder: Path | None = None,
) -> list[str]:
    """Return the names of the blocks of the config file, in their order; none of them is read."""
    return list(read_document(path, environ=environ, folder=folder, named=True).blocks)


def from_mapping(
    given: Mapping[str, Any],
    *,
    name: str = "",
    environ: Mapping[str, str] = os.environ,
    folder: Path | None = None,
    block: Callable[[str], Backend] | None = None,
) -> Backend:
    """Return the backend of a mapping: its ``backend``, and that backend's own keys.

    A text may be ``{"env": "NAME"}`` or ``{"file": "path"}``; paths are relative to ``folder``. A
    value with a ``get_secret_value`` method, such as pydantic's, is what that returns. None is
    ignored. ``name`` is the name of a generic backend. ``block`` returns another block's backend by
    name.
    """
    if not isinstance(given, Mapping) or not _has_text_keys(given):
        raise ConfigError('give a mapping whose keys are text, such as {"backend": "smsmobileapi"}')
    given = to_plain(given)
    kind = given.get("backend")
    if not isinstance(kind, str):
        why = 'backend: give a name, such as backend = "smsmobileapi"'
        raise ConfigError(why, ("backend",))
    try:
        found = find(kind, folder)
    except ConfigError as error:
        raise ConfigError(str(error), ("backend",)) from error.__cause__
    backend, given = found.of_block(name or kind, given)
    keys = {key.name: key for key in fields(backend) if key.init}
    values: dict[str, Any] = {}
    given = {key: value for key, value in given.items() if key != "backend"}
    if unknown := unknown_key(given, keys):
        key, hint = unknown
        raise ConfigError(f"{key!r} is not a key of {kind}; {hint}", (key,))
    for key, value in given.items():
        if key in _TABLES:
            values[key] = _TABLES[key].of(key, value)
        elif key in keys_of_type(backend, Backend):
            values[key] = _backends(key, value, block)
        else:
            of_type = backend.key_types[key]
            values[key] = resolve_value(keys[key], of_type, value, environ, folder or Path.cwd())
    missing = [key for key, declared in keys.items() if key not in values and is_required(declared)]
    if missing:
        raise ConfigError(f"{kind} needs {' and '.join(missing)}")
    ready = backend(**values)
    ready.check()
    return ready


def read_block(
    name: str,
    path: Path | str | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    folder: Path | None = None,
) -> tuple[Mapping[str, Any], Path] | None:
    """Return the keys of a block as they are written, and the folder of its file; None if absent.

    Nothing that the keys refer to is read. Raises `ConfigError` for a file that can't be read.
    """
    try:
        file, variable = choose_file(path, environ, folder or Path.cwd(), named=True)
    except ConfigError:
        return None
    blocks = _blocks(_read(file, _place(path, file, variable)))
    return (follow_like(name, blocks), file.parent) if name in blocks else None


def _has_text_keys(given: Any) -> bool:
    if isinstance(given, Mapping):
        return all(isinstance(key, str) for key in given) and _has_text_keys([*given.values()])
    return not isinstance(given, list) or all(map(_has_text_keys, given))


def is_required(key: Field[Any]) -> bool:
    """Return whether a backend can't be made without a key."""
    return key.default is MISSING and key.default_factory is MISSING


def _backends(key: str, given: Any, block: Callable[[str], Backend] | None) -> Any:
    """Return the backend that a key names, or of a list of names each."""
    if isinstance(given, Backend) or (isinstance(given, Mapping) and block is None):
        return given
    several = key == "backends"
    listed = given if several else [given]
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        why = "give the names of other blocks" if several else "give the name of a block"
        raise ConfigError(f"{key}: {why}", (key,))
    if block is None:
        why = f"{key}: names of blocks work only in a config file: give the Backend itself"
        raise ConfigError(why, (key,))
    found: dict[str, Backend] = {}
    for name in listed:
        try:
            found[name] = block(name)
        except ConfigError as error:
            inner = "" if isinstance(error, NoBlock) else f", [backends.{public_name(name)}]"
            raise ConfigError(f"{key}{inner}: {error}", (key,)) from error.__cause__
    return found if several else found[given]


class BadCredentials(ConfigError):
    """Credentials that a block can't have, or that it lacks; its text names no place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigDocument:
    """A config file that was read: what it says, and its blocks, which may name each other."""

    file: Path
    values: Located
    blocks: Mapping[str, Located]
    environ: Mapping[str, str]

    def backend(
        self, name: str | None = None, credentials: Mapping[str, Any] | None = None
    ) -> Backend:
        """Return the backend of a block; without a name, of the one that is chosen.

        ``credentials``: keys that it has besides those of the block, or of its ``auth``; an error
        about them is a `BadCredentials`. Raises `ConfigError` with the file and the line.
        """
        chosen = Choice(block=name or "")
        if name is None:
            chosen = choose_block(self.values, self.blocks, self.environ, self.file.name)
        try:
            return self._backend(chosen.block, (), credentials or {})
        except ConfigError as error:
            if credentials is not None and (not error.key or set(error.key) & credentials.keys()):
                raise BadCredentials(str(error), error.key) from error.__cause__
            line_of = self._line(chosen, error)
            is_there = chosen.block in self.blocks
            block = f", [backends.{chosen.block}]" if is_there else ""  # else the error names it
            by = f"{' from' if is_there else ','} {chosen.variable}" if chosen.variable else ""
            key = ": default" if chosen.line and not by and not is_there else ""
            where = f"{self.file.name}{line_of}{block}{by}{key}"
            raise ConfigError(f"{where}: {error}", error.key) from error.__cause__

    def _backend(self, name: str, seen: tuple[str, ...], credentials: Mapping[str, Any]) -> Backend:
        """Return the backend of a block; ``seen`` are the blocks that lead to it."""
        if name in seen:
            raise NoBlock(f"it refers to itself: {' → '.join((*seen, name))}")
        block = follow_like(name, self.blocks)
        auth = block.get("auth")
        more = credentials
        if credentials and isinstance(auth, Mapping):
            more = {"auth": {**auth, **credentials}}
        lines = {**block.lines, **dict.fromkeys(more, block.line)}
        return from_mapping(
            Located({**block, **more}, line=block.line, lines=lines) if more else block,
            name=name,
            environ=self.environ,
            folder=self.file.parent,
            block=lambda other: self._backend(other, (*seen, name), {}),
        )

    def _line(self, chosen: Choice, error: ConfigError) -> str:
        """Return the line of an error: that of its key, of the block, or of what names it."""
        line = chosen.line
        if isinstance(error, BadLike) and error.line:
            line = error.line
        elif chosen.block in self.blocks:
            block, key = follow_like(chosen.block, self.blocks), error.key
            auth = block.get("auth")
            if key and key[0] not in block and isinstance(auth, Mapping) and key[0] in auth:
                key = ("auth", *key)
            line = block.line_of(key)
        return f", line {line}" if line else ""


def read_document(
    path: Path | str | None,
    *,
    environ: Mapping[str, str] = os.environ,
    folder: Path | None = None,
    named: bool = True,
) -> ConfigDocument:
    """Return what the config file says; raises `ConfigError`.

    ``named``: the caller names a block, or needs none, so that a URL would not do instead.
    """
    file, variable = choose_file(path, environ, folder or Path.cwd(), named=named)
    values = _read(file, _place(path, file, variable))
    if unknown := unknown_key(sorted(values), ("backends", "bridge", "default", "doors")):
        key, hint = unknown
        where = f"{file.name}, line {values.lines[key]}"
        raise ConfigError(f"{where}: {key!r} is not a key of the file; {hint}")
    blocks = _blocks(values)
    if not blocks:
        raise ConfigError(
            f"{file.name} has no [backends.NAME] block, or has something else in [backends]"
        )
    return ConfigDocument(file=file, values=values, blocks=blocks, environ=environ)


def _place(path: Path | str | None, file: Path, variable: str) -> str:
    """Return a config file as an error names it: a path of the caller in full, but no URL's key."""
    if path:
        return public_address(str(path)) if is_url(str(path)) else str(path)
    return f"{file.name}, which {variable} names" if variable else file.name


def _read(file: Path, shown: str) -> Located:
    text, why = read_text(file)
    if why:
        raise ConfigError(f"can't read {shown}: {why}")
    import tomllib

    from smsbridge.text.toml import read_toml

    try:
        return read_toml(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file.name} is not valid TOML: {error}") from None
    except (ValueError, RecursionError):
        raise ConfigError(
            f"{file.name}: a number has too many digits, or tables nest too deep"
        ) from None


def _blocks(document: Located) -> Mapping[str, Located]:
    found = document.get("backends")
    if not isinstance(found, Located) or not all(
        isinstance(block, Located) for block in found.values()
    ):
        return {}
    return found
