"""What went through the proxy, as fixtures that are searched before they are written."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from smsbridge.backends.base import Backend
from smsbridge.codecs.soap.lockfile import lock, wsdl_name
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.wsdl_files import Source
from smsbridge.errors import ConfigError
from smsbridge.testing.contract.replay import check
from smsbridge.testing.fixture.check import find_flaws
from smsbridge.testing.fixture.load import Fixture, parse
from smsbridge.testing.fixture.schema import BadFixture
from smsbridge.testing.fixture.write import write_fixture
from smsbridge.testing.mock.wsdl_backend import wsdl_backend
from smsbridge.testing.record.addresses import addresses_of, hide
from smsbridge.testing.record.bare import main_contract
from smsbridge.testing.record.decode import DecodedExchange, Decoder
from smsbridge.testing.record.exchanges import Exchanges
from smsbridge.testing.record.expectation import expectation_of
from smsbridge.testing.record.numbers import TooManyNumbers
from smsbridge.testing.record.recorded_conversation import RecordedConversation, divide, join
from smsbridge.testing.record.redact import Redaction, Secrets
from smsbridge.testing.record.search import find_leaks
from smsbridge.text.masking import public_address

REVIEW_AFTER = "180d"
_NAME = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFile:
    """A file that was written, or was refused: then ``refused`` says why.

    ``is_kept``: the system would not have it, and the next cut tries again.
    """

    name: str
    title: str
    path: Path | None = None
    refused: tuple[str, ...] = ()
    is_kept: bool = False


class Recording:
    """Makes files of what the proxy kept.

    ``name``: what the ids begin with.
    """

    def __init__(  # noqa: PLR0913  (each is what the command alone knows)
        self,
        exchanges: Exchanges,
        decoder: Decoder,
        contract: Source | None,
        secrets: Secrets,
        folder: Path,
        *,
        name: str,
        evidence: str,
        today: date,
    ) -> None:
        """``folder``: where the files go. ``evidence``: where it was recorded.

        ``contract``: the WSDL of a service without tables, if it is known before.
        """
        self._contract = contract
        self._has_contract = False
        self._contract_left: Source | None = None
        self.exchanges = exchanges
        self.name = name
        self._decoder = decoder
        self._secrets = secrets
        self._folder = folder
        self._evidence = evidence
        self._today = today
        self._before: list[DecodedExchange] = []
        self._names: set[str] = set()

    def cut(self, name: str = "", title: str = "") -> list[RecordedFile]:
        """Write what came since the last cut: as one file of a name, or a file for each call."""
        kept = self.exchanges.take()
        contract, self._contract_left = self._contract_left, None
        if not kept and contract is None:
            return []
        contract = contract or self._find_contract()
        known = {contract.address: contract.document, **contract.others} if contract else {}
        for address in addresses_of(known):
            self._secrets.learn_address(address)
        decoded = [self._decoder.decode(one) for one in kept]
        try:
            for one in decoded:
                self._secrets.learn(one)
        except TooManyNumbers as error:
            return [RecordedFile(name=name or "all", title="", refused=(str(error),))]
        decoded = [self._with_public_name(one) for one in decoded]
        refused = self._write_contract(contract) if contract else []
        if name and kept:
            conversations = [join(decoded, self._before)]
        else:
            conversations = divide(self._before, decoded)
        made = [(one, self._write(one, name, title)) for one in conversations]
        left = {id(each.source) for one, file in made if file.is_kept for each in one.exchanges}
        self.exchanges.give_back([one for one in kept if id(one) in left])
        self._before += [one for one in decoded if one.is_token_call]
        return [*refused, *(file for _, file in made)]

    def _with_public_name(self, one: DecodedExchange) -> DecodedExchange:
        """Return an exchange whose operation can name a file: the last step of a path may not."""
        holds = find_leaks("", {"name": one.operation}, self._secrets.private())
        return replace(one, operation="call") if holds else one

    def _find_contract(self) -> Source | None:
        """Return the WSDL that clients fetched, once, and decode by it where no table does."""
        backend = self._decoder.backend
        is_bare = not any(one.operations() for one in backend.protocols.values())
        if self._has_contract or not is_bare:
            return None
        source = self._contract or main_contract(self.exchanges.contracts())
        if source is not None:
            self._has_contract = True
            self._decoder = self._decoder.over(wsdl_backend(source, self.name))
        return source

    def _write_contract(self, source: Source) -> list[RecordedFile]:
        """Write a WSDL with what it imports; return why not, as a file that was refused."""
        private = self._secrets.private()
        whole, hidden = source, self._secrets.longest_first()
        source = replace(
            source,
            document=hide(source.document, hidden),
            others={key: hide(one, hidden) for key, one in source.others.items()},
        )
        places = {"address": [public_address(one) for one in (source.address, *source.others)]}
        leaks = [str(leak) for leak in find_leaks("", places, private)]
        for one in (source.document, *source.others.values()):
            said = one.decode(errors="replace") + one.replace(b"\0", b"").decode("latin-1")
            leaks += [str(leak) for leak in find_leaks(said, {}, private)]
        if leaks:
            why = tuple(dict.fromkeys(leaks))
            return [RecordedFile(name="the WSDL", title="", refused=why)]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock(source, wsdl_name(source.address), self._folder, update=True)
        except BadWSDL as error:
            return [RecordedFile(name="the WSDL", title="", refused=(str(error),))]
        except (OSError, ConfigError) as error:
            self._contract_left = whole
            left = f"it can't be written: {getattr(error, 'strerror', None) or error}"
            return [RecordedFile(name="the WSDL", title="", refused=(left,), is_kept=True)]
        return []

    def _write(self, conversation: RecordedConversation, name: str, title: str) -> RecordedFile:
        document = self._document(conversation, name, title)
        own = document["id"].partition("/")[2]
        try:
            text = write_fixture(document)
        except ValueError as error:
            return self._refusal_of(document, [str(error)])
        if leaks := find_leaks(text, document, self._secrets.private()):
            return self._refusal_of(document, [str(leak) for leak in leaks])
        try:
            fixture = parse(text, own)
            flaws = find_flaws(fixture, self._decoder.backend)
            if fixture.message and not _is_ours(fixture, self._decoder.backend):
                document.pop("message")  # another client's wire: the contract can't play it
                text = write_fixture(document)
        except (BadFixture, ConfigError) as error:
            return self._refusal_of(document, [str(error)])
        if whys := [one.why for one in flaws if not (one.is_warning or one.is_ours or one.is_note)]:
            return self._refusal_of(document, whys)
        path = self._folder / f"{own}.yaml"
        part = path.with_suffix(".part")  # a kill leaves no half of a fixture
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(text, encoding="utf-8")
            part.rename(path)
        except OSError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            self._names.discard(own)
            why = f"it can't be written: {error.strerror}"
            return replace(self._refusal_of(document, [why]), is_kept=True)
        return RecordedFile(name=document["id"], title=document["title"], path=path)

    def _refusal_of(self, document: Mapping[str, Any], whys: Sequence[str]) -> RecordedFile:
        return RecordedFile(
            name=document["id"], title=document["title"], refused=tuple(dict.fromkeys(whys))
        )

    def _document(
        self, conversation: RecordedConversation, name: str, title: str
    ) -> dict[str, Any]:
        redaction = Redaction(self._secrets)
        shown = []
        for one in conversation.exchanges:
            asked = redaction.request(one.request)
            shown.append((one, asked, redaction.response(one.response)))
        main = conversation.main
        ends = expectation_of(conversation, self._decoder.backend)
        told = redaction.response(ends.keys) if ends else {}
        notes = dict.fromkeys(note for one in conversation.exchanges for note in one.notes)
        own = self._free_name(name or _file_name(main, ends.outcome if ends else ""))
        protocols = {one.call.protocol.name for one in conversation.exchanges if one.call}
        return {
            "smsbridge-fixture": 1,
            "id": f"{self.name}/{own}",
            "title": title or _title(main, ends.outcome if ends else ""),
            "provenance": {
                "source": "RECORDED",
                "evidence": "; ".join([self._evidence, *notes]),
                "date": self._today.isoformat(),
                "verified": self._today.isoformat(),
                "review-after": REVIEW_AFTER,
            },
            **({"protocols": sorted(protocols)} if protocols else {}),
            **told,
            "interactions": _interactions(shown),
        }

    def _free_name(self, wanted: str) -> str:
        own, number = wanted, 1
        while own in self._names or (self._folder / f"{own}.yaml").exists():
            number += 1
            own = f"{wanted}-{number}"
        self._names.add(own)
        return own


def _is_ours(fixture: Fixture, backend: Backend) -> bool:
    """Return whether a client of ours, asked for the message, says what was recorded."""
    return not any(check(backend, fixture, protocol) for protocol in fixture.protocols)


def _interactions(
    shown: Iterable[tuple[DecodedExchange, Mapping[str, Any], Mapping[str, Any]]],
) -> list[dict[str, Any]]:
    """Return interactions, of which the same request has one for each of its answers."""
    made: list[dict[str, Any]] = []
    played: Counter[str] = Counter()
    for one, asked, answered in shown:
        same = [each for each in made if _as_key(each["request"]) == _as_key(asked)]
        is_new = "{mint:" in str(answered) or not same
        if not is_new and _as_key(same[-1]["response"]) == _as_key(answered):
            played[same[-1]["id"]] += 1
            continue
        for each in same:
            each.setdefault("times", played[each["id"]])
        name = "token" if one.is_token_call else _slug(one.operation)
        used = {each["id"] for each in made}
        own = next(
            word
            for word in (name, *(f"{name}-{number}" for number in range(2, len(used) + 3)))
            if word not in used
        )
        live = {"live": "safe"} if _is_safe(one) else {}
        played[own] = 1
        made.append({"id": own, **live, "request": dict(asked), "response": dict(answered)})
    return made


def _is_safe(one: DecodedExchange) -> bool:
    """Return whether a request only reads, as only a table can tell: a GET may send as well."""
    return one.call is not None and one.call.operation in ("status", "received", "sent")


def _file_name(one: DecodedExchange, outcome: str) -> str:
    if outcome and one.call:
        return f"{_slug(one.operation)}-{_slug(outcome)}-{_slug(one.call.protocol.name)}"
    return "token" if one.is_token_call else _slug(one.operation)


def _title(one: DecodedExchange, outcome: str) -> str:
    what = f"{one.operation} over {one.call.protocol.name}" if one.call else one.operation
    if "fault" in one.response:
        return f"{what} meets the fault {one.response['fault']}"
    if outcome:
        return f"{what} ends as {outcome.replace('_', ' ')}"
    status = one.source.response.status if one.source.response else 0
    return f"{what} is answered with HTTP {status}"


def _slug(word: str) -> str:
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", word)
    return "-".join(part.lower() for part in parts)[:40].strip("-") or "call"


def is_file_name(word: str) -> bool:
    """Return whether a word can name a file of a recording, in folders or not."""
    return len(word) <= 100 and all(_NAME.fullmatch(part) for part in word.split("/"))  # noqa: PLR2004  (of a name)


def _as_key(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
