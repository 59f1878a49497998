"""Receives webhooks from the bridge."""

import os

from smsbridge.webhooks import MessageReceived, Receiver
from smsbridge.webhooks.standard import STANDARD


def take(event):
    if isinstance(event, MessageReceived):
        print("received:", event.message.text)
    else:
        print(event.message.status, event.message.id)


app = Receiver(STANDARD, secrets=[os.environ["SHOP_WEBHOOK_SECRET"]]).wsgi(take)
