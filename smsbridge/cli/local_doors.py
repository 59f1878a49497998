"""Makes the WSDLs of doors local: those at URLs are fetched once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from smsbridge.cli.wsdl_source import local_wsdl, wsdl_carrier

if TYPE_CHECKING:
    from contextlib import ExitStack

    from smsbridge.bridge.config import BridgeConfig
    from smsbridge.bridge.doors.door_config import DoorConfig


def local_doors(config: BridgeConfig, stack: ExitStack) -> BridgeConfig:
    """Return a config whose doors read their WSDLs from files; ``stack`` removes fetched ones."""
    return replace(config, doors=tuple(_local(door, stack) for door in config.doors))


def _local(door: DoorConfig, stack: ExitStack) -> DoorConfig:
    first = next(iter(door.callers.values()))
    found = stack.enter_context(local_wsdl(first, wsdl_carrier(first.timeout, first)))
    if found.wsdl == first.wsdl:
        return door
    callers = {name: replace(one, wsdl=found.wsdl) for name, one in door.callers.items()}
    return replace(door, callers=callers)
