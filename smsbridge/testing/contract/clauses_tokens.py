"""The clause about tokens: fetched before the call, renewed once, and no send where that fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from smsbridge.auth.schemes import ClientCredentials, Login
from smsbridge.errors import NotSent, Rejected
from smsbridge.testing.contract.clause import clause
from smsbridge.testing.contract.clauses_outcomes import calls_that_send, judge_fault, meet
from smsbridge.testing.contract.conversation import converse, describe
from smsbridge.testing.contract.ruling import DoesNotApply, Finding
from smsbridge.testing.faults.table import FAULTS, Fault, Place

if TYPE_CHECKING:
    from smsbridge.testing.contract.subject import Subject

_WITHOUT_A_TOKEN = ("token-refused", "token-down")
_RENEWED = ("token-expired", "unauthorized")


@clause(9, "a token is fetched once and renewed once, and nothing is sent without one")
def check_tokens(subject: Subject) -> Iterator[Finding]:
    """Yield the faults of a token call that end otherwise, or after which too much leaves."""
    if not isinstance(subject.table.auth, ClientCredentials | Login) or subject.table.send is None:
        raise DoesNotApply(f"{subject.protocol} fetches no token")
    second = converse(subject, subject.message, subject.message).steps[-1]
    if any(request.share is not None for request in second):
        yield "a second message: another token was fetched for it"
    for met in _faults():
        talk = meet(subject, met.word)
        if isinstance(subject.table.auth, Login) and met.name in _WITHOUT_A_TOKEN:
            if not isinstance(talk.end, NotSent | Rejected):  # its own words say which
                yield f"fault {met.word}: it ends with {describe(talk.end)}, though nothing left"
        else:
            yield from judge_fault(subject, met)
        tokens = len(talk.requests) - len(talk.calls)
        renewed = met.name in _RENEWED
        if tokens > 1 + renewed:
            yield f"fault {met.word}: {tokens} token calls left"
        sent, wanted = len(calls_that_send(subject, talk)), 1 + renewed
        if met.name in _WITHOUT_A_TOKEN:
            wanted = 0
        if sent != wanted:
            yield f"fault {met.word}: {sent} calls that send left, not {wanted}"


def _faults() -> Iterator[Fault]:
    for name, entry in FAULTS.items():
        if entry.place is Place.TOKEN or name == "unauthorized":
            yield from (Fault(name, way) for way in entry.ways)
