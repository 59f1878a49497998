"""What a provider can do over a protocol, and what it can carry: derived from its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from smsbridge.errors import Reason
from smsbridge.message import Channel, Message
from smsbridge.outcome import When
from smsbridge.template import Template, Values, fault, names, needed, words

if TYPE_CHECKING:
    from smsbridge.auth import Auth
    from smsbridge.codecs import Codec

_NO_NEED = {"reference", "channels"}  # a reference is ours first; channels have a rule of their own


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of the provider: its route or SOAP operation, its fields, its yes and its no.

    ``fields``: dotted path to template, see `smsbridge.template`. ``rejected``: path to word to
    reason; the word ``*`` stands for any other.
    """

    call: str
    fields: Mapping[str, Template]
    accepted: When
    rejected: Mapping[str, Mapping[str, Reason]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a table that could not be sent."""
        for path, template in self.fields.items():
            if trouble := fault(template):
                raise ValueError(f"{self.call}, field {path}: {trouble}")
            if any(other.startswith(f"{path}.") for other in self.fields):
                raise ValueError(f"{self.call}: {path} is a field, and holds others too")

    def carries(self) -> frozenset[str]:
        """Return the names of the values that it can carry."""
        return frozenset(name for value in self.fields.values() for name in names(value))

    def channels(self) -> frozenset[str]:
        """Return the sets of channels that it can carry, as words: ``sms``, ``sms+whatsapp``."""
        known = (word for value in self.fields.values() for word in words(value, "channels"))
        return frozenset({"sms", *known} - {"*"})

    def lacks(self, values: Values) -> list[str]:
        """Return what a message has that this operation would leave out."""
        used = {name for value in self.fields.values() for name in needed(value, values)}
        lacking = [name for name in values if name not in used | _NO_NEED]
        if values["channels"] not in self.channels():
            lacking.append("channels")
        return lacking


@dataclass(frozen=True, slots=True)
class Protocol:
    """A codec and an auth, and the operations that the provider has for the pair."""

    codec: Codec
    auth: Auth
    send: Operation | None = None

    def operations(self) -> Mapping[str, Operation]:
        """Return the operations that are there, by name."""
        return {"send": self.send} if self.send else {}


def channels_word(channels: frozenset[Channel]) -> str:
    """Return a set of channels as a table's word: ``sms``, ``whatsapp`` or ``sms+whatsapp``."""
    return "+".join(sorted(channels))


def message_values(message: Message) -> Values:
    """Return the values that a table may name, those that the message has."""
    options = message.options
    own = (
        {f"options.{f.name}": getattr(options, f.name) for f in fields(options)} if options else {}
    )
    values = {
        "recipient": message.recipient,
        "text": message.text,
        "channels": channels_word(message.channels),
        "send_at": message.send_at,
        "sender": message.sender,
        "reference": message.reference,
        **own,
    }
    return {n: value for n, value in values.items() if value is not None and value is not False}
