"""The values of a table: a constant, ``"{recipient|digits}"``, a choice by a value, or a filter.

A choice has one key, the value that decides, and a template for each of its words; ``"*"`` is any
other word: ``{"{channels}": {"whatsapp": "1", "sms+whatsapp": "1"}}``. A filter over a whole
template has its name as the key: ``{"md5": "{username}{password}{now|epoch}"}``; a signature has
a key and what it is of: ``{"hmac-sha256": {"key": "{secret}", "of": "{body}", "as": "hex"}}``. A
list is its parts, one after the other: ``["v1=", {"sha1": "{text}"}]``. A template whose value is
absent, and a choice without the word of the value, give None: the field is left out. A literal
brace is doubled, ``{{``; a value in XML or JSON is escaped: ``<to>{sender|xml}</to>``. A value may
be several, ``{recipients}``: filters apply to each, and within a text they have commas between.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any, TypeGuard, TypeVar

from smsbridge.errors import InvalidMessage
from smsbridge.mapping.filters import FILTERS, TIME_FILTERS, is_of_a_time, one_text, text
from smsbridge.mapping.times import has_two_readings
from smsbridge.text.hmac_text import ALGORITHMS, hmac_text

Template = str | int | float | bool | Mapping[str, Any] | list[Any] | tuple[Any, ...]
Values = Mapping[str, Any]

PLACE = re.compile(r"\{\{|\}\}|\{([a-z_][a-z0-9_.]*)((?:\|[^{}|]+)*)\}")
TIMES = ("send_at", "now", "after", "before", "first", "last")
_DAYS = ("first", "last")  # midnights in UTC, which stand for a day whatever the zone
RECIPIENTS = "recipients"
"""The value that is several: the numbers of all messages that one call sends."""

TIME_ZONE = "time_zone"
"""The value that is the zone in which a provider takes times that are written without one."""


@lru_cache(4096)
def split(template: str) -> tuple[tuple[str, ...], tuple[re.Match[str], ...]]:
    """Return a template's own text, before, between and after its values, and these."""
    own, places, at = [""], list[re.Match[str]](), 0
    for found in PLACE.finditer(template):
        own[-1] += template[at : found.start()]
        at = found.end()
        if found[1] is None:
            own[-1] += found[0][0]
        else:
            places.append(found)
            own.append("")
    own[-1] += template[at:]
    return tuple(own), tuple(places)


def places_of(template: str) -> tuple[re.Match[str], ...]:
    """Return the values of a template: each a match with its name, and its filters with bars."""
    return split(template)[1]


def join_words(own: tuple[str, ...], between: Iterator[str]) -> str:
    """Return a template's own text with a word for each of its values."""
    return own[0] + "".join(word + after for word, after in zip(between, own[1:], strict=True))


T = TypeVar("T")


class Kept(list[T]):
    """What was compiled, kept by what it was compiled from; a pickle and a copy begin without."""

    def __reduce_ex__(self, _protocol: object) -> tuple[object, ...]:
        """Leave it out."""
        return type(self), ()


Render = Callable[[Values], Any]
Apply = Callable[[Any, Values], Any]


def render(template: Template, values: Values) -> Any:
    """Return what a template gives: text, or as it is written a number or a bool; or None."""
    return compile_template(template)(values)


def render_all(templates: Mapping[str, Template], values: Values) -> dict[str, Any]:
    """Return what each template of a table gives; those without a value are left out."""
    return compile_all(templates)(values)


def compile_template(template: Template) -> Render:
    """Return what renders a template: all that does not depend on the values is done before."""
    if isinstance(template, str):
        return _compile_text(template)
    if isinstance(template, list | tuple):
        return _compile_list(template)
    if not isinstance(template, Mapping):
        return lambda _: template
    ((key, inner),) = template.items()
    if key in ALGORITHMS:
        return _compile_signature(key, inner)
    if key in FILTERS:
        apply, within = FILTERS[key].apply, compile_template(inner)

        def through(values: Values) -> Any:
            value = within(values)
            return None if value is None else _each(apply, value)

        return through
    choose, words = (
        _compile_choice(template),
        {w: compile_template(one) for w, one in inner.items()},
    )

    def choice(values: Values) -> Any:
        word = choose(values)
        return None if word is None else words[word](values)

    return choice


def _compile_list(template: Sequence[Template]) -> Render:
    parts = [compile_template(part) for part in template]

    def join(values: Values) -> str | None:
        words = [part(values) for part in parts]
        return None if None in words else "".join(map(one_text, words))

    return join


def _compile_signature(algorithm: str, of: Mapping[str, Template]) -> Render:
    key, signed = compile_template(of["key"]), compile_template(of["of"])
    form = str(of.get("as", "hex"))

    def sign(values: Values) -> str | None:
        words = key(values), signed(values)
        if None in words:
            return None
        return hmac_text(algorithm, one_text(words[0]), one_text(words[1]).encode(), form)

    return sign


def compile_all(templates: Mapping[str, Template]) -> Callable[[Values], dict[str, Any]]:
    """Return what renders each template of a table, and leaves out those without a value."""
    made = [(name, compile_template(template)) for name, template in templates.items()]
    return lambda values: {
        name: value for name, give in made if (value := give(values)) is not None
    }


def compile_needs(templates: Iterable[Template]) -> Callable[[Values], frozenset[str]]:
    """Return what tells which values decide or fill templates, for these very values."""
    plain = [one for one in templates if not isinstance(one, Mapping)]
    always = frozenset(name for one in plain for name in names(one))
    others = [_compile_needs(one) for one in templates if isinstance(one, Mapping)]
    return lambda values: always.union(*[tell(values) for tell in others])


def _compile_needs(template: Mapping[str, Any]) -> Callable[[Values], frozenset[str]]:
    ((key, inner),) = template.items()
    if key in FILTERS:
        return compile_needs([inner])
    if key in ALGORITHMS:
        return compile_needs([inner["key"], inner["of"]])
    deciders = frozenset(place[1] for place in places_of(key))
    choose = _compile_choice(template)
    words = {word: compile_needs([one]) for word, one in inner.items()}

    def tell(values: Values) -> frozenset[str]:
        word = choose(values)
        return deciders if word is None else deciders | words[word](values)

    return tell


def required_names(template: Template, values: Values) -> frozenset[str]:
    """Return the names of the values that decide or fill a template for these very values."""
    return compile_needs([template])(values)


def _compile_choice(template: Mapping[str, Any]) -> Callable[[Values], str | None]:
    """Return what tells by which of its words a choice goes on, or None."""
    ((decider, words),) = template.items()
    decide = _compile_text(decider)
    absent = "false" if _is_flag(decider) and {"true", "false"} <= words.keys() else ""
    other = "*" if "*" in words else None
    places = places_of(decider)
    if len(places) == 1 and places[0][0] == decider and not places[0][2]:
        name = places[0][1]

        def choose_by_value(values: Values) -> str | None:
            value = values.get(name)
            word = absent if value is None else text(value) or absent
            return word if word in words else other

        return choose_by_value

    def choose(values: Values) -> str | None:
        word = text(decide(values) or "") or absent
        return word if word in words else other

    return choose


def _is_flag(decider: str) -> bool:
    """Return whether a choice is by what is true, or absent."""
    return decider == "{unread}" or decider.startswith("{options.")


def _compile_text(template: str) -> Render:
    own, places = split(template)
    if not places:
        constant = own[0]
        return lambda _: constant
    applied = [(place[1], compile_filters(place)) for place in places]
    if len(places) == 1 and places[0][0] == template:
        ((name, apply),) = applied

        def give(values: Values) -> Any:
            value = values.get(name)
            return None if value is None else apply(value, values)

        return give

    def fill(values: Values) -> str | None:
        words: list[str] = []
        for name, apply in applied:
            if (value := values.get(name)) is None:
                return None
            words.append(one_text(apply(value, values)))
        return join_words(own, iter(words))

    return fill


def compile_filters(place: re.Match[str]) -> Apply:
    """Return what makes of the value of a place what its filters say."""
    name, filters = place[1], filters_of(place)
    if name == RECIPIENTS:
        to_one = _compile_filters_to_one(name, filters)

        def to_each(value: Any, values: Values) -> list[Any]:
            several = value.split(",") if isinstance(value, str) else value  # as it was read back
            return [to_one(one, values) for one in several]

        return to_each
    return _compile_filters_to_one(name, filters)


def _compile_filters_to_one(name: str, filters: list[str]) -> Apply:
    if not filters:
        return lambda value, _: value if type(value) is str else text(value)
    steps = [_compile_filter(name, one) for one in filters]
    as_it_is = filters[-1] == "number"

    def apply(value: Any, values: Values) -> Any:
        for step in steps:
            value = step(value, values)
        return value if as_it_is else text(value)

    return apply


def _each(apply: Callable[[Any], Any], value: Any) -> Any:
    """Return what a filter makes of a value, or of each of several."""
    return [apply(one) for one in value] if isinstance(value, list) else apply(value)


def _compile_filter(name: str, form: str) -> Apply:
    if not is_of_a_time(form):
        filtered = FILTERS[form].apply
        return lambda value, _: filtered(value)
    return lambda value, values: (
        value  # the id of a message in the place of a time
        if isinstance(value, str)
        else _write(name, value, form, values.get(TIME_ZONE))
    )


def _write(name: str, time: datetime, form: str, zone: tzinfo | None) -> str:
    local = time.astimezone(UTC if zone is None or name in _DAYS else zone)
    if form in TIME_FILTERS:
        return TIME_FILTERS[form](local)
    if name == "send_at" and "%z" not in form and has_two_readings(local):
        raise InvalidMessage(
            f"send_at is in an hour that {zone} has twice, and the provider could not tell which: "
            "give a time before or after it"
        )
    return local.strftime(form)


def is_choice(template: Template) -> TypeGuard[Mapping[str, Any]]:
    """Return whether a template is a choice by a value."""
    return isinstance(template, Mapping) and not template.keys() & (FILTERS.keys() | ALGORITHMS)


def names(template: Template) -> Iterator[str]:
    """Yield the name of each value that a template can carry to the provider."""
    yield from (place[1] for part in texts(template) for place in places_of(part))


def places_of_value(template: Template, name: str) -> Iterator[str]:
    """Yield each place of a value, with its filters: ``{recipients|digits}``."""
    found = (place for part in texts(template) for place in places_of(part))
    yield from (place[0] for place in found if place[1] == name)


def words(template: Template, name: str) -> Iterator[str]:
    """Yield the words that a choice by the value ``name`` knows."""
    if isinstance(template, Mapping) and "{" + name + "}" in template:
        yield from template["{" + name + "}"]


def filters_of(place: re.Match[str]) -> list[str]:
    """Return the filters of a value of a template, in their order."""
    return place[2].split("|")[1:]


def texts(template: Template) -> Iterator[str]:
    """Yield each text of a template that may have values in it, including the key of a choice."""
    if isinstance(template, str):
        yield template
    elif isinstance(template, list | tuple):
        for part in template:
            yield from texts(part)
    elif isinstance(template, Mapping):
        for key, inner in template.items():
            if key in ALGORITHMS:
                yield from (*texts(inner["key"]), *texts(inner["of"]))
                continue
            yield from () if key in FILTERS else [key]
            inners = (
                inner.values() if key not in FILTERS and isinstance(inner, Mapping) else [inner]
            )
            for one in inners:
                yield from texts(one)
