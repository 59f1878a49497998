"""The clause about the text: every character arrives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from smsbridge.errors import CallerError
from smsbridge.testing.contract.clause import clause
from smsbridge.testing.contract.conversation import converse, describe
from smsbridge.testing.contract.request_places import missing_places
from smsbridge.testing.contract.ruling import Finding

if TYPE_CHECKING:
    from smsbridge.testing.contract.subject import Subject

TEXTS: Mapping[str, str] = {
    "Latin": "Crème brûlée, Straße, Łódź",
    "Greek": "Καλημέρα κόσμε",
    "Arabic": "مرحبا بالعالم",
    "Chinese": "你好世界",
    "an emoji": "ok 👍🏽 👨‍👩‍👧 🇵🇹",
    "line breaks": "one\ntwo\n\nthree",
    "the GSM-7 extension": "^{}\\[~]|€",
    "10 kB": "0123456789 " * 931,
    "markup": "<b>&amp;\"'</b> ]]> %2B + {recipient} {{text}}",
    "typographic signs": "“Ça” \N{EM DASH} \N{RIGHT SINGLE QUOTATION MARK}5\N{NO-BREAK SPACE}€ ﬁ ½",
    "a letter and its accent": "Cafe\N{COMBINING ACUTE ACCENT} n\N{COMBINING TILDE}o",
    "blanks": "  two  before,  between\tand after  ",
    "a line break of Windows": "one\r\ntwo",
    "2 kB of an alphabet with two bytes": "Ξεσκεπάζω " * 107,
}
_MAY_BE_REFUSED = ("10 kB", "2 kB of an alphabet with two bytes")


@clause(12, "the text arrives as it is")
def check_text(subject: Subject) -> Iterator[Finding]:
    """Yield the texts that don't stand in the request as the table says, or are refused."""
    _ = subject.send
    for name, text in TEXTS.items():
        message = replace(subject.message, text=text)
        talk = converse(subject, message)
        if isinstance(talk.end, CallerError) and not talk.calls and name in _MAY_BE_REFUSED:
            continue  # it is refused before it leaves: a contract may set a length
        if not talk.calls:
            yield f"{name}: it never left, and ends with {describe(talk.end)}"
        elif lost := missing_places(subject, message, talk.calls[0], "text"):
            yield f"{name}: it does not stand whole at {' and '.join(lost)}"
