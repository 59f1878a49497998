"""Messente's own SDK; its proxy and its issuers are settings of its own."""

from __future__ import annotations

import os
from typing import Any

from messente_api import SMS, ApiClient, Configuration, Omnimessage, OmnimessageMessagesInner
from messente_api.api.omnimessage_api import OmnimessageApi


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    keys = job["credentials"]
    settings = Configuration(username=keys["username"], password=keys["password"])
    settings.proxy = os.environ["HTTPS_PROXY"]
    settings.ssl_ca_cert = os.environ["SSL_CERT_FILE"]
    sms = SMS(sender=job["sender"], text=job["text"])
    message = Omnimessage(to=job["to"], messages=[OmnimessageMessagesInner(sms)])
    with ApiClient(settings) as client:
        return OmnimessageApi(client).send_omnimessage(message).messages[0].message_id
