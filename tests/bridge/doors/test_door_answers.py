"""What a door says about a message: something true in the dialect's words, or nothing."""

from __future__ import annotations

import pytest

from smsbridge import Status
from smsbridge.backends.base import Backend
from smsbridge.backends.registry import find
from smsbridge.bridge.doors.door_answers import DoorAnswers, true_word
from smsbridge.config.load import from_mapping
from smsbridge.errors import ConfigError
from smsbridge.serving.provider_protocol import provider_protocols

from support.each import each

WORDS = {"WAIT": Status.QUEUED, "OUT": Status.SENT, "THERE": Status.DELIVERED}


@each(
    ("status", "word"),
    [
        (Status.QUEUED, "WAIT"),
        (Status.ACCEPTED, "WAIT"),
        (Status.SENT, "OUT"),
        (Status.READ, "THERE"),
        (Status.UNKNOWN, None),
        (Status.REJECTED, None),
        (None, None),
    ],
)
def test_a_word_never_says_more_than_is_known(status: Status | None, word: str | None) -> None:
    assert true_word(WORDS, status) == word


def test_a_dialect_that_only_knows_delivered_can_t_say_queued() -> None:
    assert true_word({"THERE": Status.DELIVERED}, Status.QUEUED) is None


def rest(accepted: str, statuses: dict[str, str]) -> Backend:
    return from_mapping(
        {
            "backend": "rest",
            "url": "https://gate.example",
            "statuses": statuses,
            "send": {
                "route": "POST /send",
                "fields": {"to": "{recipient}", "text": "{text}"},
                "accepted": {"when": {"ok": accepted}, "id": "id", "status": "state"},
            },
        }
    )


def answers(backend: Backend) -> DoorAnswers:
    return DoorAnswers.of([backend], provider_protocols(backend))


def test_a_yes_that_no_client_would_read_is_refused() -> None:
    with pytest.raises(ConfigError, match="no answer can say yes"):
        answers(rest("/[A-Z]{7}/", {}))


def test_a_dialect_whose_ids_are_digits_gets_numbers() -> None:
    digits = from_mapping(
        {
            "backend": "rest",
            "url": "https://gate.example",
            "send": {
                "route": "POST /send",
                "fields": {"to": "{recipient}", "text": "{text}"},
                "accepted": {"when": {"id": "/[0-9]+/"}, "id": "id"},
            },
        }
    )
    assert answers(digits).by_number == {"rest"}
    assert answers(rest("yes", {"waiting": "queued"})).by_number == frozenset()


def test_all_of_the_catalogue_can_be_spoken() -> None:
    from smsbridge.backends.catalogue import catalogue_names

    for name in sorted(catalogue_names()):
        kind = find(name)
        keys = {key: "1" for table in kind.protocols.values() for key in table.auth.credentials}
        answers(from_mapping({"backend": name, "url": "https://gate.example", **keys}))
