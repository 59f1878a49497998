"""A live answer beside that of a fixture, and what became of the interaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from smsbridge.backends.base import Backend
from smsbridge.codecs.soap.codec import Soap
from smsbridge.http.exchange import Request, Response, Session
from smsbridge.mapping.codec import SoapFault, Unreadable
from smsbridge.mapping.operation import Operation, Question, spellings
from smsbridge.mapping.path import LIST
from smsbridge.serving.call import ReceivedCall, read_call
from smsbridge.serving.provider_protocol import provider_protocols
from smsbridge.serving.soap import ProviderSoap
from smsbridge.testing.drift.compare import Comparison, Deviation, Grade, TableWords, captures
from smsbridge.testing.fixture.load import Interaction
from smsbridge.testing.fixture.scenario import Scenario
from smsbridge.text.json_document import BadJSON, read_json
from smsbridge.text.masking import codes_alone

_REFUSED = (401, 403)
_TROUBLE = (408, 421, 425, 429)
_SERVER_ERROR = 500


class Agreement(StrEnum):
    """How asking the live service again ended.

    ``agrees``; ``drifts``; ``empty``: it had no rows to compare; ``not asked``: see its reason.
    """

    AGREES = "agrees"
    DRIFTS = "drifts"
    EMPTY = "empty"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveInteraction:
    """What became of one safe interaction. ``why``: what kept it from being asked, or compared."""

    fixture: str
    interaction: str
    verdict: Agreement
    differences: tuple[Deviation, ...] = ()
    why: str = ""


@dataclass
class LiveAnswer:
    """A live answer beside that of its interaction."""

    backend: Backend
    interaction: Interaction
    scenario: Scenario
    request: Request
    response: Response

    def judge(self, made: LiveInteraction) -> LiveInteraction:
        """Return what became of the interaction."""
        status, live = self._expected_status(), self.response.status
        if live != status and (why := _trouble(live)) and not self._is_fault():
            return replace(made, why=f"HTTP {live}: {why}")
        comparison = Comparison(words=self._words(), show=codes_alone(self.backend.secrets()))
        if live != status and not self._is_fault():
            comparison.note(Grade.CHANGED, "#status", f"is {live}, and was {status}")
        self._compare_headers(comparison)
        self._compare_bodies(comparison)
        order = list(Grade)
        found = sorted(
            comparison.found.values(), key=lambda one: (order.index(one.grade), one.path)
        )
        if found:
            return replace(made, verdict=Agreement.DRIFTS, differences=tuple(found))
        if comparison.empty:
            return replace(made, verdict=Agreement.EMPTY, why="; ".join(comparison.empty))
        return replace(made, verdict=Agreement.AGREES)

    def _is_fault(self) -> bool:
        """Return whether it is a SOAP fault, which says more than its status."""
        codec = self._soap()
        if codec is None:
            return False
        try:
            return isinstance(self._decode(codec, self._operation(codec), self.response), SoapFault)
        except Unreadable:
            return False

    @property
    def _given(self) -> Mapping[str, Any]:
        return self.interaction.response or {}

    def _expected_status(self) -> int:
        if "fault" in self._given.get("soap", {}):
            return int(self._given.get("status", _SERVER_ERROR))
        return int(self._given.get("status", 200))

    def _compare_headers(self, comparison: Comparison) -> None:
        for name in self._given.get("headers", {}):
            if not self.response.header(name):
                comparison.note(Grade.REMOVED, f"header {name.lower()}", "is gone")

    def _compare_bodies(self, comparison: Comparison) -> None:
        codec = self._soap()
        if codec is not None and ("soap" in self._given or self.interaction.reply is not None):
            self._compare_envelopes(codec, comparison)
            return
        if self.interaction.reply is None and "json" not in self._given:
            return
        reply = self.interaction.reply
        expected = self._given.get("json") if reply is None else reply.get(LIST, reply)
        try:
            live = read_json(self.response.body, self.response.header("content-type"))
        except BadJSON:
            comparison.note(Grade.CHANGED, "the answer", "is not JSON")
            return
        comparison.compare(expected, live)
        self.scenario.minted |= dict(captures(expected, live))

    def _compare_envelopes(self, codec: ProviderSoap, comparison: Comparison) -> None:
        name = self._operation(codec)
        given = self._given.get("soap", {"result": self.interaction.reply})
        filled = self.scenario.fill_all(given)
        result = SoapFault(fault=filled["fault"]) if "fault" in filled else filled["result"]
        own = codec.write(self.request, name, result)
        try:
            expected, live = (
                self._decode(codec, name, own),
                self._decode(codec, name, self.response),
            )
        except Unreadable:
            comparison.note(Grade.CHANGED, "the answer", "is not an envelope of this operation")
            return
        was, now = isinstance(expected, SoapFault), isinstance(live, SoapFault)
        if was != now:
            said = "is a SOAP fault" if now else "is no longer a SOAP fault"
            comparison.note(Grade.CHANGED, "the answer", said)
            return
        comparison.compare(expected, live)

    def _decode(self, codec: ProviderSoap, name: str, answer: Response) -> Mapping[str, Any]:
        table = self._table()
        words = spellings(table, self.backend.statuses) if table else None
        return codec.codec.decode(self.backend.site(), Session(), name, answer, words)

    def _operation(self, codec: ProviderSoap) -> str:
        pattern = self.interaction.request or {}
        if "soap" in pattern:
            return str(pattern["soap"]["operation"])
        table = self._table()
        return table.call if table else codec.call_by_head(self.request)

    def _soap(self) -> ProviderSoap | None:
        protocol = self.backend.protocols[self.backend.protocol]
        if not isinstance(protocol.codec, Soap):
            return None
        return ProviderSoap(protocol.codec, self.backend.site())

    def _table(self) -> Operation | Question | None:
        protocols = provider_protocols(self.backend)
        call = read_call(self.backend, protocols, self.request, (), lambda _: None)
        return call.table if isinstance(call, ReceivedCall) else None

    def _words(self) -> TableWords:
        table = self._table()
        if table is None:
            return TableWords()
        prefix = f"{table.rows}." if isinstance(table, Question) and table.rows else ""
        statuses: list[str] = []
        if isinstance(table, Question) and "status" in table.row:
            statuses = [prefix + path for path in table.paths("status")]
        own = table.statuses if isinstance(table, Question) else {}
        every = self.backend.protocols[self.backend.protocol].operations().values()
        return TableWords(
            marks=frozenset(path for one in every for path in (*one.taken.match, *one.rejected)),
            statuses=frozenset(statuses),
            known=frozenset(own or self.backend.statuses),
        )


def _trouble(status: int) -> str:
    """Return why a status says nothing about the fixture; empty if it does."""
    if status in _REFUSED:
        return "the credentials are refused; check them"
    if status in _TROUBLE or status >= _SERVER_ERROR:
        return "the service is in trouble; ask again later"
    return ""
