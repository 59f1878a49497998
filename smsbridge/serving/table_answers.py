"""Writes answers to a call by its table: an acceptance, rows, or a refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any

from smsbridge.mapping.filters import TIME_FILTERS, one_text
from smsbridge.mapping.operation import Operation, Question
from smsbridge.mapping.path import STATUS
from smsbridge.mapping.template import RECIPIENTS, names, render
from smsbridge.mapping.words import When, word_at
from smsbridge.message import Status
from smsbridge.serving.answers import AnswerWriter, first_pairs, row_of, word_of
from smsbridge.serving.example_answers import NO_EXAMPLES, ExampleAnswers

if TYPE_CHECKING:
    from smsbridge.http.exchange import Request, Response
    from smsbridge.serving.call import ReceivedCall
    from smsbridge.serving.codec import ProviderCodec

FAILURES = (Status.UNDELIVERED, Status.REJECTED)
StatusWord = Callable[[Mapping[str, Status], Status | None], str | None]
"""Returns the word for a status from a table's; None to leave it out."""


def writer_of(request: Request, call: ReceivedCall) -> AnswerWriter:
    """Return a writer of answers to a call."""
    return AnswerWriter(call.protocol.codec, request, call.table.call)


def fits_id(codec: ProviderCodec, table: Operation, known: str) -> bool:
    """Return whether an id has the form that the table, or the contract's sample, requires."""
    marker = table.accepted
    if not marker.id:
        return True
    sample = word_at(codec.sample(table.call), marker.id)
    wanted = When({"id": marker.match.get(marker.id, "*")})
    return not (sample or "").isdigit() and wanted.holds({"id": known})


def number_in(table: Operation | None, number: str) -> str:
    """Return a number as a call that sends has it, if a field has it alone: with or without +."""
    for template in table.places().values() if table else ():
        if isinstance(template, str) and {*names(template)} in ({"recipient"}, {RECIPIENTS}):
            return one_text(render(template, {"recipient": number, RECIPIENTS: [number]}))
    return number


@dataclass(frozen=True, slots=True, kw_only=True)
class TableAnswers:
    """Writes answers for a backend. ``statuses``: its words; ``status_word`` chooses one.

    ``zone``: of times that have none, UTC by default. ``examples``: the provider's documented
    answers to a send.
    """

    statuses: Mapping[str, Status]
    status_word: StatusWord
    zone: tzinfo | None = None
    examples: ExampleAnswers = NO_EXAMPLES

    def acceptance(
        self, request: Request, call: ReceivedCall, known: str, status: Status | None
    ) -> Response:
        """Return the answer to an accepted call, with an id, and a status if there is one."""
        table = call.table
        if not isinstance(table, Operation):
            raise TypeError(f"{table.call} takes nothing")
        words = self.yes_words(call, table, known, status)
        if not table.rows:
            return self._yes(request, call, table, words)
        to = call.message.recipient if call.message else ""
        return self.acceptances(request, call, [(to, known)], status)

    def _yes(
        self, request: Request, call: ReceivedCall, table: Operation, words: Mapping[str, Any]
    ) -> Response:
        writer = writer_of(request, call)
        examples = self.examples if call.operation == "send" else NO_EXAMPLES
        if call.protocol.codec.needs_wsdl:
            return writer.answer(words, table.rejected)
        typed = {
            path: examples.in_its_type(path, word) for path, word in words.items() if path != STATUS
        }
        answer = examples.in_its_text(writer.answer({**words, **typed}, table.rejected), typed)
        return answer if STATUS in words else replace(answer, status=examples.status_of_yes())

    def acceptances(
        self,
        request: Request,
        call: ReceivedCall,
        taken: Sequence[tuple[str, str]],
        status: Status | None,
    ) -> Response:
        """Return the answer to a call to several recipients: a row with an id for each."""
        table = call.table
        if not isinstance(table, Operation):
            raise TypeError(f"{table.call} takes nothing")
        rows, of_all = [], dict[str, Any]()
        for recipient, known in taken:
            words = self.yes_words(call, table, known, status)
            of_all = {path: words.pop(path) for path in (STATUS,) if path in words}
            rows.append(row_of(table, words, number_in(table, recipient)))
        return writer_of(request, call).answer({table.rows: rows, **of_all})

    def yes_words(
        self, call: ReceivedCall, table: Operation, known: str, status: Status | None
    ) -> dict[str, Any]:
        """Return the words, by path, that accept a message under an id."""
        marker, sample = table.accepted, call.protocol.codec.sample(table.call)
        words: dict[str, Any] = {
            path: word_of(word, word_at(sample, path) or "1") for path, word in first_pairs(marker)
        }
        if marker.id:
            words[marker.id] = known
        if marker.status and marker.status not in words:
            said = self.status_word(self.statuses, status)
            words |= {} if said is None else {marker.status: said}
        return words

    def rows(
        self, request: Request, call: ReceivedCall, found: Sequence[Mapping[str, Any]]
    ) -> Response:
        """Return the answer to a question, from rows by our names; ``at`` is in ISO 8601."""
        table = call.table
        if not isinstance(table, Question):
            raise TypeError(f"{table.call} asks nothing")
        words = dict(self._words(table, found))
        return writer_of(request, call).answer(words, table.rejected)

    def _words(
        self, table: Question, found: Sequence[Mapping[str, Any]]
    ) -> Iterator[tuple[str, Any]]:
        for path, word in first_pairs(table.answered):
            yield path, word_of(word, "1")
        if table.rows and not found:
            yield table.rows, []
        for number, words in enumerate(found):
            prefix = f"{table.rows}[{number}]." if table.rows else ""
            for path, word in self._row(table, words):
                yield prefix + path, word

    def _row(self, table: Question, words: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yield the words of a row, each at the first path where the table looks for it."""
        status = words["status"]
        for name in table.row:
            path, *more = table.paths(name)[0].split(" ")
            if name == "status":
                said = self.status_word(table.statuses or self.statuses, status)
                if said is not None:
                    yield path, said
            elif name == "at":
                yield path, self._time(table.time_format, path, words[name])
            elif name in words and not more:
                yield path, words[name]
        if status in FAILURES:
            by_provider = status is Status.REJECTED and table.refused.match
            marks = table.refused if by_provider else table.failed
            for path, word in first_pairs(marks):
                yield path, word_of(word, words["error"])

    def _time(self, form: str, path: str, iso: str) -> str | int:
        """Return a time in the format of a table, or as a field of that name would have it."""
        time = datetime.fromisoformat(iso)
        if "%" in form:
            return time.astimezone(self.zone or UTC).strftime(form)
        if not form and "timestamp" not in path:
            return iso
        return int(TIME_FILTERS[form or "epoch"](time))
