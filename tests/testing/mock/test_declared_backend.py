"""Which backend a test asks for: by the name of a block, an installed one, its class, itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from smsbridge import Backend, ConfigError, Secret
from smsbridge.backends.parlayx import ParlayX
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.testing.mock.declared_backend import Declared, declared_backend, is_block

from support.blocks import GATE
from support.each import each

BLOCK = """
[backends.production]
backend = "smsmobileapi"
protocol = "soap"
api_key = "KEY"
"""


@pytest.fixture
def config(nowhere: Path) -> Path:
    file = nowhere / "smsbridge.toml"
    file.write_text(BLOCK, encoding="utf-8")
    return file


@each(
    ("asked", "name", "protocol"),
    [
        (None, "smsmobileapi", "rest"),
        ("production", "smsmobileapi", "soap"),
        ("parlayx", "parlayx", "soap"),
        ("smsbridge.backends.parlayx:ParlayX", "parlayx", "soap"),
        (ParlayX, "parlayx", "soap"),
        (SMSMobileAPI(api_key=Secret("KEY")), "smsmobileapi", "rest"),
        ({"backend": "smsmobileapi", "api_key": "KEY"}, "smsmobileapi", "rest"),
    ],
)
def test_it_is_found_by_each_of_its_forms(
    config: Path, asked: Declared, name: str, protocol: str
) -> None:
    found = declared_backend(asked)
    assert (found.name, found.protocol) == (name, protocol)
    assert found.credentials()


def test_the_file_of_a_block_may_stand_elsewhere(config: Path, tmp_path: Path) -> None:
    other = tmp_path / "tests.toml"
    config.rename(other)
    assert declared_backend("production", config=other).credentials() == {"api_key": "KEY"}
    assert declared_backend(config=other).protocol == "soap"


def test_a_name_without_a_block_in_that_file_is_that_of_an_installed_backend(
    config: Path, tmp_path: Path
) -> None:
    assert isinstance(declared_backend("parlayx", config=config), ParlayX)
    with pytest.raises(ConfigError, match=r"can't read .*none\.toml: No such file"):
        declared_backend("parlayx", config=tmp_path / "none.toml")


def test_a_protocol_may_be_asked_for() -> None:
    assert declared_backend(protocol="oauth").protocol == "oauth"
    with pytest.raises(ConfigError, match="offers rest, soap, oauth"):
        declared_backend(protocol="smpp")


def test_the_wsdl_may_be_another() -> None:
    assert declared_backend("parlayx", wsdl=GATE).wsdl == str(GATE)


def test_an_unknown_name_is_refused_with_what_is_known(config: Path) -> None:
    with pytest.raises(ConfigError, match=r"no \[backends.prodution\]; did you mean 'production'"):
        declared_backend("prodution")


def test_a_kind_of_block_needs_a_block() -> None:
    with pytest.raises(ConfigError, match="rest takes its tables from a block: give the block's"):
        declared_backend("rest")


@each(
    ("asked", "block"),
    [
        ("production", True),
        ("parlayx", False),
        ("a.module:Class", False),
        (ParlayX, False),
        (None, False),
    ],
)
def test_a_block_is_known_from_an_installed_backend(
    config: Path, asked: Declared, *, block: bool
) -> None:
    assert is_block(asked, None) is block


def test_a_block_may_have_the_name_of_an_installed_backend(config: Path) -> None:
    config.write_text(BLOCK.replace("production", "parlayx"), encoding="utf-8")
    assert is_block("parlayx", None)
    assert isinstance(declared_backend("parlayx"), SMSMobileAPI)


def test_the_credentials_that_a_class_needs_are_made_up() -> None:
    class_of: type[Backend] = ParlayX
    found = declared_backend(class_of)
    assert isinstance(found, ParlayX)
    assert isinstance(found.password, Secret)
    assert found.url == "https://provider.example"
