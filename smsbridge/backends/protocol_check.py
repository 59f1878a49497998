"""Checks a protocol as a whole: its calls, what they carry, and how its auth goes with them.

A class and a block of config are checked by the same functions; an error has the key of what is
wrong, in the words of a block.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from smsbridge.auth.schemes import Login
from smsbridge.codecs.answer_format import compile_format
from smsbridge.codecs.rest import BODIES, BODILESS, METHODS, Rest
from smsbridge.mapping.auth import Auth
from smsbridge.mapping.codec import Codec
from smsbridge.mapping.operation import MOST_RECIPIENTS, RECIPIENT_ROW, Operation, Question
from smsbridge.mapping.path import ANSWER, LIST, ONLY, STATUS, TEXT, nest, steps
from smsbridge.mapping.table_check import check_path
from smsbridge.mapping.template import RECIPIENTS, Template
from smsbridge.mapping.template_check import route_trouble
from smsbridge.text.located import Checker
from smsbridge.text.suggest import nearest

Tables = Mapping[str, Operation | Question]
_MUST_CARRY = {"send": ("recipient", "text"), "resend": ("id",)}
_FOR_SEVERAL = ("rows", "row", "most")
_FEWEST = 2
_WITH_ROWS = ("json", "xml")
_WITH_FIELDS = ("json", "xml", "form")
_ONE_ROOT = "XML has one root, in which every field is: request.to, request.@version"
_LOST = {
    **dict.fromkeys(("recipient", "text"), "the message would not arrive"),
    "id": "which message is it?",
}


def check_codec(at: Checker, codec: Codec) -> None:
    """Refuse a kind of body that is not there, and a format of answers that can't be read."""
    if not isinstance(codec, Rest):
        return
    if codec.body not in BODIES:
        at.fail(f"{codec.body!r} is neither {' nor '.join(BODIES)}", "body")
    try:
        compile_format(codec.answer)
    except ValueError as error:
        at.fail(str(error), "answer")


def check_route(at: Checker, call: str, known: Collection[str]) -> None:
    """Refuse a route without a method or a path, or with a value that is not there."""
    method, _, path = call.partition(" ")
    if method not in METHODS or not path.startswith("/"):
        example = f"a method ({', '.join(METHODS)}) and a path, such as POST /v1/messages"
        at.fail(f"{call!r}: give {example}", "route")
    if why := route_trouble(call, known):
        at.fail(why, "route")


def check_field_names(at: Checker, codec: Codec, call: str, fields: Iterable[str]) -> None:
    """Refuse a list as the body if it isn't JSON, and brackets with names if it isn't a form."""
    form = isinstance(codec, Rest) and codec.body == "form"
    is_form = form or (isinstance(codec, Rest) and call.partition(" ")[0] in BODILESS)
    if _is_xml(codec, call) and (path := _outside_root(fields)):
        at.fail(_ONE_ROOT, "fields", path)
    for path in fields:
        if is_form and path.partition("[")[0] == LIST:
            at.fail("a form and a query can't be a list; only JSON can", "fields", path)
        elif not is_form:
            check_path(at, path, "fields", path)
            if isinstance(codec, Rest) and ONLY in steps(path):
                at.fail(f"{ONLY} is for answers: name the field", "fields", path)
        if _is_xml(codec, call) and not _is_of_xml(path):
            at.fail("XML can't have such a name", "fields", path)


def _is_of_xml(path: str) -> bool:
    """Return whether a path can be written: in elements, and an attribute at its end."""
    from smsbridge.codecs.xml_document import write_xml

    inner = [step for step in steps(path)[:-1] if isinstance(step, str)]
    try:
        write_xml(nest({path: "1"}))
    except ValueError:
        return False
    return not any(step.startswith(("@", "#")) for step in inner)


def _outside_root(fields: Iterable[str]) -> str | None:
    """Return a field that is not in the one element of XML in which all are, if there is one."""
    roots = {path: path.partition(".")[0] for path in fields}
    first = next(iter(roots.values()), "")
    for path, root in roots.items():
        if root != first or root == path or root.startswith(("@", "#")) or "[" in root:
            return path
    return None


def check_words_of_text(at: Checker, table: Operation, codec: Codec) -> None:
    """Refuse a path that no answer can have: of text there are its own, and those of a pattern."""
    if not isinstance(codec, Rest) or codec.answer in _WITH_FIELDS:
        return
    pattern = compile_format(codec.answer)
    known = (*(pattern.groupindex if pattern else ()), TEXT, STATUS)
    accepted = table.accepted
    paths: list[tuple[str, tuple[str, ...]]] = []
    paths += [(path, ("accepted", "when", path)) for path in accepted.match]
    paths += [(getattr(accepted, key) or TEXT, ("accepted", key)) for key in ("id", "status")]
    for key in ("rejected", "not_sent"):
        paths += [(path, (key, path)) for path in getattr(table, key)]
    for path, place in paths:
        if path not in known:
            at.fail(f"no answer has {path!r}; {nearest(path, known)}", *place)


def _is_xml(codec: Codec, call: str) -> bool:
    bodiless = call.partition(" ")[0] in BODILESS
    return isinstance(codec, Rest) and codec.body == "xml" and not bodiless


def check_carried(at: Checker, name: str, table: Operation) -> None:
    """Refuse an operation that leaves out what it is for."""
    carried = table.carries()
    for value in _MUST_CARRY.get(name, ()):
        if value not in carried and not (value == "recipient" and RECIPIENTS in carried):
            at.fail(f"no field has {{{value}}}: {_LOST[value]}", "fields")


def check_recipients(at: Checker, table: Operation, codec: Codec) -> None:
    """Refuse a call to several recipients whose answer can't tell them apart."""
    if RECIPIENTS not in table.carries():
        given = next((key for key in _FOR_SEVERAL if getattr(table, key) not in ("", {}, 1)), "")
        if given:
            at.fail("no field has {recipients}: each call has one message", given)
        return
    if not isinstance(codec, Rest):
        at.fail("{recipients} are for routes: over SOAP each call has one message", "fields")
    if codec.answer not in _WITH_ROWS:
        at.fail(f"rows are in answers that are {' or '.join(_WITH_ROWS)}", "answer")
    if alone := sorted({"recipient", "reference"} & table.carries()):
        at.fail(
            f"{{recipients}} stands for several, {{{alone[0]}}} for one: use only one of them",
            "fields",
        )
    _check_rows(at, table)
    if not _FEWEST <= table.most <= MOST_RECIPIENTS:
        at.fail(f"give how many recipients a call takes, {_FEWEST} to {MOST_RECIPIENTS}", "most")
    if table.accepted.by_status:
        at.fail("all rows share one status: name a word that each row has", "accepted", "when")


def _check_rows(at: Checker, table: Operation) -> None:
    if not table.rows:
        at.fail('give the path of the rows, such as "messages", one for each recipient', "rows")
    if table.row.keys() != {*RECIPIENT_ROW}:
        at.fail('give where a row has its number, such as { recipient = "to" }', "row")
    for path in (table.rows, *(part for one in table.paths("recipient") for part in one.split())):
        check_path(at, path, "row")


def check_auth(
    at: Checker, auth: Auth, tables: Collection[Operation | Question], codec: Codec
) -> None:
    """Refuse an auth whose fields are also those of a call, or whose token no call carries."""
    own: Mapping[str, Template] = auth.fields(dict.fromkeys(auth.credentials, ""))
    for table in tables:
        if both := sorted(own.keys() & table.fields):
            at.fail(f"{both[0]} is a field of {table.call} too", "auth", "fields")
        try:
            nest({**table.fields, **own})
        except ValueError as error:
            at.fail(str(error), "auth", "fields")
        is_xml = bool(own) and _is_xml(table.codec or codec, table.call)
        if is_xml and _outside_root((*table.fields, *own)):
            at.fail(f"{_ONE_ROOT}, as those of {table.call} are", "auth", "fields")
    carried = {name for table in tables for name in table.carries()}
    if isinstance(auth, Login) and "token" not in carried:
        at.fail("no field and no header of a call has {token}", "token")


def check_answer_mark(at: Checker, tables: Tables) -> None:
    """Refuse the mark of a declared empty answer, where no WSDL declares answers."""
    for name, table in tables.items():
        if ANSWER in table.taken.match:
            key = ("accepted", "when") if isinstance(table, Operation) else ("answered",)
            at.fail("only a WSDL declares an empty answer: name a word", name, *key, ANSWER)
