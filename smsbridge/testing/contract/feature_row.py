"""The rows of the feature matrix: what a backend can do over each protocol, by its tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from smsbridge.backends.capabilities import capabilities

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend

HEADS = (
    *("backend", "over", "channels", "operations"),
    *("options", "webhooks", "segments", "contract"),
)
_NONE = "\N{EN DASH}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureRow:
    """What a backend can do over protocols that can do the same.

    ``webhooks``: ``signed``, ``unsigned``, or empty for none. ``segments``: whether it tells the
    provider the encoding of a text, or how many SMS it takes. ``contract``: how the contract ended.
    """

    backend: str
    protocols: tuple[str, ...]
    channels: tuple[str, ...]
    operations: tuple[str, ...]
    options: tuple[str, ...]
    webhooks: str
    segments: bool
    contract: str

    def words(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)

    def markdown(self) -> str:
        """Return it as a line of a Markdown table."""
        cells = (
            _code([self.backend]),
            _code(self.protocols),
            _code(self.channels),
            _code(self.operations),
            _code(one.removeprefix("options.") for one in self.options),
            self.webhooks or _NONE,
            "yes" if self.segments else _NONE,
            self.contract,
        )
        return f"| {' | '.join(cells)} |"


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words) or _NONE


def head() -> str:
    """Return the first two lines of the matrix, in Markdown."""
    return f"| {' | '.join(HEADS)} |\n|{' --- |' * len(HEADS)}"


def feature_rows(backend: Backend, contract: dict[str, str]) -> Iterator[FeatureRow]:
    """Yield the rows of a backend; ``contract``: how it ended, by protocol."""
    groups: dict[tuple[Any, ...], list[str]] = {}
    webhooks = _webhooks(backend)
    for can in capabilities(backend.name, type(backend), ""):
        if can.protocol not in contract:
            continue
        send = backend.protocols[can.protocol].send
        counts = send is not None and send.counts()
        options = tuple(one for one in can.options if one not in ("encoding", "segments", "now"))
        features = (*map(tuple, (can.channels, can.operations)), options, counts)
        groups.setdefault((*features, contract[can.protocol]), []).append(can.protocol)
    for (channels, operations, options, counts, ended), protocols in groups.items():
        yield FeatureRow(
            backend=backend.name,
            protocols=tuple(protocols),
            channels=channels,
            operations=operations,
            options=options,
            webhooks=webhooks,
            segments=counts,
            contract=ended,
        )


def _webhooks(backend: Backend) -> str:
    if not backend.webhooks:
        return ""
    return "signed" if any(one.signed for one in backend.webhooks) else "unsigned"
