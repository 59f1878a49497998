"""Infobip's own SDK; its proxy and its issuers are settings of its own."""

from __future__ import annotations

import os
from typing import Any

from infobip_api_client import ApiClient, Configuration
from infobip_api_client.api.sms_api import SmsApi
from infobip_api_client.models import (
    SmsDestination,
    SmsMessage,
    SmsMessageContent,
    SmsRequest,
    SmsTextContent,
)


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    settings = Configuration(
        host=f"https://{job['host']}",
        api_key={"APIKeyHeader": job["credentials"]["api_key"]},
        api_key_prefix={"APIKeyHeader": "App"},
    )
    settings.proxy = os.environ["HTTPS_PROXY"]
    settings.ssl_ca_cert = os.environ["SSL_CERT_FILE"]
    message = SmsMessage(
        sender=job["sender"],
        destinations=[SmsDestination(to=job["to"].lstrip("+"))],
        content=SmsMessageContent(SmsTextContent(text=job["text"])),
    )
    with ApiClient(settings) as client:
        answer = SmsApi(client).send_sms_messages(SmsRequest(messages=[message]))
    return answer.messages[0].message_id
