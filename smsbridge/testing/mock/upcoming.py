"""What the mock answers to the next sends, by the outcome that a test wants to see."""

from __future__ import annotations

from smsbridge.backends.outbox import wanted_end
from smsbridge.errors import ConfigError, Outcome, Reason
from smsbridge.testing.faults.table import FAULTS, Fault, fault

Upcoming = Fault | Reason | None
"""A fault, a refusal for a reason, or None where the send is accepted."""

_FAULTS = {
    Outcome.NOT_SENT: "too-many:none",
    Outcome.REJECTED: "refusals:400",
    Outcome.UNKNOWN: "reset-after-request",
}


def answer_of(outcome: Outcome | str, reason: Reason | str | None = None) -> Upcoming:
    """Return what brings an outcome about; ``outcome`` may also be the word of a fault.

    Raises `ConfigError` for a word that is neither, and for a fault that isn't an answer to a send.
    """
    if str(outcome).partition(":")[0] in FAULTS and reason is None:
        found = fault(outcome)
        if not found.entry.answers:
            why = f"the fault {found.word} is not an answer to a send: set it as .fault of the mock"
            raise ConfigError(why)
        return found
    end = wanted_end(outcome, reason)
    if isinstance(end, Reason):
        return end
    return None if end is Outcome.ACCEPTED else fault(_FAULTS[end])
