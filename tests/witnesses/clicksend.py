"""ClickSend's own SDK; its proxy and its issuers are settings of its own."""

from __future__ import annotations

import os
from typing import Any

from clicksend import ApiClient, Configuration
from clicksend.api.sms_api import SmsApi
from clicksend.models import SendSmsRequest, SendSmsRequestMessagesInner


def send(job: dict[str, Any]) -> Any:
    """Return the answer."""
    keys = job["credentials"]
    settings = Configuration(username=keys["username"], password=keys["password"])
    settings.proxy = os.environ["HTTPS_PROXY"]
    settings.ssl_ca_cert = os.environ["SSL_CERT_FILE"]
    fields = {"to": job["to"], "body": job["text"], "from": job["sender"]}
    message = SendSmsRequestMessagesInner.from_dict(fields)
    with ApiClient(settings) as client:
        return SmsApi(client).send_sms(send_sms_request=SendSmsRequest(messages=[message]))
