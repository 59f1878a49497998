"""What real proxies answer of their own once the provider has taken a message, and who repeats."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from smsbridge import OutcomeUnknown, Submission
from smsbridge.http.exchange import Response
from smsbridge.testing.faults.connection import unreachable

from .conftest import Mock, Row, Sends, Sight, async_sends, retrying, row, sync_sends
from support.fault_server import FaultServer, answer
from support.proxies import STOCK, Proxy, apache, haproxy, nginx, varnish
from support.sending import OK, TEXT, said

PROXIES = sorted(STOCK)
SECOND = f"{TEXT} again"
LOST = ("reset-after-request", "close-after-request")
PAGE = "error_page 500 502 503 504 /50x.html; location = /50x.html { root FOLDER; }"
ERROR_PAGES = {
    302: "error_page 502 https://status.example/;",
    401: f'auth_basic "staff"; auth_basic_user_file nginx.conf; {PAGE}',  # it needs a login
    403: f"deny all; {PAGE}",
    404: PAGE,  # it is missing
    405: "error_page 502 @page; location @page { root FOLDER; try_files /nginx.conf =503; }",
}
"""The status that is seen by what stands in nginx's config; 405: a static file takes no POST."""

ACCEPTED = answer(200, said("rest", OK))
RETRY_ALL = "retry-on all-retryable-errors\n    option http-buffer-request"
JAVA = "<e>java.lang.NullPointerException at com.example.Sms.log</e>"
STRICTER = 'SecAction "id:900000,phase:1,nolog,pass,t:none,setvar:tx.paranoia_level=2"'
Start = Callable[[Proxy, int], str]
Show = Callable[[Row], None]
CLIENTS = pytest.mark.parametrize("sends", [sync_sends, async_sends], ids=["sync", "async"])


def kept(mock: Mock) -> list[str]:
    return [taken.text for taken in mock.provider.messages]


def seen(sight: Sight) -> Response:
    assert isinstance(sight.last, Response)
    return sight.last


@CLIENTS
@pytest.mark.parametrize("word", [*LOST, "silence", "half-headers", "garbage"])
def test_a_503_of_varnish_with_retry_after_follows_a_message_that_was_taken(
    word: str, sends: Sends, stock: dict[str, str], mock: Mock
) -> None:
    mock.provider.fault = word
    sight = Sight()
    (outcome,) = sends(retrying("rest", stock["varnish"]), [TEXT], sight)
    assert (seen(sight).status, seen(sight).header("retry-after")) == (503, "5")
    assert kept(mock) == [TEXT]
    assert isinstance(outcome, OutcomeUnknown)


@pytest.mark.parametrize("proxy", PROXIES)
def test_what_no_proxy_can_hand_on_is_taken_by_nobody(
    proxy: str, started: Start, mock: Mock
) -> None:
    with unreachable("refused") as address:
        url = started(STOCK[proxy], int(address.rpartition(":")[2]))
        sight = Sight()
        (outcome,) = sync_sends(retrying("rest", url), [TEXT], sight)
    assert seen(sight).status in {502, 503}
    assert isinstance(outcome, OutcomeUnknown)
    assert kept(mock) == []


@pytest.mark.parametrize("proxy", PROXIES)
def test_without_a_fault_a_message_is_accepted_once(
    proxy: str, protocol: str, stock: dict[str, str], mock: Mock
) -> None:
    outcomes = sync_sends(retrying(protocol, stock[proxy]), [TEXT, SECOND], Sight())
    assert [type(one) for one in outcomes] == [Submission] * 2
    assert kept(mock) == [TEXT, SECOND]


def lost_after_three(word: str, proxy: Proxy, started: Start) -> FaultServer:
    """Send three messages that are accepted, so that a connection is kept, and one that is lost."""
    with FaultServer([*[ACCEPTED] * 3, word]) as provider:
        texts = [f"{TEXT} {number}" for number in range(4)]
        url = started(proxy, provider.port)
        *before, outcome = sync_sends(retrying("rest", url), texts, Sight())
    assert [type(one) for one in before] == [Submission] * 3
    assert isinstance(outcome, OutcomeUnknown)
    return provider


@pytest.mark.parametrize("word", LOST)
@pytest.mark.parametrize("proxy", PROXIES)
def test_no_stock_proxy_repeats_a_post_that_got_lost_on_a_kept_connection(
    proxy: str, word: str, started: Start
) -> None:
    provider = lost_after_three(word, STOCK[proxy], started)
    assert len(provider.sends) == 4
    assert (provider.connections == 4) is (proxy == "nginx")  # it keeps none


@pytest.mark.parametrize(
    ("proxy", "times"),
    [
        pytest.param(varnish("std.cache_req_body(500KB);"), 2, id="varnish that keeps bodies"),
        pytest.param(haproxy(RETRY_ALL), 4, id="haproxy that retries all"),
    ],
)
def test_a_proxy_that_is_told_to_repeats_a_post_and_its_answer_is_unknown(
    proxy: Proxy, times: int, started: Start
) -> None:
    provider = lost_after_three("reset-after-request", proxy, started)
    assert len(provider.sends) == 3 + times


@pytest.mark.parametrize("status", ERROR_PAGES)
def test_an_error_page_of_nginx_follows_a_message_that_was_taken(
    status: int, protocol: str, started: Start, mock: Mock, show: Show
) -> None:
    url = started(nginx(ERROR_PAGES[status]), mock.port)
    word = mock.provider.fault = "reset-after-request"
    sight = Sight()
    (outcome,) = sync_sends(retrying(protocol, url), [TEXT], sight)
    named = {"proxy": f"nginx, page {status}", "fault": word, "protocol": protocol}
    show(row(outcome, sight, mock.provider, **named, client="sync"))
    assert seen(sight).status == status
    assert seen(sight).header("content-type") == "text/html"
    assert TEXT in kept(mock)


@pytest.mark.parametrize("status", ERROR_PAGES)
@CLIENTS
def test_an_error_page_of_nginx_proves_nothing(
    status: int, protocol: str, sends: Sends, started: Start, mock: Mock
) -> None:
    url = started(nginx(ERROR_PAGES[status]), mock.port)
    mock.provider.fault = "reset-after-request"
    (outcome,) = sends(retrying(protocol, url), [TEXT], Sight())
    assert kept(mock) == [TEXT]
    assert isinstance(outcome, OutcomeUnknown)


def test_a_firewall_with_stock_rules_answers_403_once_a_message_was_taken(started: Start) -> None:
    with FaultServer([answer(500, JAVA, content_type="text/xml", connection="close")]) as provider:
        sight = Sight()
        sync_sends(retrying("soap", started(apache(), provider.port)), [TEXT], sight)
        assert seen(sight).status == 403
        assert seen(sight).header("content-type").startswith("text/html")
        assert len(provider.sends) == 1


@pytest.mark.parametrize("word", LOST)
def test_a_stricter_firewall_makes_a_403_of_an_answer_that_got_lost(
    word: str, started: Start, mock: Mock, show: Show
) -> None:
    url = started(apache(STRICTER), mock.port)
    mock.provider.fault = word
    sight = Sight()
    (outcome,) = sync_sends(retrying("rest", url), [TEXT], sight)
    named = {"proxy": "apache, firewall", "fault": word, "protocol": "rest"}
    show(row(outcome, sight, mock.provider, **named, client="sync"))
    assert seen(sight).status == 403
    assert seen(sight).header("content-type").startswith("text/html")
    assert kept(mock) == [TEXT]


@CLIENTS
def test_a_403_of_a_firewall_proves_nothing(sends: Sends, started: Start, mock: Mock) -> None:
    url = started(apache(STRICTER), mock.port)
    mock.provider.fault = "reset-after-request"
    (outcome,) = sends(retrying("rest", url), [TEXT], Sight())
    assert isinstance(outcome, OutcomeUnknown)
