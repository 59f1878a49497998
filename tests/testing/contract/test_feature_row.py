"""A row of the matrix says what a backend can do, by its tables alone."""

from __future__ import annotations

from dataclasses import replace

from smsbridge import Secret, backend
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.testing.contract.feature_row import feature_rows, head

from support.blocks import GATE_LOGIN, SOAP_SEND, soap
from support.contracts import SEND, Honest

NONE = "\N{EN DASH}"
SHOWN = SMSMobileAPI(api_key=Secret("k"))


def test_protocols_that_can_do_the_same_share_a_row() -> None:
    rows = list(feature_rows(SHOWN, dict.fromkeys(SHOWN.protocols, "1: pass")))
    assert [row.protocols for row in rows] == [("rest", "oauth"), ("soap",)]
    assert rows[1].markdown() == (
        f"| `smsmobileapi` | `soap` | `sms` | `send` | {NONE} | signed | {NONE} | 1: pass |"
    )


def test_protocols_with_which_the_contract_ends_otherwise_have_rows_of_their_own() -> None:
    ended = {"rest": "1: pass", "oauth": "1: fail"}
    rows = list(feature_rows(SHOWN, ended))
    assert [(row.protocols, row.contract) for row in rows] == [
        (("rest",), "1: pass"),
        (("oauth",), "1: fail"),
    ]


@backend
class Counts(Honest):
    """Tells the provider how many SMS a text takes."""

    protocols = {
        "rest": replace(
            Honest.protocols["rest"], send=replace(SEND, fields={**SEND.fields, "n": "{segments}"})
        )
    }


def test_segments_are_a_feature_and_no_option() -> None:
    (row,) = feature_rows(Counts(key=Secret("k")), {"rest": "1: pass"})
    assert (row.segments, row.options, row.webhooks) == (True, ("reference", "sender"), "")
    assert row.words()["segments"] is True
    columns = head().splitlines()[0].count("|")
    assert row.markdown().count("|") == columns


def test_what_only_the_tables_use_is_no_option() -> None:
    send = SOAP_SEND.replace("body =", 'session = "{token}", body =')
    backend = soap(send + GATE_LOGIN)
    (row,) = feature_rows(backend, dict.fromkeys(backend.protocols, "1: pass"))
    assert row.options == ()
