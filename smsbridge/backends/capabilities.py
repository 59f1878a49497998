"""What each installed backend can do over each protocol, read off its tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from smsbridge.backends.registry import Found, installed
from smsbridge.message import Channel

_ALWAYS = {"recipient", "text", "channels"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One backend over one protocol. ``origin`` is its distribution, or why it is broken."""

    backend: str
    protocol: str
    operations: list[str] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    origin: str


def capabilities() -> Iterator[Capability]:
    """Yield what is installed, by backend and protocol; a broken backend has no protocol."""
    for found in installed():
        yield from _of(found)


def _of(found: Found) -> Iterator[Capability]:
    backend, origin = found.backend, found.distribution
    if backend is None:
        yield Capability(
            backend=found.name, protocol="-", origin=f"{origin}: broken, {found.broken}"
        )
        return
    if backend.by_block:
        says = ["what its block says"]
        yield Capability(backend=found.name, protocol="-", operations=says, origin=origin)
    elif not backend.protocols:
        yield Capability(
            backend=found.name,
            protocol=backend.protocol,
            operations=["send"],
            channels=[str(channel) for channel in Channel],
            options=["all"],
            origin=origin,
        )
    for name, protocol in backend.protocols.items():
        send = protocol.send
        yield Capability(
            backend=found.name,
            protocol=name,
            operations=list(protocol.operations()),
            channels=sorted(send.channels()) if send else [],
            options=sorted(send.carries() - _ALWAYS) if send else [],
            origin=origin,
        )
