"""thinwrap-notifications: one adapter for all its providers, each of which has a config of its own.

``config`` is the name of that config's class, ``keys`` what each of its fields is, a template over
the job; ``to`` is a template too.
"""

from __future__ import annotations

from typing import Any

from thinwrap import notifications
from thinwrap.notifications.sms import Sms, SmsSendInput


def send(job: dict[str, Any]) -> Any:
    """Return the id of the message."""
    settings = job["settings"]
    values = {"to": job["to"], "to_digits": job["to"].lstrip("+"), "host": job["host"]}
    values |= job["credentials"]
    keys = {name: template.format(**values) for name, template in settings["keys"].items()}
    client = Sms(getattr(notifications, settings["config"])(**keys))
    to = settings.get("to", "{to}").format(**values)
    sent = client.send(SmsSendInput(to=to, from_=job["sender"], body=job["text"]))
    return sent.provider_message_id
