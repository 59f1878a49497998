"""The WSDL of a door: one at an address is fetched, once, and is a file then."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from smsbridge.cli.local_doors import local_doors
from smsbridge.errors import SmsbridgeError

from support.bridges import config_text, read, soap_text
from support.fault_server import FaultServer, answer
from support.vendor import WSDL


def test_a_wsdl_at_an_address_is_fetched_once_for_all_callers(tmp_path: Path) -> None:
    with FaultServer([answer(200, WSDL)]) as server, ExitStack() as stack:
        config = read(tmp_path, soap_text(f"{server.url}/oldcorp.wsdl"))
        (door,) = local_doors(config, stack).doors
        assert len(server.sends) == 1
        places = {Path(one.wsdl) for one in door.callers.values()}
        assert [one.is_file() for one in places] == [True]
    assert [one.exists() for one in places] == [False]


def test_a_wsdl_that_can_not_be_fetched_is_an_error(tmp_path: Path) -> None:
    with FaultServer([answer(404, "")]) as server, ExitStack() as stack:
        config = read(tmp_path, soap_text(f"{server.url}/oldcorp.wsdl"))
        with pytest.raises(SmsbridgeError, match="HTTP 404"):
            local_doors(config, stack)


def test_a_door_whose_wsdl_is_a_file_or_none_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "oldcorp.wsdl").write_text(WSDL, encoding="utf-8")
    for text in (soap_text("oldcorp.wsdl"), config_text()):
        config = read(tmp_path, text)
        with ExitStack() as stack:
            assert local_doors(config, stack) == config
