"""Content-Encoding: what is taken, what is refused, and where the limit is."""

import gzip
import zlib

import pytest

from smsbridge.http.decompress import BadEncoding, inflate

from support.each import each

LIMIT = 1000


@each("encoding", ["", "identity", "Identity", " identity "])
def test_a_body_without_encoding_is_taken_as_it_is(encoding: str) -> None:
    assert inflate(b"\x1f\x8b no gzip", encoding, LIMIT) == b"\x1f\x8b no gzip"


@each("encoding", ["gzip", "x-gzip", "GZIP", " gzip "])
def test_gzip_is_undone(encoding: str) -> None:
    assert inflate(gzip.compress(b"Hello"), encoding, LIMIT) == b"Hello"


def test_deflate_is_the_zlib_format() -> None:
    assert inflate(zlib.compress(b"Hello"), "deflate", LIMIT) == b"Hello"


@each("encoding", ["gzip", "deflate"])
def test_an_empty_text_can_be_compressed(encoding: str) -> None:
    compress = gzip.compress if encoding == "gzip" else zlib.compress
    assert inflate(compress(b""), encoding, LIMIT) == b""


@each("encoding", ["br", "zstd", "compress", "gzip, br", "canary"])
def test_an_unknown_encoding_is_refused_and_not_echoed(encoding: str) -> None:
    with pytest.raises(BadEncoding, match="unknown Content-Encoding") as refused:
        inflate(b"Hello", encoding, LIMIT)
    assert "canary" not in str(refused.value)


@each("encoding", ["gzip", "x-gzip", "deflate"])
def test_a_body_that_is_not_what_it_says_is_refused_and_not_echoed(encoding: str) -> None:
    with pytest.raises(BadEncoding) as refused:
        inflate(b"canary canary canary", encoding, LIMIT)
    assert "canary" not in str(refused.value)


@each(
    "encoding", ["UTF-8", "utf8", "none", "identity, identity", "ISO-8859-1", "8bit", ",", "binary"]
)
def test_what_names_no_coding_changes_nothing(encoding: str) -> None:
    assert inflate(b"Hello", encoding, LIMIT) == b"Hello"


def _raw(body: bytes) -> bytes:
    return zlib.compress(body)[2:-4]


@each("body", [b"", b"Hello", b"Hello" * 200, bytes(range(256)) * 3])
def test_deflate_may_come_without_the_zlib_header(body: bytes) -> None:
    assert inflate(_raw(body), "deflate", LIMIT) == body
    with pytest.raises(BadEncoding):
        inflate(_raw(body)[:-1], "deflate", LIMIT)


@each("encoding", ["gzip, gzip", "x-gzip,GZIP", "deflate, gzip", "gzip, utf-8, gzip"])
def test_codings_are_undone_from_the_last_to_the_first(encoding: str) -> None:
    inner = zlib.compress(b"Hello") if encoding.startswith("deflate") else gzip.compress(b"Hello")
    assert inflate(gzip.compress(inner), encoding, LIMIT) == b"Hello"


def test_a_coding_that_is_named_twice_and_done_once_is_undone_once() -> None:
    assert inflate(gzip.compress(b"Hello"), "gzip, gzip", LIMIT) == b"Hello"


@each("padding", [b"\0", b"\0" * 512, b"\r\n"])
def test_what_pads_a_gzip_body_at_its_end_is_passed_over(padding: bytes) -> None:
    assert inflate(gzip.compress(b"Hello") + padding, "gzip", LIMIT) == b"Hello"
    two = gzip.compress(b"one ") + padding + gzip.compress(b"two")
    assert inflate(two, "gzip", LIMIT) == b"one two"


@each("encoding", ["gzip, gzip", "deflate, gzip"])
def test_a_bomb_in_a_bomb_is_refused(encoding: str) -> None:
    inner = _encoded(b"\0" * 50_000_000, encoding.partition(",")[0])
    assert len(gzip.compress(inner)) < LIMIT
    with pytest.raises(BadEncoding, match="larger than 1000 bytes"):
        inflate(gzip.compress(inner), encoding, LIMIT)


def test_more_codings_than_anyone_means_are_refused() -> None:
    body = b"Hello"
    for _ in range(5):
        body = gzip.compress(body)
    with pytest.raises(BadEncoding, match="more than 4 content encodings"):
        inflate(body, ", ".join(["gzip"] * 5), LIMIT)


def test_a_gzip_body_with_a_wrong_checksum_is_refused() -> None:
    body = bytearray(gzip.compress(b"Hello"))
    body[-8] ^= 0xFF
    with pytest.raises(BadEncoding):
        inflate(bytes(body), "gzip", LIMIT)


@each("encoding", ["gzip", "deflate"])
@each("kept", [1, 5, -9, -1])
def test_a_body_that_is_cut_off_is_refused(encoding: str, kept: int) -> None:
    compress = gzip.compress if encoding == "gzip" else zlib.compress
    with pytest.raises(BadEncoding):
        inflate(compress(b"Hello, hello, hello")[:kept], encoding, LIMIT)


@each("encoding", ["", "gzip", "deflate"])
@each("size", [LIMIT - 1, LIMIT])
def test_a_body_of_exactly_the_limit_passes(encoding: str, size: int) -> None:
    assert inflate(_encoded(b"x" * size, encoding), encoding, LIMIT) == b"x" * size


@each("encoding", ["", "gzip", "deflate"])
def test_one_byte_beyond_the_limit_is_refused(encoding: str) -> None:
    with pytest.raises(BadEncoding, match="larger than 1000 bytes"):
        inflate(_encoded(b"x" * (LIMIT + 1), encoding), encoding, LIMIT)


@each("encoding", ["gzip", "deflate"])
def test_a_bomb_is_refused_as_too_large(encoding: str) -> None:
    bomb = _encoded(b"\0" * 50_000_000, encoding)
    assert len(bomb) < 60_000
    with pytest.raises(BadEncoding, match="larger than 1000 bytes"):
        inflate(bomb, encoding, LIMIT)


def test_a_cut_off_bomb_is_refused() -> None:
    with pytest.raises(BadEncoding):
        inflate(gzip.compress(b"\0" * 5_000_000)[:2000], "gzip", LIMIT)


def test_the_second_member_of_a_gzip_body_is_not_lost_silently() -> None:
    two = gzip.compress(b"one ") + gzip.compress(b"two")  # one body, by RFC 1952
    try:
        decoded = inflate(two, "gzip", LIMIT)
    except BadEncoding:
        return
    assert decoded == b"one two"


def _encoded(body: bytes, encoding: str) -> bytes:
    if encoding == "":
        return body
    return gzip.compress(body) if encoding == "gzip" else zlib.compress(body)
