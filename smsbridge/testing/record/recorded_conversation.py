"""Which exchanges belong to one conversation, and so to one file.

One call of an operation is a conversation, with the call that got its token and with its repeats:
the same request on the same connection or with another token, after a refusal or a fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from smsbridge.testing.record.decode import DecodedExchange
from smsbridge.testing.record.field_names import is_secretive, named_values
from smsbridge.testing.record.redact import LEAST

_REPEATABLE = frozenset((401, 403, 408, 421, 425, 429, 500, 502, 503, 504))


@dataclass(slots=True)
class RecordedConversation:
    """What is written to one file: ``exchanges`` in order, token calls among them."""

    exchanges: list[DecodedExchange] = field(default_factory=list)

    @property
    def main(self) -> DecodedExchange:
        """The exchange that it is about: the last one, apart from token calls."""
        calls = [one for one in self.exchanges if not one.is_token_call]
        return calls[-1] if calls else self.exchanges[-1]


def divide(
    before: Sequence[DecodedExchange], exchanges: Sequence[DecodedExchange]
) -> list[RecordedConversation]:
    """Return the conversations of what was recorded, by the order of their first calls.

    ``before``: token calls of earlier files, which a conversation may need.
    """
    found: list[RecordedConversation] = []
    tokens = {word: one for one in before for word in _tokens_of(one)}
    used: set[int] = set()
    for one in exchanges:
        if one.is_token_call:
            tokens |= dict.fromkeys(_tokens_of(one), one)
            continue
        bringing = [tokens[word] for word in _words_of(one) if word in tokens]
        used |= {id(token) for token in bringing}
        begun = next((each for each in reversed(found) if _goes_on(each, one)), None)
        if begun is None:
            begun = RecordedConversation()
            found.append(begun)
        known = {id(each) for each in begun.exchanges}
        begun.exchanges += [token for token in bringing if id(token) not in known]
        begun.exchanges.append(one)
    left = [one for one in exchanges if one.is_token_call and id(one) not in used]
    return [*found, *(RecordedConversation([one]) for one in left)]


def join(
    exchanges: Sequence[DecodedExchange], before: Sequence[DecodedExchange]
) -> RecordedConversation:
    """Return one conversation of all exchanges, with the earlier token calls that they need."""
    tokens = {word: one for one in before if one.is_token_call for word in _tokens_of(one)}
    needed = [tokens[word] for one in exchanges for word in _words_of(one) if word in tokens]
    first = list({id(one): one for one in needed}.values())
    return RecordedConversation([*first, *exchanges])


def _goes_on(begun: RecordedConversation, one: DecodedExchange) -> bool:
    """Return whether a request repeats what a conversation asked without success."""
    last = begun.main
    status = last.response.get("status", 200)
    in_vain = "fault" in last.response or status in _REPEATABLE
    return in_vain and _without_headers(last) == _without_headers(one)


def _without_headers(one: DecodedExchange) -> Mapping[str, Any]:
    """Return a request without what says who asks."""
    return {key: part for key, part in one.request.items() if key != "headers"}


def _tokens_of(one: DecodedExchange) -> Iterator[str]:
    for name, word in named_values(one.response):
        if is_secretive(name) and len(str(word)) >= LEAST:
            yield str(word)


def _words_of(one: DecodedExchange) -> Iterator[str]:
    """Yield the texts of a request that may be a token; of a header also its last word."""
    for name, word in named_values(one.request):
        yield str(word)
        if name == "authorization":
            yield str(word).rpartition(" ")[2]
