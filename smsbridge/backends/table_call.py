"""One call of a backend: made by its table, and what the answer to it proves."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from smsbridge.auth.token import TokenRefused
from smsbridge.backends.config_fields import keys_of_type
from smsbridge.errors import Attempt, CallRecord, NoAnswer, OutcomeUnknown, Rejected, SendError
from smsbridge.http.call_record import HTTPCall, keep_calls, record_of
from smsbridge.http.exchange import Broken
from smsbridge.mapping.discretion import PRIVATE_VALUES, Privacy, TableDiscretion
from smsbridge.mapping.operation import Operation, Question
from smsbridge.mapping.outcome import Case, SendEnd, end_of_break, judge, rejection
from smsbridge.mapping.recipient_rows import judge_rows
from smsbridge.mapping.request import make_call, read_answer
from smsbridge.mapping.template import TIME_ZONE
from smsbridge.message import Message, Submission
from smsbridge.text.masking import codes_alone
from smsbridge.text.secrets import Secret

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.http.exchange import Exchange, Response, Session

T = TypeVar("T")
End = TypeVar("End", Submission, SendError, NoAnswer, Submission | SendError)
LOG = logging.getLogger("smsbridge")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCall:
    """One call by a table of a backend, in a session; ``message`` is what it sends, if it does.

    ``calls``: what was said; calls that send by one request share it.
    """

    backend: Backend
    table: Operation | Question
    attempt: Attempt
    session: Session
    message: Message | None = None
    calls: list[HTTPCall] = field(default_factory=list, repr=False)

    def send(self, values: Mapping[str, Any]) -> Exchange[SendEnd]:
        """Make a call that may not be repeated, and return how it ended."""
        try:
            end = yield from self._carry(values, self._judge_answer)
        except Broken as error:
            end = end_of_break(error, self.attempt)
        return self._end(end, values)

    def send_to_each(
        self, others: Sequence[TableCall], values: Mapping[str, Any]
    ) -> Exchange[list[SendEnd]]:
        """Make one call for several messages, and return how it ended for each."""
        each = (self, *others)

        def conclude(said: Response | TokenRefused) -> list[SendEnd]:
            if isinstance(said, TokenRefused):
                return [one.refusal(said) for one in each]
            return self.judge_each(others, said)

        ends: list[SendEnd]
        try:
            ends = yield from self._carry(values, conclude)
        except Broken as error:
            ends = [end_of_break(error, one.attempt) for one in each]
        return self._end_each(ends, values)

    def with_its_start(self, error: SendError) -> SendError:
        """Return an error; an unknown outcome with the earliest time at which it may have left."""
        if not isinstance(error, OutcomeUnknown):
            return error
        longest = timedelta(seconds=self.backend.timeout)  # it may have waited before it left
        earliest = self.session.now() - longest
        attempt = replace(error.attempt, started=max(error.attempt.started, earliest))
        unknown = OutcomeUnknown(error.why, attempt)
        unknown.exchange = error.exchange
        return unknown

    def ask(self, values: Mapping[str, Any]) -> Exchange[Submission]:
        """Make a call that may be repeated; raises `NoAnswer` or `Rejected`."""
        try:
            outcome = yield from self._carry(values, self._judge_answer)
        except Broken as error:
            raise self._end(self._no_answer(error), values) from None
        if isinstance(outcome, Submission):
            return self._end(outcome, values)
        if isinstance(outcome, Rejected):
            raise self._end(outcome, values)
        raise self._end(self._no_answer(outcome), values)

    def judge(self, response: Response) -> SendEnd:
        """Return what an answer proves, by the words of the table."""
        return self.judge_each((), response)[0]

    def judge_each(self, others: Sequence[TableCall], response: Response) -> list[SendEnd]:
        """Return what one answer proves for each of several messages."""
        each = (self, *others)
        try:
            return self._judge_each(each, response)
        except Exception as error:  # noqa: BLE001  (the message has left, so return an outcome)
            why = f"the answer can't be judged: {type(error).__name__}"
            return [OutcomeUnknown(why, one.attempt) for one in each]

    def _judge_each(self, each: Sequence[TableCall], response: Response) -> list[SendEnd]:
        backend, table = self.backend, self.table
        protocol = backend.protocols[backend.protocol]
        marks = table.plan.marks(backend.statuses)
        case = Case(
            words=marks.words if self.attempt.reference else marks.later,
            attempt=self.attempt,
            now=self.session.now(),
            scheme=protocol.auth.scheme,
            mask=self._mask(_refusals(table), each),
        )
        codec, site, words = protocol.codec_of(table), backend.site(), marks.spellings
        answer = read_answer(codec, table.call, response, site, self.session, words)
        if isinstance(table, Operation) and table.rows:
            cases = {
                one.message.recipient: replace(case, attempt=one.attempt)
                for one in each
                if one.message
            }
            return judge_rows(table, response, answer, cases)
        return [judge(response, answer, case)]

    def _judge_answer(self, said: Response | TokenRefused) -> SendEnd:
        if isinstance(said, TokenRefused):
            return self.refusal(said)
        return self.backend.outcome(self.table, self.message, said, self.session, self.attempt)

    def refusal(self, error: TokenRefused) -> SendEnd:
        """Return what it means that the call got no token."""
        code = self._mask(error.known)(error.code)
        why = error.why or f"the token call was refused: {code!r}"
        return rejection(why, self.attempt, error.reason, code)

    def _carry(
        self, values: Mapping[str, Any], conclude: Callable[[Response | TokenRefused], T]
    ) -> Exchange[T]:
        """Make the call, and return what is concluded from a whole answer; raises `Broken`."""
        try:
            return conclude((yield from self._talk(values)))
        except Broken:
            raise
        except BaseException:  # such as an interruption: what is known of it is in the log alone
            if _is_asked():
                self._exchange(values)
            raise

    def _talk(self, values: Mapping[str, Any]) -> Exchange[Response | TokenRefused]:
        backend, session = self.backend, self.session
        protocol = backend.protocols[backend.protocol]
        try:
            yield from keep_calls(backend.ready(session), self.calls)
            values = {**backend.values, **values, TIME_ZONE: backend.zone()}
            credentials, site = backend.credentials(), backend.site()
            call = make_call(protocol, self.table, values, credentials, site, session)
            return (yield from keep_calls(call, self.calls))
        except TokenRefused as error:
            return error.with_traceback(None)

    def _end(self, end: End, values: Mapping[str, Any]) -> End:
        """Return an end with what was said, masked.

        An accepted send keeps it only if the logger is at DEBUG: masking it costs more than half as
        much as the send did.
        """
        known = end.id if isinstance(end, Submission) else None
        if known is not None and self.message is not None and not _is_asked():
            return end
        exchange = self._exchange(values, known)
        if isinstance(end, Submission):
            return replace(end, exchange=exchange)
        end.exchange = exchange
        return end

    def _end_each(self, ends: list[SendEnd], values: Mapping[str, Any]) -> list[SendEnd]:
        """Return the ends of several messages with what was said, masked once."""
        if all(isinstance(end, Submission) for end in ends) and not _is_asked():
            return ends
        exchange = self._exchange(values, *(end.id for end in ends if isinstance(end, Submission)))
        shown = _is_asked()
        for number, end in enumerate(ends):
            if isinstance(end, SendError):
                end.exchange = exchange
            elif shown or end.id is None:
                ends[number] = replace(end, exchange=exchange)
        return ends

    def _exchange(self, values: Mapping[str, Any], *known: str | None) -> tuple[CallRecord, ...]:
        """Return what was said, masked; it is logged at DEBUG."""
        try:
            discretion = self._discretion(values, known)
            kept = tuple(record_of(call, discretion) for call in self.calls)
        except Exception:  # noqa: BLE001  (nothing may be shown that was not masked)
            return ()
        if kept and _is_asked():
            name, protocol = self.backend.name, self.backend.protocol
            said = "\n".join(map(str, kept))
            extra = {"backend": name, "protocol": protocol, "exchange": said}
            LOG.debug("exchange (%s over %s)", name, protocol, extra=extra)
        return kept

    def _discretion(
        self, values: Mapping[str, Any], known: Collection[str | None]
    ) -> TableDiscretion:
        backend, table = self.backend, self.table
        protocol = backend.protocols[backend.protocol]
        given = (values.get(name) for name in PRIVATE_VALUES)
        tokens = tuple(self.session.hidden)
        secrets = {*backend.secrets(), *backend.credentials().values(), *tokens}
        said = chain(*(one if isinstance(one, list) else [one] for one in given if one))
        private = [*secrets, *map(str, said)]
        blind = self.message is None
        tables = protocol.operations().values() if blind else [table]
        words = _words_of(table) | backend.statuses.keys() | {one for one in known if one}
        return TableDiscretion(
            table=table,
            auth=protocol.auth,
            privacy=Privacy.of(private, tables, protocol.auth, keys_of_type(backend, Secret)),
            known=frozenset(words),
            blind=blind,
        )

    def _mask(self, known: Collection[str], each: Sequence[TableCall] = ()) -> Callable[[str], str]:
        """Return a function that shows a word of the provider if it is known or a short code."""
        messages = [one.message for one in each or (self,) if one.message]
        private = {word for one in messages for word in (one.recipient, one.text)}
        return codes_alone([*self.backend.secrets(), *self.session.hidden, *private], known)

    def _no_answer(self, outcome: SendError | Broken) -> NoAnswer:
        retry, after = getattr(outcome, "retry", True), getattr(outcome, "retry_after", None)
        name, protocol = self.backend.name, self.backend.protocol
        return NoAnswer(outcome.why, name, protocol=protocol, retry=retry, retry_after=after)


def _is_asked() -> bool:
    """Return whether anything wants to see the exchange, such as the option ``-v``."""
    return LOG.isEnabledFor(logging.DEBUG)


def _words_of(table: Operation | Question) -> set[str]:
    """Return the words of an answer that a table names."""
    untaken = getattr(table, "not_sent", {}).values()
    statuses = getattr(table, "statuses", {})
    return {
        *_refusals(table),
        *(word for _, word in table.taken.pairs()),
        *statuses,
        *chain(*untaken),
    }


def _refusals(table: Operation | Question) -> frozenset[str]:
    """Return the words of refusal that a table names."""
    return frozenset(word for reasons in table.rejected.values() for word in reasons)
