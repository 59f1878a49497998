"""Acme keeps the contract of smsbridge over each protocol, and takes what a client sends."""

import pytest
from acme_sms import Acme

from smsbridge import Client, Secret
from smsbridge.testing import BackendContract, InProcess, Provider, load


class TestAcme(BackendContract):
    backend = "acme"


@pytest.mark.parametrize("protocol", ["rest", "soap"])
def test_a_message_arrives_with_its_reference(protocol: str) -> None:
    acme = Acme(user="u-1", password=Secret("p-1"), protocol=protocol)
    provider = Provider(acme, load("acme/default"))
    with Client(acme, transport=InProcess(provider)) as sms:
        submission = sms.send("+12025550123", "Ça va? 😀", reference="order-4711")
    (taken,) = provider.messages
    assert (taken.recipient, taken.text) == ("+12025550123", "Ça va? 😀")
    assert (submission.reference, submission.id) == ("order-4711", provider.scenario.minted["id"])
