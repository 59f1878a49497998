"""Clients in four languages find in a recording of them what the provider said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smsbridge import Client
from smsbridge.config.load import from_mapping
from smsbridge.testing.mock.default import SAMPLE_CREDENTIALS

from .conftest import RECIPIENT, TEXT, node, php, run
from support.mocking import mocking
from support.recording import KNOWN, recording
from support.tools import need


def ask_all(address: str) -> list[str]:
    """Return the ids that PHP, Node, curl and smsbridge read."""
    key = KNOWN["api_key"]
    form = {"apikey": key, "recipients": RECIPIENT, "message": f"{TEXT} by curl"}
    words = [part for one in form.items() for part in ("--data-urlencode", "=".join(one))]
    answer = json.loads(run("curl", "--silent", f"{address}/sendsms/", *words))
    keys = {"backend": "smsmobileapi", "protocol": "oauth", "url": address, **SAMPLE_CREDENTIALS}
    with Client(from_mapping(keys)) as sms:
        ours = sms.send(RECIPIENT, f"{TEXT} by smsbridge").id
    wsdl = f"{address}/sendsms/wsdl/sendsms.wsdl"
    return [
        php("soap", "soapclient.php", wsdl, key, RECIPIENT, TEXT, "1.1"),
        php("curl", "curl.php", address, key, RECIPIENT, f"{TEXT} by PHP"),
        node(None, "fetch.js", address, key, RECIPIENT, f"{TEXT} by Node"),
        answer["result"]["id"],
        str(ours),
    ]


@pytest.mark.full
def test_four_languages_read_in_a_recording_what_the_live_provider_said(tmp_path: Path) -> None:
    need("curl", "curl")
    need("node", "nodejs")
    ca = tmp_path / "ca.pem"
    with mocking("--tls", "--tls-ca", str(ca)) as ready:
        live = ready["address"]
        with recording(live, tmp_path / "out", ca=str(ca)) as recorded:
            said = ask_all(recorded.address)
    assert not recorded.recorder.was_refused
    assert len(recorded.files()) == 5
    assert not any(word in text for text in recorded.files().values() for word in KNOWN.values())
    with mocking(str(tmp_path / "out")) as ready:
        assert ask_all(ready["address"]) == said
