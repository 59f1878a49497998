"""A fixture being played: its state, what was played, and the values that were minted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from smsbridge.codecs.rest import FORM, JSON, parse_form, parse_json
from smsbridge.exchange import Request
from smsbridge.testing.fixture import Fixture, Interaction
from smsbridge.testing.heard import Heard
from smsbridge.testing.match import mismatch

_PLACE = re.compile(r"\{(?:(secret|mint|minted):([a-z_]+)|now(?:\+([0-9]{1,9}))?)\}")

_FAR = ("method", "path", "it is")


class Scenario:
    """Finds the interaction for each request, and fills placeholders.

    ``{secret:n}``: a credential of the config. ``{mint:n}``: new each time; ``{minted:n}``: the
    last one. ``{now}``, ``{now+3600}``: UTC, as ISO 8601.
    """

    def __init__(
        self,
        fixture: Fixture,
        secrets: Mapping[str, str],
        new_id: Callable[[], str],
        now: Callable[[], datetime],
    ) -> None:
        """``secrets``: the credentials by config key. ``new_id`` and ``now``: ids and the clock."""
        self.fixture = fixture
        self.minted: dict[str, str] = {}
        self.tokens: list[str] = []
        self._secrets = secrets
        self._new_id = new_id
        self._now = now
        self._played: Counter[str] = Counter()
        self._state = "start"

    def unplayed(self) -> list[str]:
        """Return the interactions that nobody asked for."""
        wanted = (
            interaction for interaction in self.fixture.interactions if not interaction.optional
        )
        return [interaction.id for interaction in wanted if not self._played[interaction.id]]

    def find(self, request: Request, heard: Heard | None) -> Interaction | str:
        """Return the first interaction that matches, or how the nearest one differs."""
        nearest: tuple[int, str] = (-1, "the scenario has no interaction")
        for interaction in self.fixture.interactions:
            differs = self._differs(interaction, request, heard)
            if differs is None:
                self._played[interaction.id] += 1
                self._state = interaction.to or self._state
                return interaction
            nearness, why = differs
            if nearness > nearest[0]:
                nearest = nearness, f"nearest is {interaction.id}: {why}"
        return nearest[1]

    def mint(self, name: str) -> str:
        """Return a new value of that name; a token is accepted from now on."""
        self.minted[name] = self._new_id()
        if name == "token":
            self.tokens.append(self.minted[name])
        return self.minted[name]

    def filled(self, value: Any) -> Any:
        """Return a value with every placeholder in it filled."""
        if isinstance(value, str):
            return self.fill(value)
        if isinstance(value, Mapping):
            return {key: self.filled(part) for key, part in value.items()}
        return [self.filled(part) for part in value] if isinstance(value, list) else value

    def fill(self, text: str) -> str:
        """Return a text with every placeholder in it filled."""
        return _PLACE.sub(self._place, text)

    def _expected(self, text: str) -> str:
        """Fill a pattern: nothing is minted by looking for a match."""
        return _PLACE.sub(lambda p: p[0] if p[1] == "mint" else self._place(p), text)

    def _place(self, place: re.Match[str]) -> str:
        match place[1]:
            case "secret":
                return self._secrets.get(place[2], "")
            case "mint":
                return self.mint(place[2])
            case "minted":
                return self.minted.get(place[2], f"(no {place[2]} was minted)")
        then = self._now().astimezone(UTC) + timedelta(seconds=int(place[3] or 0))
        return then.strftime("%Y-%m-%dT%H:%M:%SZ")

    def _differs(
        self, interaction: Interaction, request: Request, heard: Heard | None
    ) -> tuple[int, str] | None:
        """Return how near an interaction is (2: the state, 1: the body, 0: less), and why."""
        if interaction.request is not None:
            why = self._wire_differs(interaction.request, request, heard)
        else:
            why = self._call_differs(interaction.call or {}, heard)
        if why is not None:
            return (0 if why.startswith(_FAR) else 1), why
        if interaction.sources and self._state not in interaction.sources:
            return 2, f"the scenario is in the state {self._state}"
        if interaction.times is not None and self._played[interaction.id] >= interaction.times:
            return 2, f"it was played {interaction.times} times already"
        return None

    def _wire_differs(
        self, pattern: Mapping[str, Any], request: Request, heard: Heard | None
    ) -> str | None:
        declared = {name.lower(): part for name, part in pattern.get("headers", {}).items()}
        sent = {name.lower(): value for name, value in request.headers.items()}
        wire = {
            "method": request.method,
            "path": request.path,
            "query": parse_form(request.query),
            "headers": {name: sent[name] for name in declared if name in sent},
            **_body(pattern, request, heard),
        }
        any_path = {"method": "POST", "path": request.path, "query": {}}
        return mismatch({**any_path, **pattern, "headers": declared}, wire, self._expected)

    def _call_differs(self, pattern: Mapping[str, Any], heard: Heard | None) -> str | None:
        if heard is None or pattern.get("operation") != heard.operation:
            return f"it is no call of {pattern.get('operation')}"
        if pattern.get("protocol", heard.name) != heard.name:
            return f"it is over {heard.name}"
        if (pattern.get("credentials", "right") == "right") != heard.known:
            return "the credentials are others"
        valid = pattern.get("valid", heard.known or None)
        if heard.operation == "send" and valid not in (None, heard.message is not None):
            return "the message is valid, or is not"
        if "fields" not in pattern:
            return None
        return mismatch(pattern["fields"], heard.fields, self._expected)


def _body(pattern: Mapping[str, Any], request: Request, heard: Heard | None) -> dict[str, Any]:
    if "soap" in pattern and heard:
        return {"soap": {"operation": heard.call.name, "args": heard.call.fields}}
    if not request.body:
        return {}
    try:
        match request.header("content-type").partition(";")[0].strip().lower():
            case kind if kind == JSON:
                return {"json": parse_json(request.body)}
            case kind if kind == FORM:
                return {"form": parse_form(request.body.decode())}
    except ValueError:
        pass
    return {"unreadable": True}
