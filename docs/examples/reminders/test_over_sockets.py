"""The third way: a mock in a process of its own, for an application in a container, say."""

import json
import subprocess

import pytest
import requests
from reminders import remind

from smsbridge import Client

ANN = "+12025550123"


@pytest.fixture
def mock():
    """Start a mock at a free port, and return what it says when it is ready."""
    command = ["smsbridge", "mock", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield json.loads(process.stdout.readline())
        process.terminate()


def test_a_patient_is_reminded_once(mock):
    host = mock["address"].removeprefix("http://")
    with Client.from_url(f"smsmobileapi+rest://test-key@{host}?tls=off") as sms:
        remind(ANN, "9:30", sms)
    [message] = requests.get(f"{mock['control']}/messages", timeout=10).json()
    assert message["recipient"] == ANN
