"""HTTP Digest, without any I/O: against RFCs, other clients, and a server by the RFC alone."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from urllib.request import AbstractDigestAuthHandler

import pytest
import requests.auth
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Authorization

from smsbridge.auth.digest import answer_to, best
from smsbridge.http.challenges import challenges
from smsbridge.http.exchange import Broken, Exchange, Left, Request, Response, Session, drive

from support.digests import ALGORITHMS, BOTH, DIGEST, SEND, by_urllib, carry, challenged, refusal
from support.each import each

DONE = Response(status=200)

RFC_7616 = {
    "realm": "http-auth@example.org",
    "uri": "/dir/index.html",
    "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    "nc": "00000001",
    "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    "qop": "auth",
}
RFC_2617 = {
    "realm": "testrealm@host.com",
    "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093",
    "uri": "/dir/index.html",
    "qop": "auth",
    "nc": "00000001",
    "cnonce": "0a4f113b",
}


def asking(nonce: str = "n-1", more: str = ', qop="auth"') -> Response:
    return refusal(f'Digest realm="r", nonce="{nonce}"{more}')


def said(request: Request) -> dict[str, str]:
    """Return the parameters of an Authorization as another library reads them."""
    found = Authorization.from_header(request.header("authorization"))
    assert found is not None
    assert found.type == "digest"
    return {name: value or "" for name, value in found.parameters.items()}


def finished(exchange: Exchange[Response], response: Response) -> None:
    with pytest.raises(StopIteration) as end:
        exchange.send(response)
    assert end.value.value is response


@dataclass
class Server:
    """A server of RFC 7616, written from it: it shares no code with what it tests."""

    algorithm: str = "SHA-256"
    qop: str = "auth"
    user: str = BOTH["user"]
    password: str = BOTH["password"]
    realm: str = "r"
    more: str = ""
    uses: int = 1_000_000
    used: dict[str, list[str]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Request) -> Response:
        with self.lock:
            response = self.answer(request)
            self.statuses.append(response.status)
            return response

    def h(self, text: str) -> str:
        kind = "sha256" if self.algorithm.startswith("SHA-256") else "md5"
        return hashlib.new(kind, text.encode()).hexdigest()

    def answer(self, request: Request) -> Response:
        if not request.header("authorization"):
            return self.challenge()
        told = said(request)
        used = self.used.get(told["nonce"])
        if used is None or len(used) >= self.uses:
            return self.challenge(", stale=true")
        proved = self.h(f"{self.user}:{self.realm}:{self.password}")
        if self.algorithm.endswith("sess"):
            proved = self.keys.setdefault(
                told["nonce"], self.h(f"{proved}:{told['nonce']}:{told['cnonce']}")
            )
        target = request.url.removeprefix("https://sms.example")
        asked = self.h(f"{request.method}:{target}")
        middle = told["nonce"]
        if self.qop:
            assert told["nc"] not in used
            middle += f":{told['nc']}:{told['cnonce']}:auth"
        else:
            assert "nc" not in told
        used.append(told.get("nc", ""))
        right = told["response"] == self.h(f"{proved}:{middle}:{asked}")
        named = told["username"] == self.user and told["uri"] == target
        return DONE if right and named and told["realm"] == self.realm else self.challenge()

    def challenge(self, more: str = "") -> Response:
        nonce = secrets.token_hex(8)
        self.used[nonce] = []
        realm = self.realm.replace("\\", "\\\\").replace('"', '\\"')
        qop = f', qop="{self.qop}"' if self.qop else ""
        return refusal(
            f'Digest realm="{realm}", nonce="{nonce}", algorithm={self.algorithm}'
            f"{qop}{self.more}{more}"
        )


@each(
    ("example", "algorithm", "password", "response"),
    [
        (RFC_7616, "MD5", "Circle of Life", "8ca523f5e9506fed4657c9700eebdbec"),
        (
            RFC_7616,
            "SHA-256",
            "Circle of Life",
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
        (RFC_2617, "MD5", "Circle Of Life", "6629fae49393a05397450978507c4ef1"),
    ],
)
def test_a_conversation_goes_as_in_the_examples_of_the_rfcs(
    example: dict[str, str], algorithm: str, password: str, response: str
) -> None:
    session = Session(random=lambda _: base64.b64decode(example["cnonce"]))
    request = Request(method="GET", url="http://www.example.org/dir/index.html")
    exchange = carry(session, request, {"user": "Mufasa", "password": password})
    assert next(exchange) is request
    sent = exchange.send(
        refusal(
            f'Digest realm="{example["realm"]}", qop="auth,auth-int", algorithm={algorithm}, '
            f'nonce="{example["nonce"]}", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
        )
    )
    assert said(sent) == {
        **example,
        "username": "Mufasa",
        "algorithm": algorithm,
        "opaque": "5ccc069c403ebaf9f0171e9517f40e41",
        "response": response,
    }
    finished(exchange, DONE)


def test_of_the_two_challenges_of_rfc_7616_the_stronger_is_answered_in_either_order() -> None:
    two = [
        f'Digest realm="{RFC_7616["realm"]}", qop="auth, auth-int", algorithm={algorithm}, '
        f'nonce="{RFC_7616["nonce"]}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
        for algorithm in ("SHA-256", "MD5")
    ]
    for order in (two, two[::-1], ['Basic realm="b, Digest"', *two], [*two, "Negotiate YWJj=="]):
        found = best(", ".join(order))
        assert found is not None
        assert (found["algorithm"], found["qop"]) == ("SHA-256", "auth, auth-int")


@each("algorithm", ALGORITHMS)
@each("qop", ["auth", ""])
def test_a_server_by_the_rfc_is_asked_twice_once_and_then_once_a_call(
    algorithm: str, qop: str
) -> None:
    server, session = Server(algorithm, qop), Session()
    for _ in range(3):
        assert drive(carry(session), server) is DONE
    assert server.statuses == [401, 200, 200, 200]


def test_a_request_without_credentials_goes_first_and_the_repeat_differs_only_in_one_header() -> (
    None
):
    exchange = carry()
    assert next(exchange) is SEND
    sent = exchange.send(asking())
    assert {**sent.headers}.keys() - SEND.headers.keys() == {"Authorization"}
    assert replace(sent, headers=SEND.headers) == SEND
    assert said(sent)["uri"] == "/send?to=%2B1"


def test_an_answer_that_is_no_401_is_the_answer() -> None:
    for status in (200, 403, 407, 500):
        exchange = carry()
        next(exchange)
        finished(exchange, Response(status=status, headers=asking().headers))


def test_a_password_that_is_refused_is_tried_once() -> None:
    server = Server(password="another")
    assert drive(carry(), server).status == 401
    assert server.statuses == [401, 401]


def test_a_kept_nonce_that_has_ended_is_replaced_once() -> None:
    server, session = Server(uses=1), Session()
    for _ in range(3):
        assert drive(carry(session), server) is DONE
    assert server.statuses == [401, 200, 401, 200, 401, 200]


def test_a_kept_nonce_is_replaced_where_a_server_says_nothing_of_stale() -> None:
    session = Session()
    first = carry(session)
    next(first)
    first.send(asking("n-1"))
    finished(first, DONE)
    second = carry(session)
    assert said(next(second))["nonce"] == "n-1"
    assert said(second.send(asking("n-2")))["nonce"] == "n-2"
    finished(second, asking("n-3"))
    assert next(carry(session)) is SEND


def test_a_new_nonce_that_is_stale_at_once_is_replaced_once_and_no_more() -> None:
    exchange = carry()
    next(exchange)
    exchange.send(asking("n-1"))
    sent = exchange.send(asking("n-2", ", stale=TRUE"))
    assert said(sent)["nonce"] == "n-2"
    finished(exchange, asking("n-3", ", stale=true"))


@each("more", [", stale=true", ""])
def test_the_same_nonce_again_is_final_and_is_forgotten(more: str) -> None:
    session = Session()
    exchange = carry(session)
    next(exchange)
    exchange.send(asking("n-1"))
    finished(exchange, asking("n-1", more))
    assert next(carry(session)) is SEND


@each(
    "challenge",
    [
        "",
        'Basic realm="r"',
        "Digest",
        'Digest realm="r"',
        'Digest nonce="n"',
        'Digest realm="r", nonce=""',
        'Digest realm="r", nonce="n", algorithm=SHA-512-256',
        'Digest realm="r", nonce="n", algorithm=token',
        'Digest realm="r", nonce="n", algorithm="MD5-\u017fess"',
        'Digest realm="r", nonce="n", qop="auth-int"',
        'Digest realm="r", nonce="n", realm="s"',
        'Digest realm="r", nonce="n", x y z',
        'Digest realm="r", nonce="n", abc/def',
        'realm="r", nonce="n"',
        'Digest realm="r", nonce="n',
        'Digest realm="r\\", nonce="n"',
        'Digest realm="r", nonce="n\r\nX-Injected: 1"',
        'Digest realm="r\\\r\nX-Injected: 1", nonce="n"',
        'Digest realm="r", nonce="n", opaque="\n"',
        'Digest realm="r", nonce="n", opaque="\0"',
        'Digest realm="r", nonce="n", opaque="\udc80"',
        'Digest realm="r", nonce="n"\n',
        'Digest realm="r", nonce="n"' + "".join(f", p{i}=v" for i in range(10_000)),
        'Digest realm="' + "\\" * 100_000,
        "Digest " + "a " * 100_000,
        "," * 100_000,
    ],
)
def test_a_challenge_that_is_none_of_ours_or_hostile_is_final(challenge: str) -> None:
    exchange = carry()
    next(exchange)
    finished(exchange, refusal(challenge))


@given(st.text(alphabet='Digest realm="nonce\\,\r\n\t é\udc80', max_size=80))
def test_whatever_a_server_says_no_control_goes_back_out(noise: str) -> None:
    for header in (
        f"Digest {noise}",
        f'Digest realm="{noise}", nonce="n", opaque="o"',
        f'Digest realm="r", nonce="n{noise}", opaque="{noise}"',
    ):
        exchange = carry()
        next(exchange)
        try:
            sent = exchange.send(refusal(header))
        except StopIteration:
            continue
        assert not set("\r\n\0\udc80") & set(sent.header("authorization"))


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(user=TEXT, password=TEXT, realm=st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_any_name_any_password_and_any_realm_get_through(
    user: str, password: str, realm: str
) -> None:
    server = Server(user=user, password=password, realm=realm)
    both = {"user": user, "password": password}
    assert drive(carry(both=both), server) is DONE


def test_a_name_that_is_no_ascii_goes_as_rfc_7616_says() -> None:
    exchange = carry(both={"user": "Jäsøn Doe", "password": "ü"})
    next(exchange)
    header = exchange.send(asking(more=", charset=UTF-8")).header("authorization")
    assert "username*=UTF-8''J%C3%A4s%C3%B8n%20Doe" in header
    assert header.isascii()


def test_a_name_is_hashed_where_the_server_can_read_that() -> None:
    exchange = carry()
    next(exchange)
    told = said(exchange.send(asking(more=", userhash=true")))
    assert told["username"] == hashlib.md5(b"Mufasa:r").hexdigest()
    assert told["userhash"] == "true"


@each("decoded", ["utf-8", "latin-1"])
def test_a_realm_that_is_utf_8_is_hashed_as_that_however_a_library_read_it(decoded: str) -> None:
    realm = "Gerät".encode().decode(decoded)
    exchange = carry()
    next(exchange)
    sent = exchange.send(refusal(f'Digest realm="{realm}", nonce="n"'))
    told = said(sent)
    assert told["realm"] == realm
    proved = hashlib.md5("Mufasa:Gerät:Circle of Life".encode()).hexdigest()
    asked = hashlib.md5(b"POST:/send?to=%2B1").hexdigest()
    assert told["response"] == hashlib.md5(f"{proved}:n:{asked}".encode()).hexdigest()


@each(
    ("url", "uri"),
    [
        ("https://sms.example", "/"),
        ("https://sms.example?a=b", "/?a=b"),
        ("https://sms.example/a%20b?c=%22&d=e/f#g", "/a%20b?c=%22&d=e/f"),
        ('https://sms.example/ü"', "/%C3%BC%22"),
    ],
)
def test_the_uri_is_path_and_query_as_they_go_on_the_wire(url: str, uri: str) -> None:
    exchange = carry(request=replace(SEND, url=url))
    next(exchange)
    assert said(exchange.send(asking()))["uri"] == uri
    assert requests.Request("POST", url).prepare().path_url == uri


def test_a_challenge_is_kept_for_its_own_host_only() -> None:
    session = Session()
    exchange = carry(session)
    next(exchange)
    exchange.send(asking())
    finished(exchange, DONE)
    elsewhere = replace(SEND, url="https://sms.example:444/send")
    assert next(carry(session, elsewhere)) is elsewhere
    assert said(next(carry(session)))["nc"] == "00000002"


def test_many_threads_never_use_a_number_twice() -> None:
    server, session = Server(), Session()
    assert drive(carry(session), server) is DONE
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: drive(carry(session), server), range(200)))
    assert outcomes == [DONE] * 200
    assert [len(used) for used in server.used.values()] == [201]


def test_two_that_are_given_the_same_nonce_count_together() -> None:
    session = Session()
    first, second = carry(session), carry(session)
    next(first)
    next(second)
    assert said(first.send(asking()))["nc"] == "00000001"
    assert said(second.send(asking()))["nc"] == "00000002"


def test_a_final_401_forgets_only_the_nonce_that_was_refused() -> None:
    session = Session()
    first, second = carry(session), carry(session)
    next(first)
    next(second)
    first.send(asking("n-1"))
    second.send(asking("n-2"))
    finished(first, asking("n-1"))
    finished(second, DONE)
    assert said(next(carry(session)))["nonce"] == "n-2"


def test_a_sess_without_qop_tells_the_cnonce_that_a_server_needs() -> None:
    exchange = carry()
    next(exchange)
    told = said(exchange.send(asking(more=", algorithm=MD5-sess")))
    assert "cnonce" in told
    assert not {"qop", "nc"} & told.keys()


def test_a_repeat_that_breaks_is_broken_as_far_as_it_went() -> None:
    exchange = carry()
    next(exchange)
    exchange.send(asking())
    with pytest.raises(Broken) as broken:
        exchange.throw(Broken(Left.PART, "reset"))
    assert broken.value.left is Left.PART


def test_only_those_parameters_are_quoted_that_must_be() -> None:
    exchange = carry(Session(random=bytes), both={**BOTH, "user": '"\\'})
    next(exchange)
    challenge = 'Digest realm="r", nonce="n", qop="auth", algorithm="MD5", opaque=""'
    header = exchange.send(refusal(challenge)).header("authorization")
    head, _, response = header.partition(", response=")
    assert head == (
        r'Digest username="\"\\", realm="r", nonce="n", uri="/send?to=%2B1", algorithm=MD5, '
        f'opaque="", qop=auth, nc=00000001, cnonce="{"A" * 24}"'
    )
    assert len(response) == len('""') + 32


# The provider's side, and other clients against it.


def test_urllib_and_we_write_the_same_response(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AbstractDigestAuthHandler, "get_cnonce", lambda *_: "0a4f113b")
    written = dict(challenges(by_urllib(challenged("MD5", "n-1"))))["digest"]
    ours = {key: value for key, value in written.items() if key not in ("response", "username")}
    assert answer_to(ours, "POST", *BOTH.values()) == written["response"]


def test_it_needs_two_config_keys_and_adds_no_field() -> None:
    assert DIGEST.credentials == ("user", "password")
    assert DIGEST.fields(BOTH) == {}


def test_a_password_is_in_no_repr() -> None:
    session = Session()
    exchange = carry(session)
    next(exchange)
    sent = exchange.send(asking())
    assert "Circle" not in repr((sent, session.kept, sent.headers))
