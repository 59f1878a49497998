"""Reads times as providers write them: in which zone, and whether that is certain."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple

from smsbridge.errors import ConfigError
from smsbridge.text.pattern import pattern

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ZONE = r"(?P<zone>\s*(?:Z|UTC?|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))?"
_ISO = pattern(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}/[0-9]{2}/[0-9]{2}|[0-9]{8})"
    rf"(?:(?:T|\s+)(?P<time>[0-9]{{2}}[0-9:]*(?:[.,][0-9]+)?){_ZONE})?",
    re.IGNORECASE,
)
_RFC_2822 = pattern(
    rf"(?:[a-z]{{3}},\s*)?(?P<day>[0-9]{{1,2}})\s+(?P<month>{'|'.join(_MONTHS)})\s+"
    rf"(?P<year>[0-9]{{4}})\s+(?P<time>[0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}})?){_ZONE}",
    re.IGNORECASE,
)
_DATE = pattern(r"/Date\((?P<since>-?[0-9]{1,15})(?:[+-][0-9]{4})?\)/")
_SINCE = pattern(r"(?P<since>[1-9][0-9]{8,9})(?P<part>\.[0-9]{1,9})?|(?P<ms>[1-9][0-9]{12})")
_SAFE_SECONDS = 2_000_000_000
"""Seconds up to 18 May 2033; from there on, ten digits may be a date of this century too."""
_TEN_DIGITS = ("%y%m%d%H%M", "%d%m%y%H%M", "%Y%m%d%H")
_LONG_DATES = {12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_CENTURY = ("20", "19")
_HOURS = ("%H", "%I", "%X", "%c")
_LONGEST = 80
SINCE_1970 = ("epoch", "epoch-ms")
"""Names of forms, beside those of ``strptime``: seconds and milliseconds since 1970."""


class ParsedTime(NamedTuple):
    """A time in UTC; ``sure`` if its zone is certain."""

    time: datetime
    sure: bool


def zone_of(name: str) -> tzinfo | None:
    """Return the zone of a name, None for no name; raises `ConfigError` for an unknown one."""
    if not name:
        return None
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError, TypeError):
        why = (
            f"time_zone: {str(name)[:60]!r} is not known; give a name of the IANA database, such "
            "as Europe/Lisbon (if the system has no such database, install the package tzdata)"
        )
        raise ConfigError(why, ("time_zone",)) from None


def has_two_readings(local: datetime) -> bool:
    """Return whether the clocks of its zone show a time twice, or never."""
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def form_trouble(form: str) -> str | None:
    """Return what is wrong with the form of a time, or None."""
    if form in SINCE_1970:
        return None
    example = "give epoch, epoch-ms, or a format of strptime such as %y%m%d%H%M"
    try:
        sample = datetime(2027, 12, 31, 13, 45, 50, tzinfo=UTC).strftime(form)
        whole = datetime.strptime(sample, form).strftime("%y%m%d") == "271231"  # noqa: DTZ007  (only whether it can be read)
    except (ValueError, re.error):
        return f"{form!r} is not a time format: {example}"
    return None if "%" in form and whole else f"{form!r} has no year, month and day: {example}"


def parse_time(said: str, zone: tzinfo | None = None, form: str = "") -> ParsedTime | None:
    """Return the time that a word says; None if it says none, or could mean two.

    A time without a zone is in ``zone``; without ``zone`` it is in UTC, and not sure. In an hour
    that the zone has twice the first is taken, and it is not sure. ``form`` is how the provider
    writes times, as in `form_trouble`: a word of digits is then read only in that form.
    """
    said = said.strip()
    if len(said) > _LONGEST:
        return None
    if form:
        found = _by_form(said, form, zone)
        if found or (said.isascii() and said.isdigit()):
            return found
    return next((told for read in _READERS if (told := read(said, zone))), None)


def read_time(said: str) -> datetime | None:
    """Return the time that a word says, in UTC, as `parse_time` does."""
    found = parse_time(said)
    return found.time if found else None


def shape(said: str) -> str:
    """Return the shape of a word: its signs, with digits and letters replaced: ``00/00/0000``."""
    return re.sub(r"[0-9]", "0", re.sub(r"[^\W\d_]", "a", said[:_LONGEST]))


def _by_form(said: str, form: str, zone: tzinfo | None) -> ParsedTime | None:
    if form in SINCE_1970:
        digits = re.fullmatch(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?", said)
        return _since(float(said) if "." in said else int(said), form) if digits else None
    with suppress(ValueError, re.error):
        time = datetime.strptime(said, form)  # noqa: DTZ007  (its zone is ours)
        if said.isdigit() and time.strftime(form) != said:  # a digit is missing, nobody knows where
            return None
        return _in_utc(time, zone, whole=any(hour in form for hour in _HOURS))
    return None


def _since(number: float, form: str) -> ParsedTime | None:
    unit = "milliseconds" if form == "epoch-ms" else "seconds"
    with suppress(OverflowError):
        return ParsedTime(_EPOCH + timedelta(**{unit: number}), sure=True)
    return None


def _in_utc(time: datetime, zone: tzinfo | None, *, whole: bool = True) -> ParsedTime | None:
    """Return a time as it was written; ``whole``: it has an hour, not only a day."""
    with suppress(ValueError, OverflowError):
        if time.tzinfo is not None:
            return ParsedTime(time.astimezone(UTC), sure=True)
        local = time.replace(tzinfo=zone or UTC)
        sure = whole and zone is not None and not has_two_readings(local)
        return ParsedTime(local.astimezone(UTC), sure=sure)
    return None


def _offset(said: str | None) -> tzinfo | None:
    said = (said or "").strip().upper()
    if not said:
        return None
    digits = re.sub("[^0-9]", "", said)
    minutes = int(digits[:2]) * 60 + int(digits[2:] or 0) if digits else 0
    return timezone(timedelta(minutes=-minutes if said[0] == "-" else minutes))


def _iso(said: str, zone: tzinfo | None) -> ParsedTime | None:
    found = _ISO.fullmatch(said)
    if not found:
        return None
    date, time = found["date"].replace("/", "-"), found["time"]
    with suppress(ValueError):
        whole = datetime.fromisoformat(f"{date}T{time}" if time else date)
        own = _offset(found["zone"])
        return _in_utc(whole.replace(tzinfo=own), zone, whole=time is not None)
    return None


def _rfc_2822(said: str, zone: tzinfo | None) -> ParsedTime | None:
    found = _RFC_2822.fullmatch(said)
    if not found:
        return None
    month = _MONTHS.index(found["month"].lower()) + 1
    date = f"{found['year']}-{month:02}-{int(found['day']):02}"
    return _iso(f"{date}T{found['time']}{found['zone'] or ''}", zone)


def _dotnet(said: str, _zone: tzinfo | None) -> ParsedTime | None:
    found = _DATE.fullmatch(said)
    return _since(int(found["since"]), "epoch-ms") if found else None


def _digits(said: str, zone: tzinfo | None) -> ParsedTime | None:
    """Read digits alone: seconds, milliseconds, or a date of 12 or 14 digits.

    Ten digits that are seconds after 18 May 2033 and a date of two-digit numbers too are neither:
    the form of the table says which.
    """
    if not said.isascii():
        return None
    form = _LONG_DATES.get(len(said))
    if form and said.startswith(_CENTURY):
        return _by_form(said, form, zone) if said.isdigit() else None
    found = _SINCE.fullmatch(said)
    if not found:
        return None
    if found["ms"]:
        return _since(int(said), "epoch-ms")
    if int(found["since"]) >= _SAFE_SECONDS and any(
        _by_form(found["since"], form, None) for form in _TEN_DIGITS
    ):
        return None
    part = timedelta(seconds=float(found["part"] or 0))
    return ParsedTime(_EPOCH + timedelta(seconds=int(found["since"])) + part, sure=True)


_READERS: tuple[Callable[[str, tzinfo | None], ParsedTime | None], ...] = (
    _digits,
    _iso,
    _rfc_2822,
    _dotnet,
)
