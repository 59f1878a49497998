"""What a part of a message probably is, by its name: a block to start from guesses, and says so.

Names are English, Portuguese, Spanish, French, German, Italian, Turkish or Dutch, without accents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum

from smsbridge.codecs.soap.model import Part, PartPath, XSDType
from smsbridge.codecs.soap.xsd_samples import breaks, keeps
from smsbridge.mapping.path import names


class TableKind(StrEnum):
    """The tables of a block that can be proposed for an operation."""

    SEND = "send"
    STATUS = "status"
    RECEIVED = "received"
    SENT = "sent"
    TOKEN = "token"  # noqa: S105  (a word for a table)


SEND: Mapping[str, str] = {
    "{username}": r"user|login|account|usuario|utilizador|utilisateur|identifiant|benutzer"
    r"|anmelde|utente|kullanici|gebruiker|^(conta|cuenta|compte|konto|conto|hesap)$",
    "{password}": r"pass|pwd|secret|senha|contrasena|^clave|mot_?de_?passe|^mdp$|kennwort|parola"
    r"|sifre|wachtwoord",
    "{key}": r"api.?key|licen[cs]e|token$|^key$|^chave|cle_?api|schlussel|chiave|anahtar|sleutel",
    "{recipient}": r"recipient|dest|msisdn|mobile|phone|number|^to$|gsm|address|celular|telefon"
    r"|telemovel|^tel$|numer|numar|movil|movel|nummer|handy|empfanger|^cep|^alici|ontvanger"
    r"|cellular|portable|^(para|an|aan|pour)$",
    "{sender}": r"sender|from|source|orig|remetente|remitente|expedi|emetteur|absender|mittente"
    r"|gonderen|gonderici|baslik|afzender|^(de|da|von|van)$",
    "{reference}": r"ref|correl|client|external|transaction|musteri|klant|kunde",
    "{send_at|iso}": r"schedul|notbefore|send.?(at|on|time|date)|deliver.*(time|date)|agend"
    r"|program|planifi|(fecha|data|date).?(de.?|d.?)?(env|inv)|sende?.?(zeit|datum)|zamani"
    r"|verzend.?(tijd|datum)|zustell.?(zeit|datum)",
    "{text}": r"text|body|message|msg|content|mensa[jg]|messaggi|testo|nachricht|inhalt|mesaj"
    r"|metin|bericht|tekst|contenu|conte[nu]|icerik|^(corpo|cuerpo|corps)$",
}
"""The values of a message, and of whoever sends it, with the names of parts that hold them."""
CREDENTIALS = ("{username}", "{password}", "{key}")
LOGIN = {value: SEND[value] for value in CREDENTIALS}
_ID_NAME = r"(?<!val)ids?$|identifi|ticket|^(message|msg|sms)?.?ref|kennung|protocol|guid$"
ASK: Mapping[str, str] = {
    **LOGIN,
    "{id}": _ID_NAME,
}
BETWEEN: Mapping[str, str] = {
    **LOGIN,
    "{after|iso}": r"since|after|from|start|begin|desde|depuis|inicio|debut|seit|^(de|ab|von)$"
    r"|dal|inizio|baslangic|vanaf|^min",
    "{before|iso}": r"until|before|^to|end|hasta|^ate$|jusqu|fim$|fin$|bis$|fine$|bitis|^tot|^max",
}
"""What asks for messages of some days."""
ROWS: Mapping[str, str] = {
    "id": _ID_NAME,
    "status": r"status|state|estado|statut|stato|durum|situa|zustand",
    "at": r"time|date|^at$|data|fecha|zeit|datum|tarih|zaman|tijd|^ora$|hora",
    "sender": SEND["{sender}"],
    "recipient": SEND["{recipient}"],
    "text": SEND["{text}"],
    "error": r"err|reason|fault|fehler|hata|fout|motiv|falha|fallo",
    "device": r"device|modem|^port$|sim",
}
"""The names of a row's parts."""
LOGGED_IN = r"token|session|ticket|sid$|key|jeton|sitzung|oturum|sessie|sess|chave|clave|chiave"
_ABOUT = r"(id|type|count|class|format|encoding|length|code)$"  # of a number or a text, not itself
TROUBLE = re.compile(
    r"err(o|e|$)|fault|reason|fail|reject|refus|invalid|exception|erreur|fehler|hata|fout|falha"
    r"|fallo|motivo|motif|grund|neden|reden|raison|ragione|causa|sebep|problem|warn"
)
MARKER = re.compile(
    r"code|status|state|result|success|accept|response|return|codigo|estado|resultad|resultat"
    r"|statut|stato|ergebnis|sonuc|durum|esito|codice|kod|sucesso|exito|succes|erfolg|basari"
    r"|risultato|uitkomst|retour|retorno|resp|antwort|risposta|yanit|cevap|^(ok|ack|sent)$"
    r"|enviado|envoye|gesendet|gonderildi|inviato|verzonden|aceit|acept|angenommen|kabul|accett"
)
YES = re.compile(
    r"^(is_?|was_?|has_?)?(success|succe|accept|ok$|sent$|submitted|queued|sucesso|exito|erfolg"
    r"|basari|enviado|envoye|gesendet|gonderildi|inviato|verzonden|aceit|acept|angenommen|kabul"
    r"|accett)"
)
ID = re.compile(_ID_NAME)
_UNNAMED = ("#text", "string", "item", "long", "int", "integer", "decimal", "anytype")
_REFERENCE = "0" * 32  # what a message without a reference gets
_NUMBERS = frozenset(
    ("decimal", "integer", "long", "nonNegativeInteger", "positiveInteger", "unsignedLong")
)
_TIMES = ("{send_at|iso}", "{after|iso}", "{before|iso}")


def guesses(lines: Iterable[PartPath], values: Mapping[str, str]) -> dict[str, str]:
    """Return which value each path probably has: each value once, by the nearest name."""
    found: dict[str, str] = {}
    left = [line for line in lines if not line.type.words and line.part.fixed is None]
    for value, pattern in values.items():
        named = {
            line.path: name_of(line.path)
            for line in left
            if line.path not in found and _takes(line.type, value)
        }
        about = _ABOUT if value in ("{recipient}", "{text}", "recipient", "text") else r"(?!)"
        alike = [
            path
            for path, name in named.items()
            if re.search(pattern, name) and not re.search(about, name)
        ]
        if alike:
            found[min(alike, key=lambda p: not re.fullmatch(pattern, named[p]))] = value
    return found


def is_word(line: PartPath) -> bool:
    """Return whether what is at a path is a word, or an array of words."""
    return (line.type.item or line.type).simple


def name_of(path: str) -> str:
    """Return the last step of a path that says something, in small letters without accents."""
    steps = plain(path).split(".")
    return next((step for step in reversed(steps) if step not in _UNNAMED), steps[-1]).lstrip("@")


def plain(name: str) -> str:
    """Return a name in small letters, without accents."""
    parted = unicodedata.normalize("NFKD", name.lower().replace("\u0131", "i"))
    return "".join(char for char in parted if not unicodedata.combining(char))


def is_of_trouble(path: str) -> bool:
    """Return whether a path says by any of its names that something went wrong."""
    return any(TROUBLE.search(step) for step in plain(names(path)).split("."))


def digits_only(kind: XSDType) -> bool:
    """Return whether a type takes a number only without its plus."""
    if (kind.item or kind).base in _NUMBERS:
        return True
    plus, digits = (keeps(number, kind.limits) for number in ("+12025550123", "12025550123"))
    return digits and not plus


def _takes(kind: XSDType, value: str) -> bool:
    held = kind.item or kind
    if value in _TIMES:
        dated = held.base == "dateTime"
        return dated or (value == "{send_at|iso}" and held.refusal("a text") is None)
    if not value.startswith("{") or value == "{id}":
        return True
    if value == "{reference}" and breaks(_REFERENCE, held.limits):
        return False
    if value == "{recipient}" and held.base in _NUMBERS:
        return held.refusal("12025550123") is None
    return held.refusal("a text") is None


def first_of(lines: Iterable[PartPath], pattern: re.Pattern[str], without: Collection[str]) -> str:
    """Return the path of the first part of a name; empty if none."""
    found = (line.path for line in lines if pattern.search(name_of(line.path)))
    return next((path for path in found if path not in without), "")


def describe_value(part: Part) -> str:
    """Return what is said of a part's value beside its type."""
    if part.fixed is not None:
        return f", fixed {part.fixed}"
    return "" if part.default is None else f", default {part.default}"
