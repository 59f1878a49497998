"""A shop that confirms each order by SMS, and no order twice."""

import os
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from smsbridge import (
    AsyncClient,
    InvalidMessage,
    NoAnswer,
    NotSent,
    OutcomeUnknown,
    Rejected,
    Status,
)
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.webhooks import MessageReported, Receiver

orders = {}  # your database: where the message of each order stands
reports = {}  # your database: the furthest that the provider reported of each id
STEPS = [Status.UNKNOWN, Status.QUEUED, Status.SENT, Status.UNDELIVERED]


class Order(BaseModel):
    """An order, as the shop's pages post it."""

    number: str
    phone: str


@asynccontextmanager
async def lifespan(app):
    """Keep one client for as long as the process lives, and close it at the end."""
    async with AsyncClient() as app.state.sms:
        yield


async def take(event):
    """Keep the furthest report of a message: reports may come in any order."""
    if isinstance(event, MessageReported) and event.message.id:
        message = event.message
        before = reports.get(message.id, Status.UNKNOWN)
        reports[message.id] = max(before, message.status, key=STEPS.index)


app = FastAPI(lifespan=lifespan)
receiver = Receiver(SMSMobileAPI, secrets=os.environ["SMS_WEBHOOK_SECRETS"].split())
app.mount("/sms", receiver.asgi(take))


async def confirm(number):
    """Send the message of an order, and write down how that ended."""
    row = orders[number]
    row["state"] = "sending"  # before anything leaves
    try:
        submission = await app.state.sms.send(
            row["phone"], f"Order {number} is confirmed", reference=f"order-{number}"
        )
    except NotSent:
        row["state"] = "not sent"
    except Rejected as error:
        row["state"] = f"refused: {error.reason}"
    except OutcomeUnknown as error:
        row.update(state="unknown", attempt=error.attempt)
    else:
        row.update(state="taken", id=submission.id)


@app.post("/orders", status_code=201)
async def place(order: Order):
    """Take an order. It stands, whatever becomes of its message."""
    if order.number in orders:
        raise HTTPException(409, "this order was placed before")
    orders[order.number] = {"phone": order.phone}
    try:
        await confirm(order.number)
    except InvalidMessage:
        del orders[order.number]
        raise HTTPException(422, "give the phone as + and 5 to 15 digits") from None
    return {"order": order.number, "message": orders[order.number]["state"]}


@app.get("/orders/{number}")
def show(number: str):
    """Return where the message of an order stands."""
    if number not in orders:
        raise HTTPException(404, "there is no such order")
    row = orders[number]
    return {"order": number, "message": reports.get(row.get("id"), row["state"])}


@app.post("/pending")
async def pending():
    """Send what was not sent, and look up what is unknown. A timer posts here each minute."""
    for number, row in list(orders.items()):
        if row["state"] == "not sent":
            await confirm(number)
        elif row["state"] == "unknown":
            with suppress(OutcomeUnknown, NoAnswer):
                submission = await app.state.sms.resolve(row["attempt"])
                row.update(state="taken", id=submission.id)
    return {number: row["state"] for number, row in orders.items()}
