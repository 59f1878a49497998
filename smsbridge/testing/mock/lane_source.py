"""What a page shows of a lane of a mock: what its control URLs answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from smsbridge.http.exchange import Response
from smsbridge.page.source import CannotShow, Document, Example, Wanted
from smsbridge.testing.mock import control_answers
from smsbridge.testing.mock.control_input import Asked, BadAsk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from smsbridge.testing.mock.provider import Provider

_NOT_FOUND = 404


class LaneSource:
    """A `PageSource` of one lane."""

    def __init__(self, lane: Provider, examples: Callable[[], Sequence[Example]]) -> None:
        """``examples`` returns the lines that make the first message."""
        self._lane = lane
        self._examples = examples

    def name(self) -> str:
        """Return the name of the backend that is played."""
        return self._lane.backend.name

    def lanes(self) -> Sequence[str]:
        """Return the names of all lanes; the first one's is empty."""
        return [one.lane for one in self._lane.lanes.all()]

    def messages(self, wanted: Wanted) -> Sequence[Document]:
        """Return the messages that are wanted, the newest first."""
        asked = {**wanted.filters, "last": str(wanted.last)}
        found: list[Document] = self._ask(control_answers.messages, asked)
        return found[::-1]

    def message(self, known: str) -> Document:
        """Return one message by its id, with the ``replies`` that came from its recipient."""
        lane = self._lane
        with lane.lock:
            lane.settle()
            found = next((one for one in reversed(lane.messages) if one.id == known), None)
            if found is None:
                raise CannotShow(_NOT_FOUND, "no message of this lane has that id")
            came: list[Document] = self._ask(control_answers.received, {})
            replies = [one for one in came if one["sender"] == found.recipient]
            return {**control_answers.message_document(lane, found), "replies": replies}

    def requests(self, last: int) -> Document:
        """Return the newest requests, the newest first, and how many are no longer kept."""
        found = self._ask(control_answers.requests, {"last": str(last)})
        return {**found, "requests": found["requests"][::-1]}

    def request(self, known: str) -> Document:
        """Return one request by its id, with all that is known of it."""
        found: Document = self._ask(control_answers.one_request, {}, known)
        return found

    def scenario(self) -> Document:
        """Return what is played, how far it is, and what else could be played."""
        playable = self._ask(control_answers.playable, {})
        return {**self._ask(control_answers.scenario, {}), "playable": playable}

    def state(self) -> Document:
        """Return the faults, the delay, the clock and the webhook of the lane."""
        every = self._ask(control_answers.lanes, {})["lanes"]
        found: Document = next(one for one in every if one["lane"] == self._lane.lane)
        return found

    def verdict(self) -> Document:
        """Return the verdict on the clients of the lane."""
        found: Document = self._ask(control_answers.verify, {})
        return found

    def examples(self) -> Sequence[Example]:
        """Return the lines that make the first message, in several languages."""
        return self._examples()

    def _ask(
        self,
        answer: Callable[[Provider, Asked], Any],
        parameters: Mapping[str, str],
        known: str = "",
    ) -> Any:
        """Return what a control URL answers."""
        try:
            found = answer(self._lane, Asked(parameters=parameters, given={}, known=known))
        except BadAsk as error:
            raise CannotShow(error.status, str(error)) from None
        return json.loads(found.body) if isinstance(found, Response) else found
