"""What one check found."""

from __future__ import annotations

from smsbridge.cli.doctor.finding import Finding


def test_a_finding_is_well_if_nothing_is_to_be_done() -> None:
    assert Finding(name="tls", said="good").well
    assert not Finding(name="tls", said="expired", todo="renew it").well
