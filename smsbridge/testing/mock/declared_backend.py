"""The backend that a test asks to be played: a block of config, an installed one, its class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from smsbridge.backends.base import Backend
from smsbridge.backends.config_fields import keys_of_type
from smsbridge.backends.registry import backend_names, find, is_file
from smsbridge.config.load import from_file, from_mapping, is_required, read_block
from smsbridge.errors import ConfigError
from smsbridge.http import redirect
from smsbridge.testing.mock.default import SAMPLE_CREDENTIALS, sample_backend
from smsbridge.text.secrets import Secret

Declared = str | Backend | type[Backend] | Mapping[str, Any] | None


def declared_backend(
    backend: Declared = None,
    *,
    protocol: str = "",
    config: Path | str | None = None,
    wsdl: Path | str = "",
) -> Backend:
    """Return the backend that a test asks for; raises `ConfigError`.

    ``backend``: the name of a block, else of an installed backend, its class, a backend, or the
    keys of a block; SMSMobileAPI if it is left out. ``config``: the file of the block. ``wsdl``: a
    file, in place of the WSDL of the config. Credentials that are missing are made up.
    """
    found = _find(backend, config)
    changes: dict[str, Any] = {"protocol": protocol, "wsdl": str(wsdl)}
    return replace(found, **{key: value for key, value in changes.items() if value})


def is_block(backend: Declared, config: Path | str | None) -> bool:
    """Return whether a name is that of a block, and not of an installed backend."""
    if not isinstance(backend, str) or ":" in backend or is_file(backend):
        return False
    return backend not in backend_names() or _has_block(backend, config)


def _find(backend: Declared, config: Path | str | None) -> Backend:
    if backend is None:
        return sample_backend() if config is None else from_file(None, config)
    if isinstance(backend, Backend):
        return backend
    if isinstance(backend, Mapping):
        return from_mapping(backend)
    if isinstance(backend, str) and is_block(backend, config):
        return from_file(backend, config)
    return _make_up(find(backend) if isinstance(backend, str) else backend)


def _has_block(name: str, config: Path | str | None) -> bool:
    if config is not None:
        return read_block(name, config) is not None
    try:
        from_file(name)
    except ConfigError:
        return False
    return True


def _make_up(kind: type[Backend]) -> Backend:
    """Return a backend of a class, with the credentials that it needs made up."""
    if kind.by_block:
        raise ConfigError(f"{kind.name} takes its tables from a block: give the block's name")
    instead = redirect.current()
    wanted = {key for table in kind.protocols.values() for key in table.auth.credentials}
    wanted |= {key.name for key in fields(kind) if key.init and is_required(key)}
    secret = set(keys_of_type(kind, Secret))
    given: dict[str, Any] = {}
    for key in wanted & {one.name for one in fields(kind)}:
        value = _credential(key, instead)
        given[key] = Secret(value) if key in secret else value
    return kind(**given) if kind.url else kind(url="https://provider.example", **given)


def _credential(key: str, instead: redirect.Redirect | None) -> str:
    return SAMPLE_CREDENTIALS.get(key) or (instead.credential(key) if instead else f"test-{key}")
