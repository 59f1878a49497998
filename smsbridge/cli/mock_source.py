"""What a mock plays: a backend, a WSDL, or a folder of fixtures."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smsbridge.cli.options import choose_backend
from smsbridge.errors import ConfigError
from smsbridge.http.address import is_url

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.testing.fixture.load import Fixture
    from smsbridge.testing.mock.provider import Provider


def provider_of(
    source: str | None, config: str | None, scenario: str | None, stack: ExitStack
) -> tuple[Provider, Any]:
    """Return the provider of a source, and the credentials that it accepts, or where they are.

    Without a source it is the default of the file ``config``, or else SMSMobileAPI. ``stack`` holds
    what it needs until it has been served.
    """
    from smsbridge.testing.mock.declared_backend import declared_backend
    from smsbridge.testing.mock.default import SAMPLE_CREDENTIALS, sample_backend
    from smsbridge.testing.mock.provider import Provider

    if source is None:
        if config is None:
            return Provider(sample_backend(), scenario), SAMPLE_CREDENTIALS
        backend = _ready(choose_backend(None, config=config), f"the default of {config}", stack)
        return Provider(backend, scenario), f"those of {config}"
    if Path(source).is_dir() and ("/" in source or any(Path(source).glob("*.yaml"))):
        return _of_folder(Path(source), config, scenario, stack)
    if source.lower().endswith((".yaml", ".yml")):
        raise click.UsageError(f"{source} is a fixture: give it as --scenario")
    if _is_entry(source, config):
        backend = declared_backend(source)
        return Provider(backend, scenario), backend.credentials()
    wsdl = is_url(source) or source.lower().endswith((".wsdl", ".xml"))
    if wsdl or Path(source).is_file():
        return Provider(_of_wsdl(source), scenario), {}
    if "/" in source:
        raise ConfigError(f"there is no file or folder {source}")
    try:
        chosen = choose_backend(source, config=config)
    except ConfigError as error:
        why = f"{source} is neither a file nor in the catalogue, so it must be a block: {error}"
        raise ConfigError(f"{why}; without SOURCE it plays SMSMobileAPI") from None
    backend = _ready(chosen, source, stack)
    return Provider(backend, scenario), f"those of [backends.{source}]"


def _of_wsdl(address: str) -> Backend:
    """Return a backend that answers each operation of a WSDL; an error names its path."""
    from smsbridge.cli.wsdl_source import wsdl_error, wsdl_source
    from smsbridge.testing.mock.wsdl_backend import wsdl_backend

    source = wsdl_source(address)
    try:
        return wsdl_backend(source)
    except ConfigError as error:
        raise wsdl_error(address, error) from None


def _is_entry(source: str, config: str | None) -> bool:
    """Return whether a source is a file of a provider, or the name of one and of no block."""
    from smsbridge.backends.catalogue import entry_of
    from smsbridge.backends.registry import find, is_file, is_installed
    from smsbridge.config.load import read_block

    if is_file(source):
        return True
    known = is_installed(source) and read_block(source, config) is None
    return known and entry_of(find(source)) is not None


def _ready(chosen: Backend, name: str, stack: ExitStack) -> Backend:
    """Return a backend that can be mocked, with its WSDL as a file."""
    from smsbridge.cli.wsdl_source import local_wsdl, wsdl_carrier

    if not chosen.protocols:
        raise ConfigError(
            f"{name} is {chosen.name}, which uses no network: there is nothing to mock"
        )
    return stack.enter_context(local_wsdl(chosen, wsdl_carrier(chosen.timeout, chosen)))


def _of_folder(
    folder: Path, config: str | None, scenario: str | None, stack: ExitStack
) -> tuple[Provider, Any]:
    from smsbridge.testing.mock.default import SAMPLE_CREDENTIALS, sample_backend
    from smsbridge.testing.mock.provider import Provider
    from smsbridge.testing.record.bare import recorded_backend

    fixture = _scenario(folder, scenario)
    name = fixture.id.partition("/")[0]
    backend = sample_backend()
    if name == backend.name:
        return Provider(backend, fixture), SAMPLE_CREDENTIALS
    if bare := recorded_backend(fixture, folder):
        return Provider(bare, fixture), {}
    ready = _ready(choose_backend(name, config=config), name, stack)
    return Provider(ready, fixture), f"those of [backends.{name}]"


def _scenario(folder: Path, scenario: str | None) -> Fixture:
    """Return the scenario of a folder: the one that is named, its default, or all together."""
    from smsbridge.testing.fixture.load import load
    from smsbridge.testing.fixture.together import play_together

    if scenario is not None:
        named = Path(scenario)
        return load(named if named.is_file() else folder / f"{scenario}.yaml")
    default = folder / "default.yaml"
    files = [] if default.is_file() else sorted(folder.glob("*.yaml"))
    if not files:
        return load(default)
    return load(files[0]) if len(files) == 1 else play_together([load(one) for one in files])
