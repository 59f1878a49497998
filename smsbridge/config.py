"""Config from one place at a time: a mapping, a URL, the environment or a TOML file.

The precedence is: what the caller gives, else ``SMSBRIDGE_URL``, else ``smsbridge.toml``
(``SMSBRIDGE_CONFIG`` names another). Every one of them becomes a mapping of a backend's keys.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from smsbridge.backend import MOST_SECONDS, Backend, is_secret
from smsbridge.errors import ConfigError
from smsbridge.registry import find, names, nearest
from smsbridge.secret import Secret
from smsbridge.site import is_loopback

DEFAULT_FILE = "smsbridge.toml"
_PATHS = ("ca", "client_cert", "wsdl")
_WORDS = {str: "text", float: "a number", int: "a whole number", bool: "true or false"}
_SECONDS = re.compile(r"[0-9]{1,4}(\.[0-9]{1,3})?")


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
    file = (folder or Path.cwd()) / (path or environ.get("SMSBRIDGE_CONFIG") or DEFAULT_FILE)
    if not file.exists():
        other = "" if name is not None else "set SMSBRIDGE_URL, or "
        raise ConfigError(f"no config: {other}write {file.name} (SMSBRIDGE_CONFIG names another)")
    document = _parsed(file)
    if unknown := sorted(document.keys() - {"default", "backends"}):
        hint = nearest(unknown[0], ["default", "backends"])
        raise ConfigError(f"{file.name}: {unknown[0]!r} is no key of the file; {hint}")
    blocks = _blocks(document)
    if not blocks:
        raise ConfigError(f"{file.name} has no [backends.NAME] block, or something beside it")
    only = next(iter(blocks)) if len(blocks) == 1 else None
    chosen = name if name is not None else document.get("default", only)
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
    keys = {key.name: key for key in fields(backend) if key.init}
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key == "backend":
            continue
        if key not in keys:
            raise ConfigError(f"{key!r} is no key of {name}; {nearest(key, keys)}")
        values[key] = _value(keys[key], value, environ, folder or Path.cwd())
    missing = [key for key, declared in keys.items() if key not in values and _required(declared)]
    if missing:
        raise ConfigError(f"{name} needs {' and '.join(missing)}")
    return backend(**values)


def from_url(url: str) -> Backend:
    """Return the backend of a URL. No part of the URL is ever shown in an error."""
    parts = _split(url)
    if parts is None:
        raise _bad_url("can't be read")
    name, _, protocol = parts.scheme.partition("+")
    if parts.path not in ("", "/") or parts.fragment:
        raise _bad_url("has a path or a fragment")
    if name not in names():
        raise _bad_url(f"names no installed backend ({', '.join(sorted(names()))})")
    backend = find(name)
    if not backend.protocols:
        if protocol or parts.netloc or parts.query:
            raise _bad_url(f"has more than {name}://, which is all that {name} takes")
        return backend()
    chosen = protocol or next(iter(backend.protocols))
    if chosen not in backend.protocols:
        raise _bad_url(f"has another protocol than {', '.join(backend.protocols)}")
    if not parts.hostname or parts.port == 0:
        raise _bad_url("has no host, or port 0")
    values = _options(parts.query)
    scheme = values.pop("tls", "https")
    if scheme == "http" and not is_loopback(parts.hostname):
        raise _bad_url("asks for another machine without TLS, which only a config file can allow")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    values["url"] = f"{scheme}://{host}" + (f":{parts.port}" if parts.port else "")
    return backend(**values, protocol=chosen, **_userinfo(parts.netloc, backend, chosen))


def _bad_url(why: str) -> ConfigError:
    return ConfigError(
        f"the URL {why}: write BACKEND+PROTOCOL://CREDENTIALS@HOST, such as "
        "smsmobileapi+rest://KEY@api.smsmobileapi.com; in credentials / is %2F, # is %23, "
        "? is %3F, @ is %40 and : is %3A"
    )


def _split(url: str) -> SplitResult | None:
    """Return the parts of a URL, or None; the standard library's own errors show the URL."""
    with suppress(ValueError):
        parts = urlsplit(url.strip())
        _ = parts.port  # a bad one shows only when it is asked for
        return parts
    return None


def _userinfo(netloc: str, backend: type[Backend], protocol: str) -> dict[str, Any]:
    wanted = backend.protocols[protocol].auth.credentials
    userinfo, at, _ = netloc.rpartition("@")
    given = [_decoded(part) for part in userinfo.split(":")] if at else []
    if len(given) != len(wanted) or not all(given):
        needs = ":".join(key.upper() for key in wanted)
        raise _bad_url(f"must have the credentials {needs}@, each percent-encoded")
    return dict(zip(wanted, given, strict=True))


def _decoded(part: str) -> str | None:
    try:
        return unquote(part, errors="strict")
    except UnicodeDecodeError:
        return None


def _options(query: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key == "tls" and value in ("on", "off"):
            values["tls"] = "https" if value == "on" else "http"
        elif key == "timeout" and _SECONDS.fullmatch(value) and 0 < float(value) <= MOST_SECONDS:
            values["timeout"] = float(value)
        else:
            raise _bad_url("may have the options timeout=SECONDS (to 3600) and tls=on or off only")
    return values


def _required(key: Field[Any]) -> bool:
    return key.default is MISSING and key.default_factory is MISSING


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
        return value
    if kind in _WORDS and not isinstance(value, kind):
        raise ConfigError(f"{key.name}: give {_WORDS[kind]}")
    if key.name in _PATHS and value and "://" not in value:
        return str(folder / value)
    return value


def _fetched(key: str, source: Mapping[str, Any], environ: Mapping[str, str], folder: Path) -> str:
    match dict(source):
        case {"env": str(name), **rest} if not rest:
            if not environ.get(name):
                raise ConfigError(f"{key}: the environment variable {name} is not set, or empty")
            return environ[name]
        case {"file": str(name), **rest} if not rest:
            text, why = _text(folder / name)
            text = text.rstrip("\r\n")
            if why or not text:
                raise ConfigError(f"{key}: can't read the file {name}: {why or 'it is empty'}")
            return text
    raise ConfigError(f'{key}: a table may be {{ env = "NAME" }} or {{ file = "PATH" }} only')


def _parsed(file: Path) -> dict[str, Any]:
    text, why = _text(file)
    if why:
        raise ConfigError(f"can't read {file.name}: {why}")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file.name} is no valid TOML: {error}") from None


def _text(file: Path) -> tuple[str, str]:
    """Return a file's text, or why it can't be read: Python's own error shows the text."""
    try:
        return file.read_text(encoding="utf-8"), ""
    except UnicodeDecodeError:
        return "", "it is not utf-8 text"
    except OSError as error:
        return "", error.strerror or "unknown"


def _blocks(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found = document.get("backends")
    if not isinstance(found, dict) or not all(isinstance(block, dict) for block in found.values()):
        return {}
    return found


def _resolved(name: str, blocks: Mapping[str, Any], seen: tuple[str, ...] = ()) -> dict[str, Any]:
    if name in seen:
        raise ConfigError(f"like goes in a circle: {' → '.join((*seen, name))}")
    block = blocks.get(name)
    if block is None:
        raise ConfigError(f"there is no [backends.{name}]; {nearest(name, blocks)}")
    base = block.get("like")
    if base is not None and not isinstance(base, str):
        raise ConfigError('like: give the name of another block, such as like = "production"')
    inherited = _resolved(base, blocks, (*seen, name)) if base is not None else {}
    return inherited | {key: value for key, value in block.items() if key != "like"}
