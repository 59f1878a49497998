"""What a part probably is, by its name, in eight languages."""

from __future__ import annotations

from smsbridge.codecs.soap.guess import SEND, guesses, is_of_trouble, name_of
from smsbridge.codecs.soap.model import Part, PartPath, XSDType

from support.each import each

STRING = XSDType(base="string")
FIVE = "recipient text password username sender"


@each(
    ("names", "values"),
    [
        ("celular mensagem senha usuario remetente", FIVE),
        (
            "telefono mensaje contraseña usuario remitente",
            FIVE,
        ),
        (
            "numero texte motDePasse utilisateur expediteur",
            FIVE,
        ),
        (
            "empfänger nachricht kennwort benutzer absender",
            FIVE,
        ),
        ("cellulare messaggio parola utente mittente", FIVE),
        ("telefon mesaj şifre kullan\u0131c\u0131 gönderen", FIVE),
        (
            "ontvanger bericht wachtwoord gebruiker afzender",
            FIVE,
        ),
        ("mobile body pwd login source", FIVE),
    ],
)
def test_names_are_known_in_each_language(names: str, values: str) -> None:
    lines = [PartPath(path=name, part=Part(name=name, type=STRING)) for name in names.split()]
    found = guesses(lines, SEND)
    assert [found.get(name, "").strip("{}") for name in names.split()] == values.split()


@each("path", ["error.@code", "result.faultText", "reason", "fehler.code", "kodHata", "motivo"])
def test_a_path_of_trouble_is_known_by_any_of_its_names(path: str) -> None:
    assert is_of_trouble(path)


@each("path", ["result.code", "messageId", "accepted", "stato", "operatorId"])
def test_no_other_path_is_one_of_trouble(path: str) -> None:
    assert not is_of_trouble(path)


def test_a_name_is_the_last_step_that_says_something_without_accents() -> None:
    assert name_of("to.Número.#text") == "numero"
