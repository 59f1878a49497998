"""Reminds patients of their appointments, and takes their replies."""

from smsbridge import Client, NotSent, OutcomeUnknown, Rejected
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.webhooks import MessageReceived, Receiver

states = {}  # your database: where each patient stands, by number


def remind(phone, time, sms=None):
    """Send one reminder, and write down how that ended."""
    sms = sms or Client.from_config("production")
    try:
        sms.send(phone, f"Your appointment is at {time}. Reply NO to cancel.")
    except NotSent:
        states[phone] = "to be sent"
    except Rejected as error:
        states[phone] = f"refused: {error.reason}"
    except OutcomeUnknown:
        states[phone] = "unknown"  # it may have been sent: never again without a look
    else:
        states[phone] = "reminded"


def take(event):
    """Cancel the appointment of whoever replies NO."""
    if isinstance(event, MessageReceived) and event.message.text.strip().upper() == "NO":
        states[event.message.sender] = "cancelled"


webhooks = Receiver(SMSMobileAPI, secrets=["the-webhook-secret"]).wsgi(take)
