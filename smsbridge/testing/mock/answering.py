"""How the mock provider answers clients: by its scenario, else from tables; what it then keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from smsbridge.errors import Outcome
from smsbridge.http.exchange import Request, Response, Session
from smsbridge.mapping.codec import Unreadable
from smsbridge.mapping.reread import field_at
from smsbridge.message import Message, Submission
from smsbridge.serving.answers import AnswerWriter
from smsbridge.serving.call import (
    SENDING,
    ReceivedCall,
    read_call,
    read_wsdl_call,
    serve_wsdl,
    unknown_fields,
)
from smsbridge.serving.provider_protocol import ProviderProtocol
from smsbridge.serving.rest import json_response
from smsbridge.testing.faults.inject import FaultInjector
from smsbridge.testing.faults.table import Fault, fault
from smsbridge.testing.fixture.load import Interaction
from smsbridge.testing.mock.conclusions import Conclusions
from smsbridge.testing.mock.fixture_answer import fixture_answer
from smsbridge.testing.mock.generated import GeneratedAnswers
from smsbridge.testing.mock.magic_numbers import recipient_rule
from smsbridge.testing.mock.upcoming import Upcoming
from smsbridge.testing.mock.verdict import Acceptance, Miss, Quirks, Unmatched, quirks_refusal
from smsbridge.testing.mutants.tap import TAP
from smsbridge.text.suggest import closest

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.testing.mock.provider import AcceptedMessage, Provider
    from smsbridge.testing.mock.request_log import KeptRequest

NO_MATCH = 599
REFUSED = "refused: "
_NEAREST = 3
_FAILED = 400
_WRONG = "its credentials are not those of this lane"


class Answerer:
    """Answers the requests of clients while a scenario is played; the provider holds all state."""

    def __init__(
        self,
        provider: Provider,
        protocols: Sequence[ProviderProtocol],
        faults: FaultInjector,
        session: Session,
    ) -> None:
        """``protocols``: those of the provider's backend."""
        self._provider = provider
        self._backend = provider.backend
        self._account = provider.backend
        self._conclusions = Conclusions(provider.backend, session)
        self._protocols = protocols
        self._faults = faults
        self._generated = GeneratedAnswers(
            self._backend, protocols, provider.scenario, provider.history
        )

    def answer(self, kept: KeptRequest, account: Backend) -> Response | Fault:
        """Return the answer to a request that is not for the mock's control, and say so in it.

        ``account``: the backend whose credentials it must have.
        """
        self._kept, self._account, kept.account = kept, account, account
        self._conclusions.begin(account)
        self._provider.scenario.secrets = account.credentials()
        answer = self._wsdl(kept.request) or self._play_call(kept.request)
        status = answer.status if isinstance(answer, Response) else 0
        if status >= _FAILED and not (kept.refused or kept.message):
            kept.refused = f"it was answered with HTTP {status}"
        return answer

    def _wsdl(self, request: Request) -> Response | None:
        asked = replace(request, method="GET") if request.method == "HEAD" else request
        found = serve_wsdl(self._protocols, asked, self._provider.address)
        if found is None:
            return None
        self._kept.taken_for = "wsdl"
        due = self._faults.chosen
        changed = self._faults.change_wsdl(found)
        if due and changed is not found:
            self._kept.fault = due.word
        return changed

    def _play_call(self, request: Request) -> Response | Fault:
        taken = len(self._provider.messages)
        answer = self._play(TAP.alter(request))
        found = self._provider.scenario.latest if self._provider.strict else ""
        played = (one for one in self._provider.fixture.interactions if one.id == found)
        credentials = frozenset(self._account.credentials().values())
        TAP.note(request, credentials, next(played, None), self._provider.messages[taken:])
        return answer

    def _play(self, request: Request) -> Response | Fault:
        self._provider.requests.append(request)
        tokens = self._provider.scenario.tokens
        packing = request.header("content-encoding").strip().lower()
        noted = [] if packing in ("", "identity") else ["a body that is packed"]
        call = read_call(self._account, self._protocols, request, tokens, noted.append)
        if isinstance(call, ReceivedCall):
            noted += sorted({f"unknown field {path}" for path, _ in unknown_fields(call)})
        for note in noted:
            self._note(note)
        if isinstance(call, Response):
            self._refuse(request, noted[-1].removeprefix(REFUSED))
            return call
        self._explain(request, call)
        if call and (refusal := self._refuse_quirks(request, call, noted)):
            return refusal
        taken = len(self._provider.messages)
        answer = self._answer_call(request, call)
        if call and call.message and call.known:
            self._note_acceptance(call, answer, self._provider.messages[taken:])
        return answer

    def _answer_call(self, request: Request, call: ReceivedCall | None) -> Response | Fault:
        tokens = self._provider.scenario.tokens
        strict = self._provider.strict
        talks = self._provider.fault or not strict
        if talks and (answer := self._answer_conversation(request, call)):
            return answer
        if call and call.operation in SENDING and self._provider.coming:
            return self._play_next(self._provider.coming.popleft(), request, call)
        if call and (due := self._faults.find(request, call, tokens, strict=strict)):
            self._kept.fault = due.word
            return self._faults.apply(due, request, call, self._play_scenario)
        return self._play_scenario(request, call)

    def _explain(self, request: Request, call: ReceivedCall | None) -> None:
        """Keep what a request was taken for, and why the provider would refuse it."""
        kept = self._kept
        if call is None:
            return
        kept.call, kept.taken_for, kept.protocol = call, call.operation, call.protocol.name
        words = (field_at(call.given, name) for name in call.proving)
        kept.private = tuple(word for word in words if isinstance(word, str))
        if not call.known:
            token = request.header("authorization").rpartition(" ")[2]
            over = self._provider.scenario.is_expired(token)
            kept.refused = "its token has expired" if over else _WRONG
        elif call.operation == "send" and call.message is None:
            kept.refused = f"the provider would not take the message: {call.trouble}"

    def _refuse(self, request: Request, why: str) -> None:
        """Keep why a request is refused, for the verdict too."""
        self._kept.refused = why
        self._provider.note_refusal(request, why)

    def _play_next(
        self, wanted: Upcoming, request: Request, call: ReceivedCall
    ) -> Response | Fault:
        if wanted is None:
            return self._play_scenario(request, call)
        if isinstance(wanted, Fault):
            return self._faults.apply(wanted, request, call, self._play_scenario)
        writer = AnswerWriter(call.protocol.codec, request, call.table.call)
        answer = writer.refusal(call.table.rejected, (wanted,))
        end = self._conclusions.of(call, answer)[0] if call.message else None
        if call.message and getattr(end, "reason", None) is not wanted:
            of = f"{self._backend.name} over {call.protocol.name}"
            why = f"a message was to be rejected for {wanted}, and {of} has no word for that"
            self._provider.misses.append(why)
        return answer

    def _play_scenario(self, request: Request, call: ReceivedCall | None) -> Response | Fault:
        spoken = call or (
            read_wsdl_call(self._protocols, request) if self._provider.strict else None
        )
        found = self._provider.scenario.find(request, spoken)
        if found is not None:
            self._kept.interaction = found.id
            return self._write_answer(found, request, spoken)
        if answer := self._answer_conversation(request, call):
            return answer
        if not self._provider.strict:
            return self._answer_from_tables(request, call)
        misses = self._provider.scenario.misses(request, spoken)
        miss = self._note_miss(request, misses)
        self._provider.misses.append(miss)
        return json_response(NO_MATCH, {"error": NO_MATCH, "message": miss})

    def _answer_from_tables(self, request: Request, call: ReceivedCall | None) -> Response:
        if call is None:
            sampled = self._sample_answer(request)
            if sampled is None:
                self._note_miss(request, self._nearest_calls(request))
                return json_response(404, {"error": 404, "message": "Not found"})
            self._kept.taken_for = "sample"
            return sampled
        response = self._generated.answer(request, call)
        self._keep(response, call)
        return response

    def _write_answer(
        self, interaction: Interaction, request: Request, call: ReceivedCall | None
    ) -> Response | Fault:
        if named := (interaction.response or {}).get("fault"):
            table_call = call if call and call.operation else None
            return self._faults.apply(fault(named), request, table_call, self._answer_from_tables)
        response = fixture_answer(interaction, self._provider.scenario, request, call)
        if call is not None:
            self._keep(response, call)
        return response

    def _keep(self, response: Response, call: ReceivedCall) -> None:
        """Keep the messages of a call that were accepted."""
        if not call.known or not call.messages:
            return
        left = 0
        for message, end in zip(call.messages, self._conclusions.of(call, response), strict=True):
            if isinstance(end, Submission):
                self._provider.keep(call, message, end.id, self._kept)
            elif call.others and is_taken_untold(message):
                self._provider.keep(call, message, None, self._kept)
            else:
                left += 1
        if left:
            what = f"{left} of {len(call.messages)} messages were" if call.others else "it was"
            self._kept.refused = self._kept.refused or f"its answer says that {what} not taken"

    def _answer_conversation(
        self, request: Request, call: ReceivedCall | None
    ) -> Response | Fault | None:
        """Return the answer to a request that is part of an auth's conversation: a token call."""
        auths = [one.auth for one in ([call.protocol] if call else self._protocols)]
        credentials = self._account.credentials()
        site, mint = self._account.site(), self._provider.scenario.mint
        answers = (auth.answer(request, credentials, site, mint) for auth in auths)
        answer = next((answer for answer in answers if answer), None)
        if answer is None:
            return None
        self._kept.taken_for = self._kept.taken_for or "token"
        due = self._faults.chosen
        changed = self._faults.change_token(answer)
        if due and changed is not answer:
            self._kept.fault = due.word
        return changed

    def _sample_answer(self, request: Request) -> Response | None:
        noted: list[str] = []
        fail = self._provider.quirks is Quirks.FAIL
        answer = self._generated.sample_answer(request, noted.append, refuses=fail)
        for note in noted:
            self._note(note)
            if note.startswith(REFUSED):
                self._refuse(request, note.removeprefix(REFUSED))
        return answer

    def _refuse_quirks(
        self, request: Request, call: ReceivedCall, leniencies: Sequence[str]
    ) -> Response | None:
        """Return the refusal of a call that needs a leniency where none is allowed."""
        if self._provider.quirks is not Quirks.FAIL:
            return None
        if not leniencies:
            return None
        why = quirks_refusal(leniencies)
        self._refuse(request, why)
        return call.protocol.codec.refuse(request, Unreadable(why))

    def _note_miss(self, request: Request, misses: Sequence[tuple[str, str]]) -> str:
        """Keep a request that nothing answers, and return what is wrong with it in words."""
        mask = self._provider.mask
        near = [Miss(interaction=mask(name), differs=mask(why)) for name, why in misses]
        unmatched = Unmatched(request=self._provider.describe(request), nearest=near[:_NEAREST])
        self._provider.evidence.unmatched.append(unmatched)
        self._kept.refused, self._kept.near = unmatched.sentence, unmatched.nearest
        return unmatched.sentence

    def _nearest_calls(self, request: Request) -> list[tuple[str, str]]:
        """Return the operations whose routes are like the one that a request asked for."""
        routes: dict[str, str] = {}
        for protocol in (one for one in self._protocols if not one.codec.needs_wsdl):
            for operation, table in protocol.table.operations().items():
                routes.setdefault(table.call, f"{operation} over {protocol.name}")
        near = closest(f"{request.method} {request.path}", routes)
        return [(routes[call], f"its route is {call}") for call in near]

    def _note_acceptance(
        self, call: ReceivedCall, answer: Response | Fault, taken: Sequence[AcceptedMessage]
    ) -> None:
        """Keep messages that were taken, or may have been for all that the client can know."""
        found = {one.recipient: one for one in taken}
        ends = None if isinstance(answer, Fault) else self._conclusions.of(call, answer)
        for number, message in enumerate(call.messages):
            if isinstance(answer, Fault):
                outcome = answer.ends.outcome
                clean = bool(answer.answer) and outcome in (Outcome.ACCEPTED, None)
            elif ends is not None:
                outcome = ends[number].outcome
                clean = outcome is Outcome.ACCEPTED
            kept = found.get(message.recipient)
            if kept is None and outcome in (Outcome.NOT_SENT, Outcome.REJECTED):
                continue
            if kept and kept.log and not clean:
                kept.log.outcome = outcome or Outcome.UNKNOWN
            acceptance = Acceptance(
                recipient=message.recipient,
                text=message.text,
                reference=call.values.get("reference", ""),
                clean=clean,
                id=kept.id if kept else "",
            )
            self._provider.evidence.accepted.append(acceptance)

    def _note(self, leniency: str) -> None:
        self._provider.notes[leniency] += 1
        if not leniency.startswith(REFUSED):
            self._kept.notes.append(leniency)


def is_taken_untold(message: Message) -> bool:
    """Return whether a magic number says that a message is taken, and the client never told."""
    rule = recipient_rule(message.recipient)
    return bool(rule and rule.fault) and fault(rule.fault if rule else "").taken
