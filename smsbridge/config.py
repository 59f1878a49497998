"""Config from one place at a time: a mapping, a URL, the environment or a TOML file.

The precedence is: what the caller gives, else ``SMSBRIDGE_URL``, else ``smsbridge.toml``
(``SMSBRIDGE_CONFIG`` names another). Every one of them becomes a mapping of a backend's keys.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from smsbridge.auth import Secret
from smsbridge.backend import Backend, is_secret
from smsbridge.errors import ConfigError
from smsbridge.registry import find, installed, nearest

DEFAULT_FILE = "smsbridge.toml"
_URL_SHAPE = (
    "BACKEND+PROTOCOL://CREDENTIALS@HOST, such as smsmobileapi+rest://KEY@api.smsmobileapi.com"
)
_PATHS = ("ca", "client_cert", "wsdl")


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
    where = folder or Path.cwd()
    file = where / (path or environ.get("SMSBRIDGE_CONFIG") or DEFAULT_FILE)
    document = _read(file)
    blocks = document.get("backends")
    if not isinstance(blocks, dict) or not blocks:
        raise ConfigError(f"{file.name} has no [backends.NAME] block")
    chosen = name or document.get("default") or (next(iter(blocks)) if len(blocks) == 1 else None)
    if not isinstance(chosen, str):
        raise ConfigError(f"{file.name}: say default = one of {', '.join(blocks)}")
    try:
        return from_mapping(_resolved(chosen, blocks), environ=environ, folder=file.parent)
    except ConfigError as error:
        raise ConfigError(f"{file.name}, [backends.{chosen}]: {error}") from error.__cause__


def from_mapping(
    given: Mapping[str, Any],
    *,
    environ: Mapping[str, str] = os.environ,
    folder: Path | None = None,
) -> Backend:
    """Return the backend of a mapping: its ``backend``, and that backend's own keys.

    A text may be ``{"env": "NAME"}`` or ``{"file": "path"}``; paths are relative to ``folder``.
    """
    name = given.get("backend")
    if not isinstance(name, str):
        raise ConfigError('backend: give a name, such as backend = "smsmobileapi"')
    backend = find(name)
    keys = {key.name: key for key in fields(backend)}
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key == "backend":
            continue
        if key not in keys:
            raise ConfigError(f"{key!r} is no key of {name}; {nearest(key, keys)}")
        values[key] = _value(keys[key], value, environ, folder or Path.cwd())
    return _made(backend, values)


def from_url(url: str) -> Backend:
    """Return the backend of a URL. No part of the URL is ever shown in an error."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise ConfigError(f"the URL can't be read: write {_URL_SHAPE}") from None
    name, _, protocol = parts.scheme.partition("+")
    if parts.path not in ("", "/") or parts.fragment:
        raise ConfigError(
            f"the URL has a path or a fragment: write {_URL_SHAPE}; "
            "in credentials, / is %2F, # is %23, ? is %3F and @ is %40"
        )
    offered = {found.name: found.backend for found in installed() if found.backend}
    if not (backend := offered.get(name)):
        known = ", ".join(sorted(offered))
        raise ConfigError(f"the URL names no installed backend; known are {known}: {_URL_SHAPE}")
    if not backend.protocols:
        return _made(backend, {})
    chosen = protocol or next(iter(backend.protocols))
    if chosen not in backend.protocols:
        raise ConfigError(f"the URL's protocol is none of {', '.join(backend.protocols)}")
    if not parts.hostname:
        raise ConfigError(f"the URL has no host: write {_URL_SHAPE}")
    values = _options(parts.query)
    scheme = values.pop("tls", "https")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    values["url"] = f"{scheme}://{host}" + (f":{port}" if port else "")
    return _made(backend, values | {"protocol": chosen} | _userinfo(parts.netloc, backend, chosen))


def _userinfo(netloc: str, backend: type[Backend], protocol: str) -> dict[str, str]:
    wanted = backend.protocols[protocol].auth.credentials
    userinfo, at, _ = netloc.rpartition("@")
    given = [unquote(part) for part in userinfo.split(":")] if at else []
    if len(given) != len(wanted) or not all(given):
        needs = ":".join(key.upper() for key in wanted)
        raise ConfigError(f"the URL's credentials must be {needs}@, each percent-encoded")
    return dict(zip(wanted, given, strict=True))


def _options(query: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key == "tls" and value in ("on", "off"):
            values["tls"] = "https" if value == "on" else "http"
        elif key == "timeout" and value.replace(".", "", 1).isdigit():
            values["timeout"] = float(value)
        else:
            raise ConfigError("the URL's options may be timeout=SECONDS and tls=on or tls=off only")
    return values


def _made(backend: type[Backend], values: Mapping[str, Any]) -> Backend:
    try:
        return backend(**values)
    except TypeError:
        missing = [key.name for key in fields(backend) if key.name not in values and _required(key)]
        raise ConfigError(f"{backend.name} needs {' and '.join(missing)}") from None


def _required(key: Field[Any]) -> bool:
    return key.default is MISSING and key.default_factory is MISSING and key.init


def _value(key: Field[Any], value: Any, environ: Mapping[str, str], folder: Path) -> Any:
    if isinstance(value, Mapping):
        value = _fetched(key.name, value, environ, folder)
    if is_secret(key):
        if not isinstance(value, str | Secret):
            raise ConfigError(f'{key.name}: give text, {{ env = "NAME" }} or {{ file = "PATH" }}')
        return value
    kind = str if key.type in ("str", str) else type(key.default)
    if kind is tuple:
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise ConfigError(f"{key.name}: give a list of texts")
        return tuple(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind in (str, float, bool, int) and not isinstance(value, kind):
        raise ConfigError(f"{key.name}: give a {kind.__name__}, not a {type(value).__name__}")
    if key.name in _PATHS and value and "://" not in value:
        return str(folder / value)
    return value


def _fetched(key: str, source: Mapping[str, Any], environ: Mapping[str, str], folder: Path) -> str:
    match dict(source):
        case {"env": str(name), **rest} if not rest:
            if not environ.get(name):
                raise ConfigError(f"{key}: the environment variable {name} is not set")
            return environ[name]
        case {"file": str(name), **rest} if not rest:
            try:
                return (folder / name).read_text().rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                why = getattr(error, "strerror", None) or "it is not UTF-8 text"
                raise ConfigError(f"{key}: can't read the file {name}: {why}") from None
    raise ConfigError(f'{key}: a table may be {{ env = "NAME" }} or {{ file = "PATH" }} only')


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text())
    except FileNotFoundError:
        raise ConfigError(
            f"no config: set SMSBRIDGE_URL, or write {file.name} (SMSBRIDGE_CONFIG names another)"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"can't read {file.name}: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file.name} is no valid TOML: {error}") from None


def _resolved(name: str, blocks: Mapping[str, Any], seen: tuple[str, ...] = ()) -> dict[str, Any]:
    if name in seen:
        raise ConfigError(f"like goes in a circle: {' → '.join((*seen, name))}")
    block = blocks.get(name)
    if not isinstance(block, dict):
        raise ConfigError(f"there is no [backends.{name}]; {nearest(name, blocks)}")
    base = block.get("like")
    inherited = _resolved(base, blocks, (*seen, name)) if isinstance(base, str) else {}
    return inherited | {key: value for key, value in block.items() if key != "like"}
