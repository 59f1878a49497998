"""A Flask app that takes webhooks at /sms."""

import os

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.webhooks import MessageReceived, MessageReported, Receiver

inbox = []  # your database
receiver = Receiver(SMSMobileAPI, secrets=os.environ["SMS_WEBHOOK_SECRETS"].split())


def take(event):
    match event:
        case MessageReceived():
            inbox.append((event.message.sender, event.message.text))
        case MessageReported():
            inbox.append((event.message.id, event.message.status))


app = Flask(__name__)
app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/sms": receiver.wsgi(take)})
