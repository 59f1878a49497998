from smsbridge import Backend, Fields, Operation, Protocol, Rest, Secret, When, backend

FIELDS = {"to": "{recipient}", "text": "{text}"}
SEND = Operation("POST /messages", FIELDS, accepted=When({"state": "QUEUED"}, id="id"))


@backend
class Tiny(Backend):
    name = "tiny"
    url = "https://api.tiny.example"
    token: Secret
    protocols = {"rest": Protocol(Rest(body="json"), Fields({"token": "{token}"}), send=SEND)}
