"""The hint of an error about an unknown word."""

from __future__ import annotations

from smsbridge.text.suggest import closest, list_words, nearest

from support.each import each

MANY = [f"field{number:02}" for number in range(20)]


@each(
    ("word", "hint"),
    [
        ("recipent", "did you mean 'recipient'? known: recipient, sender, text"),
        ("TEXT", "known: recipient, sender, text"),
        ("txt", "did you mean 'text'? known: recipient, sender, text"),
        ("xyzzy", "known: recipient, sender, text"),
        ("", "known: recipient, sender, text"),
    ],
)
def test_what_is_known_is_told_and_what_is_near_is_asked_for(word: str, hint: str) -> None:
    assert nearest(word, ["text", "sender", "recipient"]) == hint


def test_of_nothing_none_is_known() -> None:
    assert nearest("text", []) == "known: none"


def test_of_many_only_the_nearest_is_told() -> None:
    assert nearest("field0", MANY) == "did you mean 'field10'?"


def test_of_many_one_that_is_similar_by_chance_is_not_asked_for() -> None:
    assert nearest("nope", ["infobip"]) == "did you mean 'infobip'? known: infobip"
    assert nearest("nope", ["infobip", *MANY]).startswith("known: field00, ")


def test_of_many_that_are_all_far_the_first_are_told() -> None:
    assert nearest("xyzzy", MANY) == f"known: {', '.join(MANY[:12])} and 8 more"


def test_a_dozen_are_told_whole() -> None:
    assert nearest("xyzzy", MANY[:12]) == f"known: {', '.join(MANY[:12])}"


def test_what_is_known_may_be_read_once() -> None:
    assert nearest("b", iter(["b", "a"])) == "did you mean 'b'? known: a, b"


def test_of_many_words_the_first_are_listed() -> None:
    assert list_words(["b", "a"]) == "b, a"
    assert list_words([]) == ""
    assert list_words(MANY) == f"{', '.join(MANY[:12])} and 8 more"
    assert list_words(MANY, 19) == f"{', '.join(MANY[:19])} and 1 more"


def test_what_is_near_comes_first_as_near_as_is_asked_for() -> None:
    known = ["accepted", "answered", "rejected"]
    assert closest("acepted", known) == ["accepted", "rejected", "answered"]
    assert closest("acepted", known, 0.75) == ["accepted"]
    assert closest("xyzzy", known) == []
