"""What a block to start from says of an answer: no more than its WSDL proves."""

from __future__ import annotations

from smsbridge.codecs.soap.load import load_port
from smsbridge.codecs.soap.scaffold import toml_block

from support.each import each
from support.vendor import changed
from support.wsdls import element, holding, schema, sequence, wsdl


@each(
    ("old", "new", "when"),
    [
        ('"code" type="xsd:int"', '"code" type="xsd:boolean"', '"result.code" = "" }'),
        ('"code" type="xsd:int"', '"code" type="tns:Priority"', '"result.code" = "" }'),
        ('"code"', '"valid"', '"result.messageId" = "" }'),
        ('"code"', '"succeeded"', '"result.messageId" = "" }'),
        ('"code"', '"success"', '"result.success" = "" }'),
        ('"code" type="xsd:int"', '"success" type="xsd:boolean"', '"result.success" = "true" }'),
        ('"code"', '"errorCode"', '"result.messageId" = "" }'),
    ],
)
def test_a_yes_is_guessed_by_the_answer_s_names_and_types(old: str, new: str, when: str) -> None:
    contract = load_port(changed((old, new)).encode())
    lines = list(toml_block(contract, "SubmitShortMessage", "oldcorp.wsdl"))
    (line,) = (line for line in lines if line.startswith("when"))
    assert line.startswith(f"when = {{ {when}")


NAMES = {
    "English": "result sendResult unsuccessful acceptFailed okErrors notAccepted isRejected",
    "Portuguese": "resultado falha motivo erro naoAceito",
    "Spanish": "resultado fallo motivo error rechazado",
    "French": "résultat erreur raison refusé échec",
    "German": "ergebnis fehler grund abgelehnt",
    "Italian": "esito errore ragione causa rifiutato",
    "Turkish": "sonuç hata neden sebep",
    "Dutch": "resultaat fout reden geweigerd",
}


@each(
    ("language", "kind"),
    [(name, kind) for name in NAMES for kind in ("xs:string", "xs:boolean", "xs:int", "xs:long")],
)
def test_no_mark_can_be_the_word_of_a_refusal(language: str, kind: str) -> None:
    send = holding("Send", sequence(element("to"), element("text")))
    for name in NAMES[language].split():
        for occurs in ("0", "1"):
            answer = holding("SendResponse", sequence(element(name, kind, minOccurs=occurs)))
            lines = toml_block(load_port(wsdl(schema(send, answer))), "Send", "t.wsdl")
            (mark,) = (line for line in lines if line.startswith("when"))
            assert mark.startswith(f'when = {{ "{name}" = "" }}')


@each(
    ("answer", "when"),
    [
        (sequence(element("messageId", "xs:int", minOccurs="0")), '"messageId" = "" }'),
        (sequence(element("messageId", minOccurs="0")), '"messageId" = "" }'),
        (
            "<xs:choice>" + element("messageId") + element("errorCode") + "</xs:choice>",
            '"messageId" = "*" }',
        ),
        (sequence(element("success", "xs:boolean")), '"success" = "true" }'),
        ("", '"#answer" = "SendResponse" }'),
    ],
)
def test_any_id_is_a_mark_where_the_wsdl_gives_a_refusal_something_else(
    answer: str, when: str
) -> None:
    send = holding("Send", sequence(element("to"), element("text")))
    document = wsdl(schema(send, holding("SendResponse", answer)))
    (mark,) = (
        line
        for line in toml_block(load_port(document), "Send", "t.wsdl")
        if line.startswith("when")
    )
    assert mark.startswith(f"when = {{ {when}")


def test_what_may_stand_several_times_in_an_answer_is_taken_from_its_first() -> None:
    repeated = ('name="result" type', 'name="result" maxOccurs="unbounded" type')
    contract = load_port(changed(repeated).encode())
    lines = list(toml_block(contract, "SubmitShortMessage", "oldcorp.wsdl"))
    assert lines[-2:] == [
        'when = { "result[0].code" = "" }  # which word means yes? int',
        'id = "result[0].messageId"',
    ]
