"""Answers that hold one word of a table, over REST and SOAP."""

from __future__ import annotations

import pytest

from smsbridge import Rejected, Submission
from smsbridge.mapping.codec import Unwritable
from smsbridge.testing.contract.subject import Subject
from smsbridge.testing.contract.word_answers import acceptance, hear, refusals

from support.blocks import SOAP_SEND, soap
from support.contracts import subject


def gate() -> Subject:
    return Subject(soap(SOAP_SEND), [])


def test_a_word_is_heard_over_rest() -> None:
    end = hear(subject(), "send", {"error": "12"}).end
    assert isinstance(end, Rejected)
    assert end.code == "12"


def test_a_status_is_a_word() -> None:
    end = hear(subject(), "send", {"#status": "422"}).end
    assert isinstance(end, Rejected)


def test_a_word_is_heard_over_soap_as_its_contract_allows() -> None:
    end = hear(gate(), "send", {"result.code": "12"}).end
    assert isinstance(end, Rejected)
    with pytest.raises(Unwritable):
        hear(gate(), "send", {"result.code": "no number"})


def test_a_refusal_has_no_mark_of_success_if_that_can_be() -> None:
    made = list(refusals(subject(), "send", "error", "12"))
    assert made[0] == {"state": "no", "error": "12"}
    assert made[-1] == {"error": "12"}
    assert list(refusals(gate(), "send", "result.code", "12")) == [{"result.code": "12"}]


def test_an_acceptance_has_the_marks_of_success_and_an_id() -> None:
    words = acceptance(subject(), "send", {"more": "1"})
    assert words == {"state": "queued", "id": "7", "more": "1"}
    assert isinstance(hear(subject(), "send", words).end, Submission)
