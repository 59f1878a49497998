"""Acme SMS: one provider over REST and over SOAP, in tables."""

from smsbridge import Backend, Basic, Operation, Protocol, Reason, Rest, Secret, Soap, When, backend

REASONS = {"12": Reason.RECIPIENT, "40": Reason.AUTHENTICATION}
FIELDS = {"destination.number": "{recipient}", "content.body": "{text}", "reference": "{reference}"}
REST = Operation(
    "POST /v1/messages",
    fields={f"message.{path}": value for path, value in FIELDS.items()},
    accepted=When({"message.state": "QUEUED"}, id="message.id", status="message.state"),
    rejected={"failure.code": REASONS},
)
SOAP = Operation(
    "SubmitMessage",
    fields={f"request.{path}": value for path, value in FIELDS.items()},
    accepted=When({"result.state": "QUEUED"}, id="result.messageId"),
    rejected={"result.code": REASONS, "fault.string": {"no credit": Reason.QUOTA}},
)


@backend
class Acme(Backend):
    name = "acme"
    url = "https://api.acme.example"
    user: str
    password: Secret
    protocols = {
        "rest": Protocol(Rest(body="json"), Basic("user", "password"), send=REST),
        "soap": Protocol(Soap(wsdl="acme_sms:acme.wsdl"), Basic("user", "password"), send=SOAP),
    }
