"""Who may look at a page, and what anybody else is told."""

from __future__ import annotations

from smsbridge.http.exchange import Request, Response
from smsbridge.page.access import Access

from support.each import each

TOKEN = "t-0123456789abcdef"


def ask(url: str = "/", method: str = "GET", prefix: str = "", **headers: str) -> Request:
    named = {name.title(): word for name, word in headers.items()}
    return Request(method=method, url=f"http://localhost{url}", headers=named, prefix=prefix)


def access(token: str = TOKEN, *, secure: bool = False) -> Access:
    return Access(foreign=lambda one: one.header("foreign"), token=token, secure=secure)


def refused(answer: Response | None) -> str:
    assert answer is not None
    assert answer.status == 403
    assert answer.header("content-type") == "text/plain; charset=utf-8"
    return answer.body.decode()


def test_without_a_token_whoever_is_not_foreign_may_look() -> None:
    assert access("").check(ask()) is None
    assert access("").check(ask("/?token=x")) is None


@each("token", ["", TOKEN])
def test_who_is_foreign_is_told_why_in_plain_text(token: str) -> None:
    given = access(token)
    cookie = f"{given.cookie}={token}"
    assert refused(given.check(ask(foreign="from elsewhere", cookie=cookie))) == "from elsewhere\n"


def test_the_token_is_shown_once_and_becomes_a_cookie() -> None:
    given = access()
    answer = given.check(ask(f"/_mock/?lane=a&token={TOKEN}", prefix="/lane-a"))
    assert answer is not None
    assert (answer.status, answer.header("location")) == (303, "/lane-a/_mock/?lane=a")
    cookie, *attributes = answer.header("set-cookie").split("; ")
    assert attributes == ["Path=/", "HttpOnly", "SameSite=Strict"]
    assert given.check(ask(cookie=f"other=1; {cookie}")) is None
    assert TOKEN not in repr(given)


def test_by_tls_the_cookie_goes_over_nothing_else() -> None:
    answer = access(secure=True).check(ask(f"/?token={TOKEN}"))
    assert answer is not None
    assert answer.header("set-cookie").endswith("; Secure")


@each(
    "request_",
    [
        ask(),
        ask("/?token="),
        ask("/?token=wrong"),
        ask("/?token=\N{SNOWMAN}"),
        ask(f"/?token={TOKEN}", method="POST"),
        ask(cookie="smsbridge-page-00000000=x"),
        ask(cookie=f"{access().cookie}=wrong"),
        ask(cookie=f"{access().cookie}={TOKEN}x"),
        ask(cookie=f"{access('another').cookie}={TOKEN}"),
        ask(cookie="\x00=;;=\x7f"),
    ],
)
def test_without_the_token_nobody_looks(request_: Request) -> None:
    assert "?token=" in refused(access().check(request_))
