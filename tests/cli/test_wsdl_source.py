"""The WSDL of a backend, as a file for the time of a command."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from smsbridge import Client, ConfigError
from smsbridge.backends.base import Backend
from smsbridge.cli.wsdl_source import local_wsdl, wsdl_warnings
from smsbridge.codecs.soap.wsdl_files import LOCK
from smsbridge.config.load import from_mapping
from smsbridge.testing.mock.provider import Provider
from smsbridge.testing.mock.transport import InProcess

from support.commands import run
from support.corpus import CONTRACTS
from support.sending import NUMBER, TEXT
from support.sites import Site
from support.vendor import WSDL

BASE = "https://vendor.example/files/"


def block(wsdl: str, **more: Any) -> Backend:
    keys = {
        "backend": "soap",
        "wsdl": wsdl,
        "send": {
            "operation": "SubmitShortMessage",
            "fields": {"request.destination": "{recipient}", "request.body": "{text}"},
            "accepted": {"when": {"result.code": "0"}},
        },
        **more,
    }
    return from_mapping(keys, name="oldcorp")


def test_a_wsdl_at_an_address_is_at_hand_as_files_for_the_time(tmp_path: Path) -> None:
    site = Site({"https://v.example/s?wsdl": WSDL})
    backend = block("https://v.example/s?wsdl")
    with local_wsdl(backend, site) as ready:
        ready.check()
        file = Path(ready.wsdl)
        assert {one.name for one in file.parent.iterdir()} == {"s.wsdl", LOCK}
        provider = Provider(ready)
        Client(ready, transport=InProcess(provider)).send(NUMBER, TEXT)
    assert len(provider.messages) == 1
    assert site.asked == ["https://v.example/s?wsdl"]
    assert not file.parent.exists()


def test_a_wsdl_that_is_a_file_is_at_hand_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "oldcorp.wsdl").write_text(WSDL)
    backend, site = block(str(tmp_path / "oldcorp.wsdl")), Site({})
    with local_wsdl(backend, site) as ready:
        assert ready is backend
    assert site.asked == []


def test_what_a_wsdl_imports_from_another_host_is_not_fetched_for_a_backend() -> None:
    text = (
        (CONTRACTS / "wsdl-import.wsdl")
        .read_text()
        .replace("parts/", "https://other.example/parts/")
    )
    site = Site({BASE: text})
    said = "wsdl: it imports https://other.example/parts/interface.wsdl"
    with pytest.raises(ConfigError, match=f"^{re.escape(said)}"):
        local_wsdl(block(BASE), site).__enter__()
    assert site.asked == [BASE]


def test_a_wsdl_that_is_none_is_an_error_of_the_key() -> None:
    with pytest.raises(ConfigError, match=r"^wsdl: ") as refused:
        local_wsdl(block(BASE), Site({BASE: "<html>"})).__enter__()
    assert refused.value.key == ("wsdl",)


def test_that_no_value_is_checked_by_the_schemas_is_said_aloud(nowhere: Path) -> None:
    limit = '<xsd:maxLength value="40"/>'
    odd = WSDL.replace(limit, f'{limit}<xsd:pattern value="[a-"/>')
    assert odd != WSDL
    (nowhere / "odd.wsdl").write_text(odd)
    (nowhere / "fine.wsdl").write_text(WSDL)
    assert list(wsdl_warnings(block(str(nowhere / "fine.wsdl")))) == []
    ((_, why),) = wsdl_warnings(block(str(nowhere / "odd.wsdl")))
    assert "no value is checked" in why
    (nowhere / "smsbridge.toml").write_text(
        """
[backends.oldcorp]
backend = "soap"
wsdl = "odd.wsdl"
url = "http://127.0.0.1:9/x"
[backends.oldcorp.send]
operation = "SubmitShortMessage"
fields = { "request.destination" = "{recipient}", "request.body" = "{text}" }
accepted.when."result.code" = "0"
"""
    )
    explained = run("explain", NUMBER, TEXT)
    assert explained.code == 0, explained.err
    assert "WARNING    the schemas of the WSDL can't be used" in explained.out
    assert "WARN  schemas" in run("doctor").out
