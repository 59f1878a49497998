"""What is altered is altered on the wire, and nothing beside it."""

from __future__ import annotations

from urllib.parse import unquote

from smsbridge.http.exchange import Request
from smsbridge.testing.mutants.operators import mutants

from support.each import each

FORM = Request(
    method="POST",
    url="https://api.acme.example/send?a=1",
    headers={"Content-Type": "application/x-www-form-urlencoded"},
    body=b"to=%2B1&text=Hi",
)
JSON = Request(
    method="PUT",
    url="https://api.acme.example/send/",
    headers={"Content-Type": "application/json", "X-Key": "k"},
    body=b'{"to": {"n": "1"}, "on": true}',
)


@each(
    ("request_", "name", "line", "body"),
    [
        (FORM, "method-post method", "GET /send?a=1", b"to=%2B1&text=Hi"),
        (JSON, "method-put method", "PATCH /send/", None),
        (FORM, "path-slash path", "POST /send/?a=1", b"to=%2B1&text=Hi"),
        (JSON, "path-slash path", "PUT /send", None),
        (FORM, "drop form.to", "POST /send?a=1", b"text=Hi"),
        (FORM, "drop query.a", "POST /send", b"to=%2B1&text=Hi"),
        (FORM, "double form.to", "POST /send?a=1", b"to=%2B1&text=Hi&to=%2B1"),
        (FORM, "swap form.to", "POST /send?a=1", b"to=Hi&text=%2B1"),
        (FORM, "order-form form", "POST /send?a=1", b"text=Hi&to=%2B1"),
        (JSON, "rename json.to.n", "PUT /send/", b'{"to": {"n_": "1"}, "on": true}'),
        (JSON, "retype json.to.n", "PUT /send/", b'{"to": {"n": 1}, "on": true}'),
        (JSON, "retype json.on", "PUT /send/", b'{"to": {"n": "1"}, "on": "true"}'),
        (
            JSON,
            "extra json.to.undeclared",
            None,
            b'{"to": {"n": "1", "undeclared": "1"}, "on": true}',
        ),
        (JSON, "order-json json", None, b'{"on": true, "to": {"n": "1"}}'),
    ],
)
def test_a_mutant_is_what_its_name_says(
    request_: Request, name: str, line: str | None, body: bytes | None
) -> None:
    (mutant,) = (one for one in mutants(request_) if str(one) == name)
    made = mutant.change(request_)
    target = made.url.removeprefix("https://api.acme.example")
    assert f"{made.method} {target}" == (line or f"{request_.method} {target}")
    assert made.body == (request_.body if body is None else body)


def test_an_escape_all_form_is_the_same_form() -> None:
    (mutant,) = (one for one in mutants(FORM) if str(one) == "escape form")
    made = mutant.change(FORM).body.decode()
    assert made != FORM.body.decode()
    assert unquote(made) == unquote(FORM.body.decode())
