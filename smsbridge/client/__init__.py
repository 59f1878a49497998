"""`Client` and `AsyncClient`, which drive the same operations."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smsbridge.client.aio import AsyncClient
    from smsbridge.client.message_group import Result
    from smsbridge.client.sync import Client

__all__ = ["AsyncClient", "Client", "Result"]
_HOMES = {
    "AsyncClient": "aio",
    "Client": "sync",
    "Result": "send_many",
}


def __getattr__(name: str) -> object:
    """Import a name on first use, and no more than it needs."""
    if name not in _HOMES:
        raise AttributeError(f"smsbridge.client has no {name}", name=name)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
