"""HostedSMS's own SDK. Its library of SOAP takes no proxy from the environment: it gets a URL."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from hostedsms.api import HostedSMSApi
from hostedsms.settings import HOSTED_SMS_URL


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message; a refusal is an exception."""
    given = job["credentials"]
    proxy = urlsplit(os.environ["http_proxy"]).netloc
    url = urlsplit(HOSTED_SMS_URL)._replace(scheme="http", netloc=proxy).geturl()
    sms = HostedSMSApi(given["username"], given["password"], url)
    number = job["to"].removeprefix("+")
    return sms.send_sms(number, job["text"], job["sender"], job["reference"]).message_id
