"""What is wanted of a source, and the URLs of a page that stands somewhere."""

from __future__ import annotations

from smsbridge.page.source import CannotShow, Mount, Wanted


def test_only_the_filters_that_are_given_are_filters() -> None:
    assert Wanted().filters == {}
    assert Wanted(text="a", outcome="unknown").filters == {"text": "a", "outcome": "unknown"}


def test_each_url_has_what_is_fixed_and_the_path_before_it() -> None:
    assert Mount(base="/_mock").url() == "/_mock/"
    mount = Mount(base="/lane-a/_mock", fixed={"lane": "a b"})
    assert mount.url("page/message", id="x&y", none="") == (
        "/lane-a/_mock/page/message?lane=a+b&id=x%26y"
    )


def test_what_can_not_be_shown_has_a_status_and_says_why() -> None:
    error = CannotShow(404, "there is none")
    assert (error.status, error.why, str(error)) == (404, "there is none", "there is none")
