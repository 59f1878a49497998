"""The ways to authenticate a call, as tables; each conversation has its own file."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from smsbridge.errors import ConfigError, Reason
from smsbridge.http.exchange import HEADER_RULE, Exchange, Request, Response, is_header
from smsbridge.mapping.auth import Auth, Credentials, Make
from smsbridge.mapping.filters import text
from smsbridge.mapping.template import Kept, Template, compile_all, names, render_all
from smsbridge.mapping.words import When

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Session
    from smsbridge.mapping.codec import Codec
    from smsbridge.mapping.operation import Operation


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields and headers of every call, filled with credentials; without any, calls carry none.

    ``Fields({"apikey": "{api_key}"})`` sends the config's api_key as the field apikey, and
    ``Fields(headers={"X-Api-Key": "{api_key}"})`` as a header. ``also`` are config keys that only
    the calls themselves name, as in a route.

    >>> Fields({"apikey": "{api_key}"}).credentials
    ('api_key',)
    >>> Fields(headers={"Authorization": "Bearer {token}"}).credentials
    ('token',)
    """

    given: Mapping[str, Template] = field(default_factory=dict)
    headers: Mapping[str, Template] = field(default_factory=dict)
    also: tuple[str, ...] = field(default=(), compare=False)  # it sends nothing of them itself
    _compiled: Kept[Callable[[Credentials], dict[str, Any]]] = field(
        init=False, repr=False, compare=False, default_factory=Kept
    )

    @property
    def credentials(self) -> tuple[str, ...]:
        """The config keys that the templates name, and those that calls name."""
        templates = (*self.given.values(), *self.headers.values())
        named = (name for one in templates for name in names(one))
        return tuple(dict.fromkeys((*named, *self.also)))

    @property
    def scheme(self) -> str:
        """The first word of its Authorization header, if it has one."""
        if not self.headers:
            return ""
        named = {name.lower(): template for name, template in self.headers.items()}
        return str(named.get("authorization", "")).partition(" ")[0].lower()

    def fields(self, credentials: Credentials) -> dict[str, Any]:
        """Return the fields; those without a value are left out."""
        if not self._compiled:
            self._compiled.append(compile_all(self.given))
        return self._compiled[0](credentials)

    def carry(
        self, make: Make, credentials: Credentials, _site: Site, _session: Session
    ) -> Exchange[Response]:
        """Send the request with the headers."""
        request = yield from make({})
        for name, value in render_all(self.headers, credentials).items() if self.headers else ():
            word = text(value)
            if not is_header(word):
                raise ConfigError(f"the header {name} {HEADER_RULE}")
            request = with_header(request, name, word)
        return (yield request)


@dataclass(frozen=True, slots=True)
class Pair:
    """A user name and a password, by the names of two config keys; neither is a field of a call.

    Without the second name the password is empty.
    """

    user: str
    password: str

    @property
    def credentials(self) -> tuple[str, ...]:
        """The config keys."""
        return (self.user, self.password) if self.password else (self.user,)

    @property
    def scheme(self) -> str:
        """The HTTP scheme that a 401 would name for it; empty if there is none."""
        return ""

    def fields(self, _credentials: Credentials) -> dict[str, str]:
        """Return nothing: it is a header."""
        return {}


@dataclass(frozen=True, slots=True)
class Basic(Pair):
    """HTTP Basic authentication (RFC 7617), with the names of two config keys.

    >>> Basic("username", "password").credentials
    ('username', 'password')
    >>> Basic("api_key", "").credentials
    ('api_key',)
    """

    @property
    def scheme(self) -> str:
        """The HTTP scheme that a 401 would name for it."""
        return "basic"

    def carry(
        self, make: Make, credentials: Credentials, _site: Site, _session: Session
    ) -> Exchange[Response]:
        """Send the request with the header."""
        request = yield from make({})
        return (yield with_header(request, "Authorization", self.header(credentials)))

    def header(self, credentials: Credentials) -> str:
        """Return its Authorization header."""
        both = ":".join((*(credentials[key] for key in self.credentials), "")[:2])
        return f"Basic {base64.b64encode(both.encode()).decode()}"


@dataclass(frozen=True, slots=True)
class Digest(Pair):
    """HTTP Digest authentication (RFC 7616), with the names of two config keys.

    >>> Digest("username", "password").credentials
    ('username', 'password')
    """

    @property
    def scheme(self) -> str:
        """The HTTP scheme that a 401 would name for it."""
        return "digest"

    def carry(
        self, make: Make, credentials: Credentials, _site: Site, session: Session
    ) -> Exchange[Response]:
        """Send the request, and after a 401 again as its challenge asks."""
        from smsbridge.auth.digest import carry_with_digest

        return carry_with_digest(self, make, credentials, session)


@dataclass(frozen=True, slots=True)
class UsernameToken(Pair):
    """A user name in a ``wsse:Security`` block (OASIS UsernameToken Profile 1.1, §3.1).

    ``user`` and ``password`` are names of config keys. ``digest``: send the password's digest in
    its place. ``seconds``: how long the block is valid.

    >>> UsernameToken("username", "password", digest=True).credentials
    ('username', 'password')
    """

    digest: bool = False
    seconds: int = 300

    def carry(
        self, make: Make, credentials: Credentials, _site: Site, session: Session
    ) -> Exchange[Response]:
        """Send the request with the block; `ConfigError` if there is no envelope to put it in."""
        from smsbridge.auth.username_token import add_security

        request = yield from make({})
        return (yield add_security(self, request, credentials, session))


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """OAuth2 client credentials (RFC 6749 §4.4); the token goes out as Bearer (RFC 6750 §2.1).

    ``token``: the route of the token call, ``POST /oauth2/token``, with a whole address if it is on
    another host. ``scope``: the scope to request, if any. ``basic``: send the credentials as HTTP
    Basic (§2.3.1) instead of in the form.

    >>> ClientCredentials("POST /oauth2/token", "client_id", "client_secret").credentials
    ('client_id', 'client_secret')
    """

    token: str
    client_id: str
    client_secret: str
    scope: str = ""
    basic: bool = False

    @property
    def credentials(self) -> tuple[str, ...]:
        """The two config keys."""
        return (self.client_id, self.client_secret)

    @property
    def scheme(self) -> str:
        """The HTTP scheme that a 401 would name for it."""
        return "bearer"

    def fields(self, _credentials: Credentials) -> dict[str, str]:
        """Return nothing: it is a header."""
        return {}

    def carry(
        self, make: Make, credentials: Credentials, site: Site, session: Session
    ) -> Exchange[Response]:
        """Send the request with a token; after a 401, once more with a new one."""
        from smsbridge.auth.oauth2 import carry_with_token

        return carry_with_token(self, make, credentials, site, session)

    def form(self, credentials: Credentials) -> dict[str, str]:
        """Return the fields of the token call."""
        asked = {"scope": self.scope} if self.scope else {}
        both = {
            "client_id": credentials[self.client_id],
            "client_secret": credentials[self.client_secret],
        }
        return {"grant_type": "client_credentials", **asked, **({} if self.basic else both)}

    def header(self, credentials: Credentials) -> str:
        """Return the Authorization header of the token call, where it has one."""
        both = ":".join(quote_plus(credentials[key]) for key in self.credentials)  # RFC 6749 §2.3.1
        return f"Basic {base64.b64encode(both.encode()).decode()}"


@dataclass(frozen=True, slots=True)
class Login:
    """A call that gives a token, which then is the value ``{token}`` of the tables.

    ``login``: the fields of that call.
    ``token``: the path of the token in the answer. ``lifetime``: its seconds, or their path.
    ``rejected``: path to word to reason, for a refused login. ``calls``: each call, and what its
    answer has when it was taken. ``refused``: what an answer has when the token was refused; a 401
    always means that. ``auth``: what goes with each. ``formats``: the codec of a call, if not
    ``codec``. ``lists``: the calls to several recipients.

    >>> from smsbridge.codecs.rest import Rest
    >>> fields = {"user": "{username}", "key": "{password}"}
    >>> Login(Rest(), "POST /login", fields, token="token").credentials
    ('username', 'password')
    """

    codec: Codec
    call: str
    login: Mapping[str, Template]
    token: str
    lifetime: float | str = ""
    rejected: Mapping[str, Mapping[str, Reason]] = field(default_factory=dict)
    refused: When = field(default_factory=lambda: When({}))
    headers: Mapping[str, Template] = field(default_factory=dict)
    auth: Auth = field(default_factory=Fields)
    calls: tuple[tuple[str, When], ...] = (("", When({})),)
    formats: Mapping[str, Codec] = field(default_factory=dict)
    lists: Mapping[str, Operation] = field(default_factory=dict)

    @property
    def credentials(self) -> tuple[str, ...]:
        """The config keys that its templates name, and those of ``auth``."""
        templates = (self.call, *self.login.values(), *self.headers.values())
        own = (name for one in templates for name in names(one))
        return tuple(dict.fromkeys((*self.auth.credentials, *own)))

    @property
    def own_values(self) -> tuple[str, ...]:
        """The value that the tables of a call have of it."""
        return ("token",)

    @property
    def scheme(self) -> str:
        """The HTTP scheme of ``auth``."""
        return self.auth.scheme

    def fields(self, credentials: Credentials) -> dict[str, Any]:
        """Return what ``auth`` adds; the tables themselves place the token."""
        return self.auth.fields(credentials)

    def carry(
        self, make: Make, credentials: Credentials, site: Site, session: Session
    ) -> Exchange[Response]:
        """Send the request with a token, and once more with a new one if the first was refused."""
        from smsbridge.auth.login import carry_after_login

        return carry_after_login(self, make, credentials, site, session)


def with_header(request: Request, name: str, value: str) -> Request:
    """Return a request with one more header."""
    return replace(request, headers={**request.headers, name: value})
