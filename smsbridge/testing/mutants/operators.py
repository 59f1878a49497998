"""What is done to a request, one at a time: the list of operators.

An operator that has a ``reason`` makes requests that mean the same: refusing one is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from smsbridge.http.exchange import Request
from smsbridge.testing.mutants.alterations import (
    Change,
    Changes,
    add_field,
    add_spaces,
    alter,
    alter_each,
    double,
    drop,
    empty,
    escape,
    label_as_text,
    leave_namespace,
    move_path,
    rename_by,
    reorder,
    retype,
    swap_case,
    swap_neighbours,
    toggle_slash,
    use_method,
    use_prefix,
    write_other_body,
)
from smsbridge.testing.mutants.wire import RequestParts, Spot

_FIELDS = ("query", "headers", "form", "json", "soap", "security")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A request in another shape: what was done to it, where, and the request.

    ``reason``: why it means the same; empty if it does not.
    """

    operator: str
    spot: Spot
    change: Callable[[Request], Request]
    reason: str = ""

    def __str__(self) -> str:
        """Return its name: ``drop form.message``."""
        return f"{self.operator} {self.spot}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One way to alter a request. ``what``: in words; ``reason``: why that means the same."""

    name: str
    what: str
    make: Callable[[RequestParts], Changes]
    reason: str = ""


def mutants(request: Request) -> Iterator[Mutant]:
    """Yield every mutant of a request, by every operator.

    >>> from smsbridge.testing.mutants.operators import mutants
    >>> asked = Request(method="GET", url="https://api.acme.example/log?id=7")
    >>> [str(one) for one in mutants(asked)][:3]
    ['method-post method', 'method-put method', 'path-slash path']
    """
    wire = RequestParts.of(request)
    for operator in OPERATORS:
        for spot, change in operator.make(wire):
            yield Mutant(
                operator=operator.name, spot=spot, change=_whole(change), reason=operator.reason
            )


def _whole(change: Change) -> Callable[[Request], Request]:
    return lambda request: change(RequestParts.of(request))


OPERATORS: tuple[Operator, ...] = (
    Operator(
        name="method-post", what="POST, or GET if it was POST", make=use_method("POST", "GET")
    ),
    Operator(
        name="method-put", what="PUT, or PATCH if it was PUT", make=use_method("PUT", "PATCH")
    ),
    Operator(name="path-slash", what="with a last slash, or without", make=move_path(toggle_slash)),
    Operator(name="path-case", what="in capitals", make=move_path(str.upper)),
    Operator(name="path-longer", what="below another path", make=move_path(lambda p: f"/other{p}")),
    Operator(name="drop", what="left out", make=alter_each(_FIELDS, drop)),
    Operator(
        name="rename",
        what="by another name",
        make=alter_each(_FIELDS, rename_by(lambda n: f"{n}_")),
    ),
    Operator(
        name="capitals",
        what="its name in capitals",
        make=alter_each(("query", "form", "json", "soap"), rename_by(str.upper)),
    ),
    Operator(name="alter", what="another value of the same type", make=alter_each(_FIELDS, alter)),
    Operator(name="empty", what="an empty text", make=alter_each(_FIELDS, empty)),
    Operator(
        name="retype", what="a number as text, text as a number", make=alter_each(("json",), retype)
    ),
    Operator(name="double", what="given twice", make=alter_each(("query", "form", "soap"), double)),
    Operator(name="extra", what="a field that nothing declares", make=add_field),
    Operator(
        name="swap", what="its value exchanged with that of the next field", make=swap_neighbours
    ),
    Operator(name="other-body", what="a form as JSON, JSON as a form", make=write_other_body),
    Operator(name="label", what="the body labelled as plain text", make=label_as_text),
    Operator(
        name="operation",
        what="the element of the call by another name",
        make=alter_each(("operation",), rename_by(lambda n: f"{n}_")),
    ),
    Operator(
        name="namespace",
        what="the element of the call in another namespace",
        make=alter_each(("operation",), leave_namespace),
    ),
    Operator(
        name="order-json",
        what="the keys of JSON in another order",
        make=reorder("json"),
        reason="an object of JSON has no order (RFC 8259, section 1)",
    ),
    Operator(
        name="order-form",
        what="the fields of a form in another order",
        make=reorder("form"),
        reason="a field of a form is found by its name",
    ),
    Operator(
        name="order-query",
        what="the fields of a query in another order",
        make=reorder("query"),
        reason="a field of a query is found by its name",
    ),
    Operator(
        name="header-case",
        what="the name of a header in another case",
        make=swap_case,
        reason="the name of a header has no case (RFC 9110, section 5.1)",
    ),
    Operator(
        name="escape",
        what="a query or a form with each letter escaped",
        make=escape,
        reason="an escaped letter is the letter (RFC 3986, section 2.3)",
    ),
    Operator(
        name="spaces",
        what="JSON with spaces and line breaks",
        make=add_spaces,
        reason="white space between the tokens of JSON is not part of it (RFC 8259, section 2)",
    ),
    Operator(
        name="prefix",
        what="the namespace of the call by another prefix",
        make=use_prefix,
        reason="a prefix is only a name for its namespace (Namespaces in XML, section 4)",
    ),
)
"""Every operator, in the order in which mutants are made."""
