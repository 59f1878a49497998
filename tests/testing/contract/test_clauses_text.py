"""The text arrives whole: scripts, emoji, line breaks, markup, and length."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from unicodedata import normalize

from smsbridge import InvalidMessage, Message, Submission, backend
from smsbridge.http.exchange import Exchange, Session
from smsbridge.testing.contract.clauses_text import TEXTS
from smsbridge.testing.contract.subject import Subject

from support.blocks import SOAP_SEND, soap
from support.contracts import DropsEmoji, Honest, findings, ruling
from support.each import each


def test_a_text_that_is_sent_as_it_is_passes_over_rest_and_soap() -> None:
    assert findings(12) == []
    assert ruling(12, Subject(soap(SOAP_SEND), [])).findings == ()


def test_the_texts_are_what_is_easily_lost() -> None:
    assert len(TEXTS["10 kB"]) > 10_000
    assert all(char in TEXTS["the GSM-7 extension"] for char in "^{}\\[~]|€")


@backend
class Tidies(Honest):
    """Puts a text in one line, and escapes markup."""

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        text = message.text.replace("\n", " ").replace("<", "&lt;")
        return (yield from super().send(replace(message, text=text), session))


def test_what_is_lost_is_named() -> None:
    assert findings(12, DropsEmoji) == ["an emoji: it does not stand whole at body"]
    lost = [one.partition(":")[0] for one in findings(12, Tidies)]
    assert lost == ["line breaks", "markup", "a line break of Windows"]


def changing(change: Callable[[str], str]) -> type[Honest]:
    @backend
    class Changes(Honest):
        """Changes a text on its way."""

        def send(self, message: Message, session: Session) -> Exchange[Submission]:
            text = change(message.text)
            return (yield from super().send(replace(message, text=text), session))

    return Changes


@each(
    ("name", "change"),
    {
        "typographic signs": lambda text: text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"),
        "a letter and its accent": partial(normalize, "NFC"),
        "blanks": lambda text: text.replace("\t", " "),
        "a line break of Windows": lambda text: text.replace("\r\n", "\n"),
        "2 kB of an alphabet with two bytes": lambda text: text if text.isascii() else text[:670],
    }.items(),
)
def test_each_way_to_tidy_a_text_is_found(name: str, change: Callable[[str], str]) -> None:
    assert findings(12, changing(change)) == [f"{name}: it does not stand whole at body"]


@backend
class Short(Honest):
    """Takes nothing but short ASCII."""

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        if len(message.text) > 1000 or not message.text.isascii():
            raise InvalidMessage("text: give at most 1000 characters of ASCII")
        return (yield from super().send(message, session))


def test_a_text_may_be_refused_for_its_length_but_not_for_its_script() -> None:
    refused = [one.partition(":")[0] for one in findings(12, Short)]
    foreign = ["Latin", "Greek", "Arabic", "Chinese", "an emoji", "the GSM-7 extension"]
    assert refused == [*foreign, "typographic signs", "a letter and its accent"]
