"""What changed from one WSDL to another, as far as their outlines tell."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from smsbridge.codecs.soap.outline import Outline
from smsbridge.codecs.soap.xsd_types import SIMPLE
from smsbridge.text.masking import public_address

_ALIKE = 0.5
_MOST_RENAMED = 50
_SAID = re.compile(r"(?P<type>.*?)(, (?P<need>required|optional)(?P<many>, repeated)?)?", re.DOTALL)
_LIMITED = re.compile(r"(?P<base>.*?) \((?P<limits>.*)\)", re.DOTALL)
_LIMIT = re.compile(r", (?=(?:length|m(?:in|ax)\w+|\w+Digits|pattern) )")
_WIDER = (
    ("byte", "short", "int", "long", "integer", "decimal"),
    ("unsignedByte", "unsignedShort", "unsignedInt", "unsignedLong", "nonNegativeInteger"),
    ("nonNegativeInteger", "integer", "decimal"),
    ("float", "double"),
)
"""In each row, a type takes all that those before it take; a string takes any simple value."""
_VERDICTS = {-1: ": narrowed", 1: ": widened"}


def differences(old: Outline, new: Outline) -> list[str]:
    """Return what changed from one outline to another, a sentence each."""
    found = list(_name_differences("port", old, new))
    for name in [name for name in old if name in new]:
        was, now = old[name], new[name]
        if "unusable" in was or "unusable" in now:
            found += _use_differences(f"port {name}", was, now)
            continue
        found += [
            f"port {name}: {key} was {before}, is {now[key]}"
            for key in ("address", "soap")
            if (before := public_address(was[key])) != now[key]
        ]
        found += _operation_differences(was["operations"], now["operations"])
    return list(dict.fromkeys(found))  # ports may share operations


def _operation_differences(old: Outline, new: Outline) -> Iterator[str]:
    yield from _name_differences("operation", old, new)
    for name in [name for name in old if name in new]:
        was, now = old[name], new[name]
        if "unusable" in was or "unusable" in now:
            yield from _use_differences(f"operation {name}", was, now)
            continue
        for key in ("action", "style"):
            if was[key] != now[key]:
                yield f"operation {name}: {key} was {was[key] or 'none'}, is {now[key] or 'none'}"
        turned = (was["output"] is None) != (now["output"] is None)
        if turned:
            what = "is one-way" if now["output"] is None else "has an answer"
            yield f"operation {name} {what} now"
        for side in ("input", "faults") if turned else ("input", "output", "faults"):
            before, after = was[side] or {}, now[side] or {}
            yield from (f"{name}, {side}: {said}" for said in _part_differences(before, after))


def _use_differences(what: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    if "unusable" not in was:
        yield f"{what} can't be used any more: {now['unusable']}"
    elif "unusable" not in now:
        yield f"{what} can be used now"


def _name_differences(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{kind} {name} was removed" for name in old if name not in new)
    yield from (f"{kind} {name} was added" for name in new if name not in old)


def _part_differences(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    """Yield what changed; the contents of a renamed or removed part are not listed again."""
    old = dict(old)
    gone: list[str] = []
    for path in [path for path in old if path not in new]:
        if path not in old or _parent(path) in gone:
            gone.append(path)
            continue
        renamed = _new_name(path, old, new) if len(gone) < _MOST_RENAMED else None
        if renamed is None:
            gone.append(path)
            yield f"{path} was removed"
        else:
            yield f"{path} was renamed to {renamed}"
            old = {_move(one, path, renamed): said for one, said in old.items()}
    come = [path for path in new if path not in old]
    yield from (f"{path} was added ({new[path]})" for path in come if _parent(path) not in come)
    both = [path for path in old if path in new]
    for path in both:
        if old[path] != new[path]:
            yield f"{path} was {old[path]}, is {new[path]}{_verdict(old[path], new[path])}"
    if both != [path for path in new if path in old]:
        yield "the parts are in another order"


def _parent(path: str) -> str:
    return path.rpartition(".")[0]


def _move(path: str, old: str, new: str) -> str:
    return new + path.removeprefix(old) if f"{path}.".startswith(f"{old}.") else path


def _new_name(path: str, old: Mapping[str, str], new: Mapping[str, str]) -> str | None:
    """Return a part's new name: that of a new part of its type, in its place or named alike."""
    siblings = [one for one in old if _parent(one) == _parent(path)]
    now = [one for one in new if _parent(one) == _parent(path)]
    alike = [one for one in now if one not in old and new[one] == old[path]]
    here = [one for one in alike if now.index(one) == siblings.index(path)]
    names = {one.rpartition(".")[2]: one for one in alike}
    close = difflib.get_close_matches(path.rpartition(".")[2], names, n=1, cutoff=_ALIKE)
    return next(iter(here), names[close[0]] if close else None)


def _verdict(old: str, new: str) -> str:
    """Return whether a part accepts less than before, or more, as far as the outline shows."""
    was, now = _SAID.fullmatch(old), _SAID.fullmatch(new)
    if was is None or now is None:
        return ""
    need = (was["need"] == "required") - (now["need"] == "required")
    many = bool(now["many"]) - bool(was["many"])
    return _VERDICTS.get(_together([_turn(was["type"], now["type"]), need, many]) or 0, "")


def _together(turns: Iterable[int | None]) -> int | None:
    """Return -1 if nothing is wider and something narrower, 1 the other way round; or None."""
    found = set(turns) - {0}
    return next(iter(found)) if len(found) == 1 else None if found else 0


def _turn(old: str, new: str) -> int | None:
    """Return -1 if a type takes less than another did, 1 for more, 0 for the same; or None."""
    (was, limits), (now, others) = _type_and_limits(old), _type_and_limits(new)
    if was == now:
        return _together(_limit_turns(limits, others))
    if limits or others:
        return None
    for row in _WIDER:
        if was in row and now in row:
            return 1 if row.index(was) < row.index(now) else -1
    if "string" in (was, now):
        other = now if was == "string" else was
        simple = other in SIMPLE or " | " in other
        return (-1 if was == "string" else 1) if simple else None
    before, after = set(was.split(" | ")), set(now.split(" | "))
    return 1 if before < after else -1 if after < before else None


def _type_and_limits(said: str) -> tuple[str, dict[str, str]]:
    found = _LIMITED.fullmatch(said)
    if found is None:
        return said, {}
    limits = (limit.partition(" ") for limit in _LIMIT.split(found["limits"]))
    return found["base"], {facet: value for facet, _, value in limits}


def _limit_turns(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[int | None]:
    for facet in old.keys() | new.keys():
        was, now = old.get(facet), new.get(facet)
        if was is None or now is None:
            yield -1 if was is None else 1
        elif was != now:
            try:
                more = int(Decimal(now).compare(Decimal(was)))
            except (InvalidOperation, ValueError):  # the second for NaN
                yield None
            else:
                yield {"min": -more, "len": None, "pat": None}.get(facet[:3], more)
