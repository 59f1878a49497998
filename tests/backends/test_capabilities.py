"""What each installed backend can do, read off its tables."""

from __future__ import annotations

from smsbridge.backends.capabilities import Capability, capabilities

ALL = {(one.backend, one.protocol): one for one in capabilities()}


def test_each_backend_is_there_with_each_of_its_protocols() -> None:
    assert ALL.keys() >= {
        ("acme", "rest"),
        ("acme", "soap"),
        ("console", "console"),
        ("memory", "memory"),
        ("smsmobileapi", "rest"),
        ("smsmobileapi", "soap"),
        ("smsmobileapi", "oauth"),
    }


def test_what_a_protocol_can_do_is_what_its_table_says() -> None:
    assert ALL["smsmobileapi", "soap"] == Capability(
        backend="smsmobileapi",
        protocol="soap",
        operations=["send"],
        channels=["sms"],
        options=[],
        origin="smsbridge",
    )
    rest = ALL["smsmobileapi", "rest"]
    assert rest.channels == ["sms", "sms+whatsapp", "whatsapp"]
    assert {"send_at", "options.sim"} <= set(rest.options)
    assert ALL["acme", "rest"].options == ["reference"]


def test_a_backend_without_a_network_can_do_all() -> None:
    assert ALL["memory", "memory"].options == ["all"]
