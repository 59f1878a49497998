"""Webhooks are read, and forged ones are not."""

from __future__ import annotations

from dataclasses import replace

from smsbridge import Secret, backend
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.testing.contract.subject import Subject
from smsbridge.webhooks import Signature, Webhook, WebhookKind

from support.contracts import Honest, ruling, subject
from support.each import each

TABLE = Webhook(
    kind=WebhookKind.ARRIVED,
    types=["in"],
    envelope={
        "id": "id",
        "type": "type",
        "version": "v",
        "created_at": "made",
        "occurred_at": "at",
        "data": "data",
    },
    row={"id": "id", "sender": "from", "text": "text"},
    signed=Signature(header="X-Sign", timestamp="X-Time"),
)
UNSIGNED = replace(TABLE, signed=None)


def of(table: Webhook) -> tuple[str, ...]:
    @backend
    class Hooked(Honest):
        """Sends webhooks."""

        webhooks = (table,)

    return ruling(14, Subject(Hooked(key=Secret("k")), [])).findings


@each("table", [TABLE, UNSIGNED])
def test_what_is_read_by_its_table_passes(table: Webhook) -> None:
    assert of(table) == ()


def test_the_webhooks_that_ship_pass_with_every_type() -> None:
    judged = Subject(SMSMobileAPI(api_key=Secret("k")), [])
    assert ruling(14, judged).findings == ()


def test_an_event_that_is_read_otherwise_or_not_at_all_is_found() -> None:
    assert of(replace(TABLE, row={**TABLE.row, "text": "from"})) == (
        "in: its sender is another one",
    )
    (unread,) = of(replace(TABLE, envelope={**TABLE.envelope, "id": "type"}))
    assert unread.startswith("in: it is not read: WebhookUnreadable (")


def test_a_webhook_that_is_good_for_days_is_found() -> None:
    lasting = Signature(header="X-Sign", timestamp="X-Time", seconds=7 * 86_400)
    assert of(replace(TABLE, signed=lasting)) == (
        "one of yesterday that is sent again: it is taken",
        "one from the future: it is taken",
    )


def test_it_does_not_apply_where_no_webhook_is_declared() -> None:
    assert ruling(14, subject()).findings == ("it declares no webhook",)
    assert ruling(14, subject()).protocol == ""


def test_an_envelope_of_few_parts_and_paths_of_many_steps_pass() -> None:
    nested = {"id": "event.id", "type": "event.kind", "data": "event.about"}
    row = {"id": "sms.id", "sender": "sms.from.number", "text": ["sms.body", "body"]}
    assert of(replace(TABLE, envelope=nested, row=row)) == ()
    assert of(replace(TABLE, envelope={"id": "event", "type": "kind"})) == ()
