"""A FastAPI app that takes webhooks at /sms/, its slash included."""

import os

from fastapi import FastAPI

from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.webhooks import MessageReceived, MessageReported, Receiver

inbox = []  # your database
receiver = Receiver(SMSMobileAPI, secrets=os.environ["SMS_WEBHOOK_SECRETS"].split())


async def take(event):
    match event:
        case MessageReceived():
            inbox.append((event.message.sender, event.message.text))
        case MessageReported():
            inbox.append((event.message.id, event.message.status))


app = FastAPI()
app.mount("/sms", receiver.asgi(take))
