"""Writes what a provider would answer, from its table, for the mock. ASSUMED, never observed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from smsbridge.errors import Reason
from smsbridge.http.exchange import Response
from smsbridge.mapping.codec import SoapFault, Unwritable
from smsbridge.mapping.path import ANSWER, STATUS, nest
from smsbridge.mapping.words import When, ends_of, pattern_of, word_at, words_of
from smsbridge.serving.example_answers import NO_EXAMPLES, ExampleAnswers

if TYPE_CHECKING:
    from smsbridge.http.exchange import Request
    from smsbridge.mapping.operation import Operation
    from smsbridge.message import Status
    from smsbridge.serving.codec import ProviderCodec


_NO_CONTENT = "204"


@dataclass(frozen=True, slots=True)
class AnswerWriter:
    """Writes answers to one call: its codec, request and name.

    ``without``: a path to leave out unless it is given or the contract requires it. ``examples``:
    the provider's documented answers.
    """

    codec: ProviderCodec
    request: Request
    call: str
    without: str = ""
    examples: ExampleAnswers = NO_EXAMPLES

    def answer(
        self, words: Mapping[str, Any], rejected: Mapping[str, Mapping[str, Reason]] | None = None
    ) -> Response:
        """Return an answer with each word at its path, based on a valid sample.

        ``rejected``: words that the sample must not have, since they mean a refusal.
        """
        if STATUS in words:
            others = {path: word for path, word in words.items() if path != STATUS}
            if words[STATUS] == _NO_CONTENT:
                return Response(status=int(_NO_CONTENT))
            return replace(self.answer(others, rejected), status=int(words[STATUS]))
        if any(path.startswith("fault.") for path in words):
            told = SoapFault(nest(words))
            if "detail" in told["fault"]:
                return self.codec.write(self.request, self.call, told)
            code, string = words.get("fault.code", "Client"), words.get("fault.string", "refused")
            return self.codec.fault(self.request, str(code), str(string))
        given = nest({path: word for path, word in words.items() if path != ANSWER})
        sample = self.codec.sample_beside(self.call, given)
        harmless = {
            path: _other(word_at(sample, path), no) for path, no in (rejected or {}).items()
        }
        said = {path: word for path, word in harmless.items() if word is not None}
        if self.without and self.without not in words:
            less = merge(merge(_less(sample, self.without.split(".")), nest(said)), given)
            with suppress(Unwritable):
                return self.codec.write(self.request, self.call, less)
        whole = merge(merge(sample, nest(said)), given)
        return self.codec.write(self.request, self.call, whole)

    def refusal(
        self, rejected: Mapping[str, Mapping[str, Reason]], reasons: tuple[Reason, ...]
    ) -> Response:
        """Return an answer for one of the reasons; the codec's own refusal if none has a word."""
        others = {path: words for path, words in rejected.items() if path != STATUS}
        for reason in reasons:
            status = _first_word(rejected.get(STATUS, {}), reason)
            for path, words in others.items():
                word = _first_word(words, reason)
                if word is None:
                    continue
                with suppress(Unwritable):  # the format may have no place for it
                    typed = {
                        path: word
                        if self.codec.needs_wsdl
                        else self.examples.in_its_type(path, word)
                    }
                    answer = self.examples.in_its_text(self.answer(typed), typed)
                    if status or self.examples.answers:
                        known = status or self.examples.status_of_no(path, word, reason)
                        answer = replace(answer, status=int(known))
                    return answer
            if status:
                return self.answer({STATUS: status})
        return self.codec.deny(self.request, reasons[0])


def _first_word(words: Mapping[str, Reason], reason: Reason) -> str | None:
    found = (word for word, meant in words.items() if meant is reason and word != "*")
    return next((ends_of(word)[0] for word in found), None)


def _less(tree: Any, steps: Sequence[str]) -> Any:
    """Return nested words without the one at a path."""
    first, *others = steps
    if not isinstance(tree, Mapping) or first not in tree:
        return tree
    kept = {name: word for name, word in tree.items() if name != first}
    return {**kept, first: _less(tree[first], others)} if others else kept


def merge(tree: Any, over: Any) -> Any:
    """Return nested words with others merged over them."""
    if isinstance(tree, Mapping) and isinstance(over, Mapping):
        return {**tree, **{name: merge(tree.get(name), value) for name, value in over.items()}}
    if isinstance(tree, list) and isinstance(over, Mapping) and tree:
        return [merge(tree[0], over)]
    if isinstance(tree, Mapping | list) and isinstance(over, list):
        sample = tree if isinstance(tree, Mapping) else next(iter(tree), None)
        return [merge(sample, item) for item in over]
    return over


def _other(word: str | None, refusing: Mapping[str, Reason]) -> str | None:
    """Return a replacement for a sample that would mean a refusal; None if it wouldn't."""
    if word is None or word not in refusing:
        return None
    numbers = (str(number) for number in range(len(refusing) + 1))
    others = numbers if word.lstrip("-").isdigit() else ("ok", "fine", "done")
    return next((other for other in others if other not in refusing), None)


def row_of(table: Operation, words: Mapping[str, Any], recipient: str) -> dict[str, Any]:
    """Return a recipient's row with each word at its path."""
    path = table.paths("recipient")[0].split(" ")[0]
    return nest({**words, path: recipient})


def first_pairs(marks: When) -> Iterator[tuple[str, str]]:
    """Yield each path of some markers, with a word that fits there."""
    yield from ((path, words_of(said)[0]) for path, said in marks.match.items())


def status_words(table: Mapping[str, Status]) -> dict[Status, str]:
    """Return a word for each status of a table."""
    return {status: ends_of(word)[0] for word, status in table.items()}


def word_of(marker: str, sample: str) -> str:
    """Return a word that a success marker matches; ``sample`` if it matches many."""
    if marker == "*" or pattern_of(marker) is not None:
        return sample
    return marker
