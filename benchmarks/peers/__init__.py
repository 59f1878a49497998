"""What is compared: each peer is a short function that sends as its users would."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.peers import fake, many, own, rest, soap
from benchmarks.peers.model import Kind

KINDS: Mapping[str, tuple[Kind, ...]] = {
    "rest": rest.PLAIN,
    "token": rest.WITH_TOKEN,
    "many": many.MANY,
    "awaited": many.AWAITED,
    "soap": soap.KINDS,
    "fake": fake.KINDS,
    "own": own.KINDS,
}
"""The peers of each group; those of one group do the same work."""
