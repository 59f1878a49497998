"""Bandwidth's own SDK."""

from __future__ import annotations

import os
from typing import Any

from bandwidth import ApiClient, Configuration, MessageRequest, MessagesApi


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    keys = job["credentials"]
    configuration = Configuration(
        username=keys["username"],
        password=keys["password"],
        ssl_ca_cert=os.environ["SSL_CERT_FILE"],
    )
    configuration.proxy = os.environ["HTTPS_PROXY"]
    message = MessageRequest(
        application_id=keys["application_id"],
        to=[job["to"]],
        var_from=job["sender"],
        text=job["text"],
    )
    with ApiClient(configuration) as client:
        return MessagesApi(client).create_message(keys["account_id"], message).id
