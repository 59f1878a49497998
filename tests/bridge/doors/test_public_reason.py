"""Why a call is refused, without what its caller wrote."""

from __future__ import annotations

from smsbridge.bridge.doors.public_reason import public_reason

from support.each import each

TEXT = "Meet me at nine, \u201cJo\u201d"


@each(
    ("said", "shown"),
    [
        ("send_at: the time can't be read", "send_at: the time can't be read"),
        (
            "recipient '+120\u20260123': give digits, such as +12025550123",
            "recipient \u2022\u2022\u2022: give digits",
        ),
        ("number 12025550123 is barred", "number \u2022\u2022\u2022 is barred"),
        (f"can't carry {TEXT}", "can't carry \u2022\u2022\u2022"),
        ("sender 'Jo': give another", "sender \u2022\u2022\u2022: give another"),
        ('sender "Jo": give another', "sender \u2022\u2022\u2022: give another"),
        (
            "Element 'to' is no 'xs:int' of 'Jo'",
            "Element 'to' is no 'xs:int' of \u2022\u2022\u2022",
        ),
    ],
)
def test_a_reason_has_no_value_of_the_caller(said: str, shown: str) -> None:
    assert public_reason(said, [TEXT, "Jo"], {"to"}) == shown


def test_a_reason_is_cut() -> None:
    assert len(public_reason("x" * 5_000)) == 301
