"""A provider is asked for no encoding that can't be recorded."""

from __future__ import annotations

from smsbridge.testing.record.accepted_codings import read_codings

from support.each import each


@each(
    ("line", "passed"),
    [
        (b"Accept-Encoding: gzip, deflate", b"Accept-Encoding: gzip, deflate"),
        (b"accept-encoding:br , gzip;q=0.5,zstd", b"accept-encoding: gzip;q=0.5"),
        (b"Accept-Encoding: br", b"Accept-Encoding: identity"),
        (b"Accept-Encoding: *", b"Accept-Encoding: identity"),
        (b"Accept-Encoding:", b"Accept-Encoding:"),
        (b"Accept: br", b"Accept: br"),
    ],
)
def test_what_the_proxy_cant_read_is_not_asked_for(line: bytes, passed: bytes) -> None:
    assert read_codings(line) == passed
