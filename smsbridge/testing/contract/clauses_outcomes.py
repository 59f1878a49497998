"""Clauses about outcomes: each fault ends as it must, and nothing is sent twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING

from smsbridge.codecs.soap.codec import Soap
from smsbridge.errors import NoAnswer, NotSent, Outcome, OutcomeUnknown, Rejected, SmsbridgeError
from smsbridge.http.exchange import Left, Request
from smsbridge.mapping.codec import Unwritable
from smsbridge.mapping.path import ANSWER, STATUS
from smsbridge.mapping.words import words_of
from smsbridge.message import Submission
from smsbridge.serving.answers import row_of
from smsbridge.serving.call import SENDING, ReceivedCall, read_call
from smsbridge.serving.provider_protocol import provider_protocols
from smsbridge.testing.contract.clause import clause
from smsbridge.testing.contract.clauses_replay import differences_of, is_good, tell
from smsbridge.testing.contract.conversation import Conversation, converse, describe, tell_end
from smsbridge.testing.contract.ruling import Finding
from smsbridge.testing.contract.word_answers import acceptance, hear
from smsbridge.testing.faults.table import FAULTS, Ending, Fault, Place, fault
from smsbridge.testing.fixture.load import Fixture, Interaction, Provenance

if TYPE_CHECKING:
    from smsbridge.testing.contract.subject import Subject

_ANOTHER = "+12025550199"
_OK = ("html", "bad-json", "provider-error", "bad-soap")
_OF_A_BODY = ("bad-json", "odd-success")
_REDIRECTS = ("redirect-keep", "redirect-see-other")
_ASKED = ("reset-after-request", "silence", "half-body", "server-error:500", "html", "bad-json")
_STATUSES = {"html": "200", "unauthorized": "401"}
_WORDS = {
    "fault-client:client": {"fault.code": "Client", "fault.string": "refused"},
    "fault-client:version-mismatch": {"fault.code": "VersionMismatch", "fault.string": "refused"},
    "fault-client:must-understand": {"fault.code": "MustUnderstand", "fault.string": "refused"},
    "fault-server:fault": {"fault.code": "Server", "fault.string": "the database is away"},
}
_BODIES_OF_SAMPLES = ("shape", "empty", "no-id")


def faults_of_sends(subject: Subject) -> Iterator[Fault]:
    """Yield each fault, in each of its kinds, that a call which sends can meet over a protocol."""
    _ = subject.send
    for name, entry in FAULTS.items():
        if entry.place not in (Place.TOKEN, Place.WSDL) and subject.protocol_has(fault(name)):
            yield from (Fault(name, way) for way in entry.ways)


def meet(subject: Subject, word: str) -> Conversation:
    """Return the conversation of a send that meets a fault."""
    if word not in subject.kept:
        subject.kept[word] = converse(subject, subject.message, fault=word)
    talk: Conversation = subject.kept[word]
    return talk


def required_end(subject: Subject, met: Fault) -> Ending | None:
    """Return how a send must end that meets a fault; None where the tables leave that open.

    The provider's own tables come first: they may say that a status or a word means something.
    """
    table = subject.send
    if ANSWER in table.accepted.match and met.way in _BODIES_OF_SAMPLES:
        return None
    if met.name == "odd-success" and not _can_be_odd(subject, met.way):
        return None
    words = _words(met)
    if table.accepted.by_status and (
        met.name in _OF_A_BODY or words.get(STATUS) in words_of(table.accepted.match[STATUS])
    ):
        return None  # the body means nothing
    for path, word in words.items():
        if (reason := table.rejected.get(path, {}).get(word)) and met.name != "odd-success":
            return Ending(outcome=Outcome.REJECTED, reason=reason)
        if word in table.not_sent.get(path, ()):
            return Ending(outcome=Outcome.NOT_SENT)
    return met.ends


def _can_be_odd(subject: Subject, way: str) -> bool:
    """Return whether a success may look so: a table or a contract may demand what it lacks."""
    strict = isinstance(subject.table.codec, Soap) and not subject.table.codec.json_part
    if way == "no-id":
        return not strict
    return way != "202" or STATUS not in subject.send.accepted.match


def _words(met: Fault) -> Mapping[str, str]:
    """Return the words of the answer of a fault, by path, that a table may name."""
    if met.word in _WORDS:
        return _WORDS[met.word]
    ways = {"too-many": "429", "unavailable": "503", "fault-server": "500"}
    status = ways.get(met.name) or _STATUSES.get(met.name) or met.way
    return {STATUS: status, "error": status} if status.isdigit() else {}


@clause(5, "each fault ends in the outcome that it proves, and in no other")
def check_outcomes(subject: Subject) -> Iterator[Finding]:
    """Yield the faults that end otherwise, of sends and of questions."""
    for met in faults_of_sends(subject) if subject.table.send else ():
        if met.name not in (*_OK, *_REDIRECTS):
            yield from judge_fault(subject, met)
    for operation in subject.table.operations():
        if operation != "send":
            yield from _judge_question(subject, operation)
    for fixture in subject.fixtures:
        if not is_good(fixture) and not ends_in_200(fixture):
            yield from outcome_of(subject, fixture)


def outcome_of(subject: Subject, fixture: Fixture) -> Iterator[str]:
    """Yield that a fixture ends in another outcome than it expects."""
    for found in differences_of(subject, fixture):
        if found.of == "outcome":
            yield tell(subject, fixture, found)


def ends_in_200(fixture: Fixture) -> bool:
    """Return whether the last answer of a fixture has the status 200."""
    last = fixture.interactions[-1]
    given = last.response or {}
    return last.reply is not None or (
        "fault" not in given and given.get("status", HTTPStatus.OK) == HTTPStatus.OK
    )


def judge_fault(subject: Subject, met: Fault) -> Iterator[str]:
    """Yield how a send that meets a fault ends otherwise than it must."""
    ends = required_end(subject, met)
    talk = meet(subject, met.word)
    if ends is None:
        return
    name, end = f"fault {met.word}", talk.end
    outcome = ends.outcome or _by_bytes(talk.left)
    if getattr(end, "outcome", None) != outcome:
        yield f"{name}: {tell_end(end, outcome)}"
    elif isinstance(end, Rejected) and ends.reason not in (None, end.reason):
        yield f"{name}: the reason is {end.reason}, not {ends.reason}"
    elif isinstance(end, NotSent):
        if end.retry is not ends.retry:
            yield f"{name}: retry is {end.retry}, not {ends.retry}"
        if ends.wait and not (end.retry_after and ends.wait[0] <= end.retry_after <= ends.wait[1]):
            yield f"{name}: retry_after is {end.retry_after}, not {ends.wait[0]:g}"
    elif isinstance(end, Submission) and met.name == "odd-success":
        usual = getattr(converse(subject, subject.message).end, "status", end.status)
        if met.way == "202" and end.status is not usual:
            yield f"{name}: the status is {end.status}, not {usual}: a 202 proves no more"


def _by_bytes(left: list[Left]) -> Outcome:
    """Return the outcome that the bytes decide; in process a kept connection can't be lost."""
    if not left:
        return Outcome.ACCEPTED
    return Outcome.UNKNOWN if Left.ALL in left else Outcome.NOT_SENT


def _judge_question(subject: Subject, operation: str) -> Iterator[str]:
    for word in _ASKED:
        talk = converse(subject, subject.do(operation), fixture=one_answer(operation, fault=word))
        wanted = "OutcomeUnknown" if operation == "resend" else NoAnswer.__name__
        if type(talk.end).__name__ != wanted:
            yield f"{operation}, fault {word}: it ends with {describe(talk.end)}, not {wanted}"


def one_answer(operation: str, **response: object) -> Fixture:
    """Return a fixture of the kit's own: one operation, always answered in one way."""
    interaction = Interaction(
        id="it",
        sources=(),
        to=None,
        times=None,
        optional=True,
        request=None,
        call={"operation": operation},
        response=response,
        reply=None,
    )
    made = Provenance(source="ASSUMED", evidence="the contract", date="", verified=None)
    return Fixture(
        id=f"contract/{operation}",
        title="An answer of the contract",
        provenance=made,
        protocols=(),
        interactions=(interaction,),
    )


@clause(6, "nothing is sent twice")
def check_once(subject: Subject) -> Iterator[Finding]:
    """Yield the faults after which a message was sent again, though its first call may count."""
    clean = converse(subject, subject.message)
    needed = max(1, len(calls_that_send(subject, clean)))  # a challenge takes one more
    may_renew = needed > 1 or len(clean.requests) > len(clean.calls)
    for met in faults_of_sends(subject):
        talk = meet(subject, met.word)
        renews = met.name == "unauthorized" and may_renew
        if (sent := len(calls_that_send(subject, talk))) > needed + renews:
            yield f"fault {met.word}: {sent} calls that send left for one message"


def calls_that_send(subject: Subject, talk: Conversation) -> list[Request]:
    """Return the requests of a conversation that are calls which send."""
    backend, tokens = subject.backend, talk.provider.scenario.tokens
    protocols = provider_protocols(backend)
    found = []
    for request in talk.calls:
        call = read_call(backend, protocols, request, tokens, lambda _: None)
        if isinstance(call, ReceivedCall) and call.operation in SENDING:
            found.append(request)
    return found


@clause(7, "a 200 proves nothing")
def check_200(subject: Subject) -> Iterator[Finding]:
    """Yield the answers with status 200 that are taken for something that they don't prove."""
    for met in faults_of_sends(subject):
        if met.name == "provider-error":
            yield from _judge_provider_error(subject, met)
        elif met.name in _OK:
            yield from judge_fault(subject, met)
    yield from _judge_contradictions(subject)
    yield from _judge_other_row(subject)
    for fixture in subject.fixtures:
        if not is_good(fixture) and ends_in_200(fixture):
            yield from outcome_of(subject, fixture)


def _judge_contradictions(subject: Subject) -> Iterator[str]:
    """Yield that an answer is believed which says yes and, at another path, no."""
    for path, words in subject.send.rejected.items():
        word = next((one for one in words if one != "*"), None)
        if word is None or path in (STATUS, *subject.send.accepted.match) or path[:6] == "fault.":
            continue
        with suppress(Unwritable):
            end = hear(subject, "send", acceptance(subject, "send", {path: word})).end
            if not isinstance(end, OutcomeUnknown):
                said = f"an answer with its mark of success and {path} = {word!r}"
                yield f"{said}: it ends with {describe(end)}, not unknown"


def _judge_other_row(subject: Subject) -> Iterator[str]:
    """Yield that the row of another recipient is believed."""
    table = subject.send
    if not table.rows:
        return
    row = row_of(table, acceptance(subject, "send", {}), _ANOTHER)
    end = hear(subject, "send", {table.rows: [row]}, whole=True).end
    if not isinstance(end, OutcomeUnknown):
        yield f"an answer with the row of another number: it ends with {describe(end)}, not unknown"


def _judge_provider_error(subject: Subject, met: Fault) -> Iterator[str]:
    end = meet(subject, met.word).end
    if isinstance(end, Submission) or not isinstance(end, SmsbridgeError):
        yield f"fault {met.word}: it ends with {describe(end)}"


@clause(8, "a redirect is never followed")
def check_redirects(subject: Subject) -> Iterator[Finding]:
    """Yield the redirects that were followed, or that end otherwise than they must."""
    for met in faults_of_sends(subject):
        if met.name in _REDIRECTS:
            calls = meet(subject, met.word).calls
            if astray := [one for one in calls[1:] if one.url != calls[0].url]:
                yield f"fault {met.word}: {len(astray)} requests went where it pointed"
            yield from judge_fault(subject, met)
