"""Answers that have one word of a table, for the clauses about words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from smsbridge.http.exchange import Request, Response
from smsbridge.mapping.codec import Unwritable
from smsbridge.mapping.operation import Operation, Question
from smsbridge.mapping.path import ANSWER, STATUS, nest
from smsbridge.mapping.words import words_of
from smsbridge.serving.answers import AnswerWriter, first_pairs, row_of, word_of
from smsbridge.serving.call import ReceivedCall
from smsbridge.serving.rest import ProviderRest, json_response
from smsbridge.testing.contract.conversation import Conversation, converse

if TYPE_CHECKING:
    from smsbridge.testing.contract.subject import Subject

_NO = ("no", "0", "1", "FAILED")


def hear(
    subject: Subject, operation: str, words: Mapping[str, Any], *, whole: bool = False
) -> Conversation:
    """Return the conversation in which an operation is answered by words at their paths.

    Where a call has several recipients, they are the words of a row, unless ``whole``. Raises
    `Unwritable` where no valid answer has them.
    """
    impossible: list[Exception] = []

    def answer(request: Request, call: ReceivedCall) -> Response | None:
        if call.operation != operation or not call.known:
            return None
        try:
            return _write(request, call, words, whole=whole)
        except Unwritable as error:
            impossible.append(error)
            return None

    talk = converse(subject, subject.do(operation), answer=answer)
    if impossible:
        raise Unwritable
    return talk


def _write(
    request: Request, call: ReceivedCall, words: Mapping[str, Any], *, whole: bool
) -> Response:
    codec = call.protocol.codec
    if STATUS in words:
        return json_response(int(words[STATUS]), {})
    if call.message and isinstance(call.table, Operation) and call.table.rows and not whole:
        words = {call.table.rows: [row_of(call.table, words, call.message.recipient)]}
    if isinstance(codec, ProviderRest):
        return codec.write(request, call.table.call, nest(dict(words)))
    return AnswerWriter(codec, request, call.table.call).answer(dict(words))


def refusals(subject: Subject, operation: str, path: str, word: str) -> Iterator[Mapping[str, Any]]:
    """Yield answers that have a word of refusal, and as far as possible no mark of success."""
    table = subject.table.operations()[operation]
    marks = [one for one in table.taken.match if one not in (path, STATUS, ANSWER)]
    if path == STATUS or path.startswith("fault.") or not marks:
        yield {path: word}
        return
    for other in _NO:
        yield {**{mark: other for mark in marks if _differs(table, mark, other)}, path: word}
    yield {path: word}


def _differs(table: Operation | Question, mark: str, word: str) -> bool:
    return not {word, "*"} & {*words_of(table.taken.match[mark])}


def acceptance(subject: Subject, operation: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer that has the marks of success of an operation, and more words."""
    table = subject.table.operations()[operation]
    words: dict[str, Any] = {
        path: word_of(word, "1") for path, word in first_pairs(table.taken) if path != STATUS
    }
    if isinstance(table, Operation) and table.accepted.id and table.accepted.id not in words:
        words[table.accepted.id] = "7"
    return words | dict(more)
