"""How many SMS a text takes, and which of its characters force the longer encoding."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

_ESCAPE = "\x1b"
_DEFAULT = (  # 3GPP TS 23.038 §6.2.1, in code order, 16 to a line
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
_EXTENSION = "\f^{}\\[~]|€"  # 3GPP TS 23.038 §6.2.1.1, each after an escape
_SEPTETS = {
    **{character: 1 for character in _DEFAULT if character != _ESCAPE},
    **dict.fromkeys(_EXTENSION, 2),
}
_LAST_OF_ONE_UNIT = "\uffff"


class Encoding(StrEnum):
    """How a text is encoded: in the 7-bit default alphabet of GSM, or in 16-bit units."""

    GSM7 = "gsm-7"
    UCS2 = "ucs-2"


_ALONE = {Encoding.GSM7: 160, Encoding.UCS2: 70}
_JOINED = {Encoding.GSM7: 153, Encoding.UCS2: 67}


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """What a text needs.

    ``count``: number of SMS. ``units``: septets in GSM-7, 16-bit units in UCS-2. ``forcing``: the
    characters of the text that GSM-7 lacks, each once, in order; one of them is enough to force
    UCS-2.
    """

    encoding: Encoding
    count: int
    units: int
    forcing: tuple[str, ...] = field(default=(), repr=False)


def segments(text: str) -> Segments:
    """Return what a text takes: 160 septets or 70 units in one SMS, 153 or 67 in each of several.

    The limits, and that neither an escape sequence nor a character is split between two SMS, are
    3GPP TS 23.040 §9.2.3.24.1's. An emoji is a surrogate pair, two units. National alphabets are
    not used; an empty text needs no SMS.
    """
    forcing = tuple(dict.fromkeys(character for character in text if character not in _SEPTETS))
    if forcing:
        encoding = Encoding.UCS2
        sizes = [2 if character > _LAST_OF_ONE_UNIT else 1 for character in text]
    else:
        encoding = Encoding.GSM7
        sizes = [_SEPTETS[character] for character in text]
    units = sum(sizes)
    count = min(units, 1) if units <= _ALONE[encoding] else _parts(sizes, _JOINED[encoding])
    return Segments(encoding=encoding, count=count, units=units, forcing=forcing)


def _parts(sizes: list[int], room: int) -> int:
    count, used = 1, 0
    for size in sizes:
        if used + size > room:
            count, used = count + 1, 0
        used += size
    return count
