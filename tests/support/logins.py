"""A login's table over REST and over SOAP, and what the provider says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from smsbridge import (
    Backend,
)
from smsbridge.http.exchange import Request, Response

from support.blocks import (
    document,
    envelope,
    json_of,
    rest,
    soap,
    words_of,
)

AUTH = 'auth = { user = "acme", pin = "canary-password" }\n'
REST = """
[token]
route = "POST /login"
fields = { user = "{user}", password = "{pin}", remember = true }
token = "data.token"
lifetime = "data.seconds"
rejected = { code = { 7 = "authentication", 8 = "account", "*" = "authentication" } }
refused_when = { code = "401" }

[send]
route = "POST /sms"
fields = { to = "{recipient}", body = "{text}", session = "{token}" }
accepted = { when = { code = "0" }, id = "id" }
rejected = { code = { 12 = "recipient" } }
"""
SOAP = """
[token]
operation = "Login"
fields = { user = "{user}", password = "{pin}", remember = true }
token = "token"
lifetime = "seconds"
rejected = { code = { 7 = "authentication", 8 = "account", "*" = "authentication" } }
refused_when = { "result.code" = "401" }

[send]
operation = "Submit"
fields = { to = "{recipient}", body = "{text}", session = "{token}" }
accepted = { when = { "result.code" = "0" }, id = "result.id" }
rejected = { "result.code" = { 12 = "recipient" } }
"""


@dataclass(frozen=True, kw_only=True)
class Wire:
    """What is different over REST and over SOAP."""

    block: str
    make: Callable[[str], Backend]
    fields: Callable[[Request], dict[str, Any]]
    said: Callable[..., Response]

    def backend(self, old: str = "", new: str = "") -> Backend:
        assert old in self.block
        return self.make(AUTH + self.block.replace(old, new, 1))

    def token(self, text: str, seconds: object = 100) -> Response:
        if self.block is REST:
            return document(data={"token": text, "seconds": seconds}, code=0)
        inner = f"<code>0</code><token>{text}</token><seconds>{seconds}</seconds>"
        return envelope(f"<LoginResponse>{inner}</LoginResponse>")

    def refused_login(self, code: int) -> Response:
        if self.block is REST:
            return document(code=code)
        return envelope(f"<LoginResponse><code>{code}</code></LoginResponse>")

    def done(self, code: object = 0) -> Response:
        if self.block is REST:
            return document(code=code, id="7")
        inner = f"<result><code>{code}</code><id>7</id></result>"
        return envelope(f"<SubmitResponse>{inner}</SubmitResponse>")

    def is_login(self, request: Request) -> bool:
        return "user" in self.fields(request)

    def tokens(self, requests: list[Request]) -> list[str]:
        """Return what was asked: "login", or the token that went with a call."""
        return [
            "login" if self.is_login(one) else str(self.fields(one)["session"]) for one in requests
        ]


WIRES = {
    "rest": Wire(block=REST, make=rest, fields=json_of, said=document),
    "soap": Wire(block=SOAP, make=soap, fields=words_of, said=envelope),
}
