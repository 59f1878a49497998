"""One call of an operation is one conversation, with its token call and its repeats."""

from __future__ import annotations

from smsbridge.testing.record.decode import DecodedExchange
from smsbridge.testing.record.recorded_conversation import divide, join

from support.recorded import answered, asked, decoded, exchange


def token(word: str) -> DecodedExchange:
    request = asked("/token", {"grant_type": "client_credentials"})
    return decoded(exchange(request, answered({"access_token": word})))


def send(text: str, word: str = "", status: int = 200) -> DecodedExchange:
    request = asked(form={"message": text}, authorization=f"Bearer {word}")
    return decoded(exchange(request, answered(status=status)))


def test_each_call_has_its_own_file() -> None:
    one, two, again = send("1"), send("2"), send("1")
    assert [each.exchanges for each in divide([], [one, two, again])] == [[one], [two], [again]]


def test_a_token_call_goes_with_each_call_that_carries_its_token() -> None:
    given, one, two = token("tok-77-a1"), send("1", "tok-77-a1"), send("2", "tok-77-a1")
    assert [each.exchanges for each in divide([], [given, one, two])] == [
        [given, one],
        [given, two],
    ]
    assert [each.exchanges for each in divide([given], [one])] == [[given, one]]


def test_a_repeat_after_a_refusal_or_a_fault_goes_on() -> None:
    old, refused = token("tok-77-a1"), send("1", "tok-77-a1", 401)
    new, done = token("tok-88-b2"), send("1", "tok-88-b2")
    (found,) = divide([], [old, refused, new, done])
    assert found.exchanges == [old, refused, new, done]
    assert found.main is done
    broken = decoded(exchange(asked(form={"message": "1"}), "silence"))
    assert len(divide([], [broken, send("1")])) == 1


def test_a_token_that_nobody_carried_is_a_conversation_of_its_own() -> None:
    assert [each.main.is_token_call for each in divide([], [token("tok-77-a1")])] == [True]


def test_what_is_cut_is_one_with_the_token_calls_from_before() -> None:
    given, one, two = token("tok-77-a1"), send("1", "tok-77-a1"), send("2")
    assert join([one, two], [token("other-1"), given]).exchanges == [given, one, two]
