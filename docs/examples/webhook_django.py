"""A Django view that takes webhooks at /sms; these are the URLs too."""

import os

from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.http.exchange import Request
from smsbridge.webhooks import MessageReceived, MessageReported, Receiver

inbox = []  # your database
receiver = Receiver(SMSMobileAPI, secrets=os.environ["SMS_WEBHOOK_SECRETS"].split())


def take(event):
    match event:
        case MessageReceived():
            inbox.append((event.message.sender, event.message.text))
        case MessageReported():
            inbox.append((event.message.id, event.message.status))


@csrf_exempt
def sms(request):
    incoming = Request(
        method=request.method,
        url=request.get_full_path(),
        headers=request.headers,
        body=request.body,
    )
    answer = receiver.answer(incoming, take, peer=request.META["REMOTE_ADDR"])
    return HttpResponse(answer.body, status=answer.status, headers=answer.headers)


urlpatterns = [path("sms", sms)]
