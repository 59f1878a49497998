"""Words that a message could have: what the mock answers, and what tables are tried with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from smsbridge.codecs.soap.model import MOST_DEPTH, SUBTYPE, Part, XSDType
from smsbridge.mapping.path import TEXT

_MOST_PARTS = 100_000
_IMPOSSIBLE: Any = object()


def sample(kind: XSDType, *, optional: bool = True, given: Any = None) -> Any:
    """Return words that a type takes: ``optional`` parts too, of a choice the first.

    ``given``: nested words that will be laid over it: of a choice it has theirs. A type that holds
    itself ends at the nearest part above that may be left out; where none may, what is needed is
    there and empty.
    """
    found = _Sampler(optional=optional).of(kind, (), given)
    if found is not _IMPOSSIBLE:
        return found
    return _Sampler(optional=optional, hollow=True).of(kind, (), given)


class _Sampler:
    def __init__(self, *, optional: bool, hollow: bool = False) -> None:
        self._optional = optional
        self._hollow = hollow
        self._left = _MOST_PARTS

    def of(self, kind: XSDType, above: tuple[XSDType, ...], given: Any) -> Any:
        """Return words of a type, or that there are none that end."""
        inside = (*above, kind)
        if isinstance(given, list):
            given = next(iter(given), None)
        if kind.abstract:
            return self._derived_sample(kind, inside, given)
        if kind.item is not None:
            item = _IMPOSSIBLE if kind.item in inside else self.of(kind.item, inside, given)
            return [] if item is _IMPOSSIBLE else [item]
        if kind.simple:
            return kind.sample
        names = given if isinstance(given, Mapping) else {}
        left_out, needed = self._choose(kind, names.keys())
        tree: dict[str, Any] = {}
        for part in kind.parts:
            self._left -= 1
            must = part.required or part.name in needed
            wanted = must or part.name in names or self._optional
            if part.name in tree or part.name in left_out or not wanted:
                continue
            value = self._of_part(part, inside, names)
            if value is _IMPOSSIBLE and must:
                if not (part.nillable or self._hollow):
                    return _IMPOSSIBLE
                value = None if part.nillable else ""
            if value is not _IMPOSSIBLE:
                tree[part.name] = value
        return tree

    def _of_part(self, part: Part, inside: tuple[XSDType, ...], names: Mapping[str, Any]) -> Any:
        again = part.type in inside and part.name not in names
        if again or len(inside) > MOST_DEPTH or self._left < 0:
            return part.sample if part.type.simple and part.required else _IMPOSSIBLE
        return part.sample if part.type.simple else self.of(part.type, inside, names.get(part.name))

    def _derived_sample(self, kind: XSDType, inside: tuple[XSDType, ...], given: Any) -> Any:
        """Return words of the first type derived from an abstract one, with its name."""
        wanted = given.get(SUBTYPE) if isinstance(given, Mapping) else None
        for one in sorted(kind.derived, key=lambda one: one.local != wanted):
            if one not in inside:
                value = self.of(one, inside, given)
                if value is not _IMPOSSIBLE:
                    tree = value if isinstance(value, dict) else {TEXT: value}
                    return {SUBTYPE: one.local, **tree}
        return {} if self._hollow else _IMPOSSIBLE

    def _choose(self, kind: XSDType, names: Collection[str]) -> tuple[set[str], set[str]]:
        """Return which parts to leave out of the choices of a type, and which are needed."""
        left_out: set[str] = set()
        order = {part.name: number for number, part in reversed(list(enumerate(kind.parts)))}
        for choice in kind.choices:
            own = [one for one in choice if not one <= left_out]
            if own:
                kept = max(own, key=lambda one: len(one.intersection(names)))
                left_out |= {name for one in choice for name in one} - kept
        needed: set[str] = set()
        first = set(names)
        for need in kind.one_of:
            if not need & first:
                needed.add(min(need - left_out or need, key=lambda name: order[name]))
        taken = needed | first | (order.keys() - left_out if self._optional else set())
        for one in kind.needs:
            if one.given & (taken | needed) and not one.names & (needed | first):
                needed |= set(sorted(one.names - left_out, key=lambda name: order[name])[:1])
        return left_out, needed
