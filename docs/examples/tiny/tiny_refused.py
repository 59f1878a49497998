from smsbridge import Backend, Fields, Operation, Protocol, Reason, Rest, Secret, When, backend

FIELDS = {"to": "{recipient}", "text": "{text}"}
SEND = Operation(
    "POST /messages",
    FIELDS,
    accepted=When({"state": "QUEUED"}, id="id"),
    rejected={"error": {"no_such_number": Reason.RECIPIENT}},
)


@backend
class Tiny(Backend):
    name = "tiny"
    url = "https://api.tiny.example"
    token: Secret
    protocols = {"rest": Protocol(Rest(body="json"), Fields({"token": "{token}"}), send=SEND)}
