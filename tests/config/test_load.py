"""Config: one place at a time, mistakes refused by name, and no secret in any text."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from acme_sms import Acme

from smsbridge import (
    AsyncClient,
    Backend,
    Client,
    ConfigError,
    InvalidMessage,
    Limit,
    Retry,
    Secret,
)
from smsbridge.backends.memory import MemoryBackend
from smsbridge.config.load import block_names, from_environment, from_file, from_mapping

from support.each import each
from support.refusing import behind, refusal, shown

CANARY = "canary"
KEYS = {"backend": "smsmobileapi", "api_key": "a-key"}
ACME = {"backend": "acme", "user": "a-user", "password": "a-password"}
REST_URL = "smsmobileapi+rest://from-url@sms.example"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder without config, in an environment without config."""
    monkeypatch.chdir(tmp_path)
    for name in ("SMSBRIDGE_URL", "SMSBRIDGE_CONFIG", "SMSBRIDGE_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def block(**keys: str) -> str:
    """Return a config file with one block: SMSMobileAPI with these texts as keys."""
    lines = [f'{key} = "{value}"' for key, value in {**KEYS, **keys}.items()]
    return "\n".join(["[backends.only]", *lines])


def read(text: str, name: str | None = None, **environ: str) -> Backend:
    """Return a backend of a config file that holds this text."""
    Path("smsbridge.toml").write_text(text, "utf-8")
    return from_file(name, environ=environ)


def key_of(backend: Backend) -> str | None:
    return backend.credentials().get("api_key")


# --- one place at a time


@pytest.mark.parametrize("client", [Client, AsyncClient])
class TestAClientTakesItsConfigFromOnePlace:
    @pytest.fixture(autouse=True)
    def _every_place(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (folder / "smsbridge.toml").write_text(block(api_key="from-file") + "\ntimeout = 7")
        (folder / "other.toml").write_text(block(api_key="from-other-file"))
        monkeypatch.setenv("SMSBRIDGE_URL", REST_URL)
        monkeypatch.setenv("SMSBRIDGE_CONFIG", "other.toml")

    def test_an_argument_comes_before_every_other_place(
        self, client: type[Client | AsyncClient]
    ) -> None:
        given = MemoryBackend()
        assert client(given).backend is given
        url = REST_URL.replace("from-url", "from-argument")
        assert key_of(client.from_url(url).backend) == "from-argument"
        keys = {**KEYS, "api_key": "from-mapping"}
        assert key_of(client.from_mapping(keys).backend) == "from-mapping"

    def test_from_config_reads_the_file_also_where_smsbridge_url_is_set(
        self, client: type[Client | AsyncClient]
    ) -> None:
        assert key_of(client.from_config().backend) == "from-other-file"
        assert key_of(client.from_config("only").backend) == "from-other-file"

    def test_a_path_comes_before_smsbridge_config(self, client: type[Client | AsyncClient]) -> None:
        assert key_of(client.from_config("only", "smsbridge.toml").backend) == "from-file"

    def test_smsbridge_url_comes_before_the_file(self, client: type[Client | AsyncClient]) -> None:
        assert key_of(client().backend) == "from-url"

    def test_nothing_of_the_file_is_mixed_into_the_url(
        self, client: type[Client | AsyncClient], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SMSBRIDGE_CONFIG")
        assert client().backend.timeout == 30

    def test_a_file_that_is_not_asked_is_not_read(
        self, client: type[Client | AsyncClient], folder: Path
    ) -> None:
        (folder / "other.toml").write_text("no TOML")
        assert key_of(client().backend) == "from-url"

    @pytest.mark.parametrize("empty", [True, False])
    def test_without_smsbridge_url_smsbridge_config_names_the_file(
        self, client: type[Client | AsyncClient], monkeypatch: pytest.MonkeyPatch, *, empty: bool
    ) -> None:
        if empty:
            monkeypatch.setenv("SMSBRIDGE_URL", "")
        else:
            monkeypatch.delenv("SMSBRIDGE_URL")
        assert key_of(client().backend) == "from-other-file"

    def test_without_either_it_is_smsbridge_toml(
        self, client: type[Client | AsyncClient], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SMSBRIDGE_URL")
        monkeypatch.delenv("SMSBRIDGE_CONFIG")
        backend = client().backend
        assert (key_of(backend), backend.timeout) == ("from-file", 7)


def test_without_any_config_the_error_names_the_three_ways_to_give_one() -> None:
    error = str(refusal(Client))
    assert {"SMSBRIDGE_URL", "smsbridge.toml", "SMSBRIDGE_CONFIG"} <= set(
        re.findall(r"[\w.]+", error)
    )


def test_without_a_file_a_named_block_does_not_point_to_a_url_that_would_not_be_read() -> None:
    error = str(refusal(lambda: Client.from_config("staging")))
    assert "smsbridge.toml" in error
    assert "SMSBRIDGE_URL" not in error


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[backends.only", "valid TOML"),
        (b'[backends.only]\nbackend = "memory"\nbackend = "console"', "valid TOML"),
        (b"x = '\xff'", "UTF-8"),
        (b"", "[backends.NAME]"),
        (b"backends = 5", "[backends.NAME]"),
        (b'[backend.only]\nbackend = "memory"', "did you mean 'backends'"),
        (b'[backends]\nbackend = "smsmobileapi"\napi_key = "x"', "[backends.NAME]"),
        (b'[backends]\nonly = "smsmobileapi"', "[backends.NAME]"),
    ],
    ids=[
        "no TOML",
        "a key twice",
        "not UTF-8",
        "empty",
        "backends is a number",
        "backend for backends",
        "keys without a block",
        "a text for a block",
    ],
)
def test_a_file_that_is_no_config_is_refused_by_name(
    folder: Path, content: bytes, says: str
) -> None:
    (folder / "smsbridge.toml").write_bytes(content)
    error = str(refusal(Client))
    assert "smsbridge.toml" in error
    assert says in error


def test_files_are_read_as_utf_8_in_every_locale(folder: Path) -> None:
    (folder / "key").write_text("ключ", "utf-8")
    (folder / "smsbridge.toml").write_text(
        '[backends.only]\nbackend = "smsmobileapi"\napi_key = { file = "key" }'
    )
    warning = "error::EncodingWarning:smsbridge.config"
    script = "from smsbridge.config.load import from_file; from_file(None)"
    done = subprocess.run(
        [sys.executable, "-X", "warn_default_encoding", "-W", warning, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# --- blocks

THREE = """
default = "production"

[backends.production]
backend = "smsmobileapi"
api_key = "a-key"
timeout = 9

[backends.staging]
like = "production"
url = "http://sms-mock:8765"
cleartext_hosts = ["sms-mock"]

[backends.slow]
like = "staging"
timeout = 600
"""


def test_the_default_block_is_taken_where_none_is_named() -> None:
    assert read(THREE).timeout == 9


def test_the_only_block_is_the_default() -> None:
    assert key_of(read(block())) == "a-key"


def test_two_blocks_need_a_default_and_the_error_names_both() -> None:
    error = str(refusal(lambda: read(THREE.replace("default", "# default"))))
    assert "default" in error
    assert "production" in error
    assert "staging" in error


@each("default", ["5", "true", '["only"]'])
def test_a_default_that_is_no_text_is_refused(default: str) -> None:
    assert "default" in str(refusal(lambda: read(f"default = {default}\n{block()}")))


@each(
    ("text", "name"),
    [(THREE, "stagng"), (THREE.replace('default = "production"', 'default = "stagng"'), None)],
)
def test_an_unknown_block_is_refused_with_the_nearest_known_one(
    text: str, name: str | None
) -> None:
    error = str(refusal(lambda: read(text, name)))
    assert "'staging'" in error
    assert "stagng" in error


def test_like_takes_over_the_keys_of_another_block_and_a_key_written_again_replaces_one() -> None:
    staging, slow = read(THREE, "staging"), read(THREE, "slow")
    assert (staging.timeout, staging.url) == (9, "http://sms-mock:8765")
    assert (slow.timeout, slow.url) == (600, "http://sms-mock:8765")
    assert key_of(slow) == "a-key"


@each(
    ("likes", "says"),
    [
        ({"a": "a"}, "circle: a → a"),
        ({"a": "b", "b": "a"}, "circle: a → b → a"),
        ({"a": "b", "b": "c", "c": "b"}, "circle: a → b → c → b"),
        ({"a": "bb", "bbb": "a"}, "did you mean 'bbb'"),
    ],
)
def test_like_in_a_circle_or_of_an_unknown_block_is_refused(
    likes: Mapping[str, str], says: str
) -> None:
    text = "\n".join(f'[backends.{name}]\nlike = "{base}"' for name, base in likes.items())
    assert says in str(refusal(lambda: read(text, "a")))


@each("base", ["5", '["production"]', "true"])
def test_like_that_is_no_text_is_refused(base: str) -> None:
    assert "like" in str(refusal(lambda: read(f"{block()}\nlike = {base}")))


def test_an_error_names_the_file_and_the_block() -> None:
    error = str(refusal(lambda: read(THREE + "timeuot = 5", "slow")))
    assert error.startswith("smsbridge.toml, line 17, [backends.slow]: ")


def test_a_key_above_the_blocks_that_nobody_knows_is_refused_with_the_nearest() -> None:
    error = str(refusal(lambda: read(f'defualt = "only"\n{block()}')))
    assert "'defualt'" in error
    assert "'default'" in error


# --- lines


def at_line(text: str, where: str, name: str | None = None) -> str:
    """Return why a file is refused, without the line: that of the text ``where``, which is once."""
    error = str(refusal(lambda: read(text, name)))
    lines = [number for number, line in enumerate(text.splitlines(), 1) if where in line]
    assert len(lines) == 1
    head = f"smsbridge.toml, line {lines[0]}"
    assert error.startswith((f"{head}, [", f"{head}: ")), error
    return error.removeprefix(head)


LINED = '''# a comment: timeout = "x"
default = "only" # [backends.only]

[ backends . only ] # the block
backend = "smsmobileapi"
api_key = "canary"
client_id = """
[backends.only]
timeout = 5
"""
'''


@each(
    ("line", "says"),
    [
        ("timeuot = 5", "'timeuot' is not a key of smsmobileapi; did you mean 'timeout'?"),
        ('timeout = "10"', "timeout: give a number"),
        ("timeout = 0", "timeout: give seconds, above 0 and up to 3600"),
        ("url = 5", "url: give text"),
        ('url = "nowhere"', "url: give http:// or https:// and a host"),
        ('url = "http://sms.example"', "url: credentials would go to sms.example without TLS"),
        ('wsdl = "ftp://x/"', "wsdl: give http:// or https://"),
        ('cleartext_hosts = "sms-mock"', "cleartext_hosts: give a list of texts"),
        ('proxy = "canary"', "proxy: give http:// or https:// and a host"),
        ("proxy = 5", 'proxy: give text, { env = "NAME" }'),
        ('protocol = "smpp"', "protocol 'smpp': smsmobileapi offers rest, soap, oauth"),
        ('ca = { env = "UNSET" }', "ca: the environment variable UNSET is not set, or empty"),
        ('ca = { file = "missing" }', "ca: can't read the file missing: No such file"),
        ('ca = { evn = "UNSET" }', 'ca: a table can only be { env = "NAME" }'),
        ('like = "onyl"', "like: there is no [backends.onyl]; did you mean 'only'?"),
        ("like = []", "like: give the name of another block"),
        ('like = "only"', "like goes in a circle: only → only"),
        ("[backends.only.sendd]", "'sendd' is not a key of smsmobileapi"),
    ],
)
@each("space", ["", "\n\n# two lines more\n"])
def test_a_mistake_is_named_with_its_line(line: str, says: str, space: str) -> None:
    error = at_line(f"{LINED}{space}{line} # here\n", "# here")
    assert error.startswith(f", [backends.only]: {says}")
    assert CANARY not in error


def test_a_backend_that_is_not_installed_is_named_with_its_line() -> None:
    error = at_line(LINED.replace('"smsmobileapi"', '"smsmobilapi"'), "backend =")
    assert "did you mean 'smsmobileapi'?" in error
    assert "backend: give a name" in at_line(LINED.replace('"smsmobileapi"', "5"), "backend =")


@each(
    ("old", "new", "where", "says"),
    [
        ('api_key = "canary"\n', "", "# the block", "rest needs api_key"),
        ('backend = "smsmobileapi"\n', "", "# the block", "backend: give a name"),
    ],
)
def test_what_is_missing_is_named_with_the_line_of_the_block(
    old: str, new: str, where: str, says: str
) -> None:
    assert says in at_line(LINED.replace(old, new), where)


LIKE = """
[backends.first]
backend = "rest"
url = "https://gate.example"
auth = { type = "basic", username = "acme", password = { env = "SMS_KEY" } }

[backends.first.send]
route = "POST /sms"
fields = { to = "{recipient}", body = "{text}" }
accepted.when.code = "0"

[backends.second]
like = "first"
timeout = 5

[backends.third]
like = "second"
url = "https://third.example"
"""


@each("name", ["first", "second", "third"])
@each(
    ("old", "new", "says"),
    [
        ('"POST /sms"', '"/sms"', "send.route: '/sms'"),
        ("{text}", "{txet}", "send.fields.body: there is no value {txet}; did you mean 'text'?"),
        ("when.code", "wen.code", "send.accepted.wen: not a key of send.accepted"),
        ('"basic"', '"bsic"', "auth.type: there is no 'bsic'"),
        ("SMS_KEY", "SMS_KYE", "password: the environment variable SMS_KYE is not set"),
    ],
)
def test_a_mistake_in_what_a_block_is_like_has_the_line_where_it_stands(
    name: str, old: str, new: str, says: str
) -> None:
    text = LIKE.replace(old, new)
    error = str(refusal(lambda: read(text, name, SMS_KEY="canary")))
    line = text[: text.index(new)].count("\n") + 1
    assert error.startswith(f"smsbridge.toml, line {line}, [backends.{name}]: {says}")
    assert CANARY not in error


def test_what_a_block_replaces_has_its_own_line() -> None:
    text = LIKE.replace('"https://third.example"', "5")
    assert "url: give text" in at_line(text, "url = 5", "third")
    assert read(text, "second", SMS_KEY="x").url == "https://gate.example"


@each(
    ("old", "new", "where", "says"),
    [
        ('like = "first"', 'like = "frist"', "frist", "there is no [backends.frist]"),
        ('like = "first"', 'like = "third"', '"third"', "circle: third → second → third"),
        ('like = "second"', 'like = "scond"', "scond", "did you mean 'second'"),
        ('like = "first"', "like = 5", "like = 5", "like: give the name"),
    ],
)
def test_a_like_that_leads_nowhere_has_the_line_where_it_stands(
    old: str, new: str, where: str, says: str
) -> None:
    assert says in at_line(LIKE.replace(old, new), where, "third")


def test_a_block_that_inherits_may_be_without_its_base_and_then_has_its_own_line() -> None:
    text = LIKE.replace('auth = { type = "basic",', 'auth = { type = "basic", usernme = "x",')
    assert "auth.usernme: not a key of basic" in at_line(text, "usernme", "second")
    headers = LIKE.partition("[backends.first.send]")[0] + LIKE[LIKE.index("[backends.second]") :]
    assert "say what it can do" in at_line(headers, "[backends.third]", "third")


@each(
    ("text", "where", "says"),
    [
        (f"{block()}\n[backend.x]\n", "[backend.x]", "'backend' is not a key of the file"),
        (f'# x\ndefualt = "only"\n{block()}', "defualt", "did you mean 'default'"),
        (f'# x\ndefault = "onyl"\n{block()}', "default", "default: there is no [backends.onyl]"),
        (f"# x\ndefault = 5\n{block()}", "default", "set default to one of only"),
    ],
)
def test_a_mistake_above_the_blocks_has_its_line(text: str, where: str, says: str) -> None:
    assert says in at_line(text, where)


def test_an_argument_stands_in_no_line() -> None:
    error = str(refusal(lambda: read(f'default = "only"\n{block()}', "onyl")))
    assert error.startswith("smsbridge.toml: there is no [backends.onyl]")


@pytest.mark.parametrize(
    ("secret", "says"),
    [
        ('{ env = "UNSET" }', "key: the environment variable UNSET is not set, or empty"),
        ('{ file = "missing" }', "key: can't read the file missing: No such file"),
        ('{ file = "empty" }', "key: can't read the file empty: it is empty"),
        ('{ file = "binary" }', "key: can't read the file binary: it is not UTF-8"),
        ('{ env = "SMS_KEY", or = "canary" }', 'key: a table can only be { env = "NAME" }'),
        ('{ path = "canary" }', 'key: a table can only be { env = "NAME" }'),
        ("5", 'key: give text, { env = "NAME" }'),
        ('["canary"]', 'key: give text, { env = "NAME" }'),
    ],
)
@pytest.mark.parametrize(
    "auth",
    [
        'auth = {{ type = "headers", headers = {{ X = "{{key}}" }}, key = {} }} # here',
        '[backends.only.auth]\ntype = "headers"\nheaders.X = "{{key}}"\nkey = {} # here',
    ],
)
def test_a_credential_of_a_block_that_can_not_be_had_is_named_with_its_line(
    folder: Path, auth: str, secret: str, says: str
) -> None:
    (folder / "empty").write_text("\n")
    (folder / "binary").write_bytes(b"canary\xff")
    text = f"""[backends.only]
backend = "rest"
url = "https://gate.example"
{auth.format(secret)}
[backends.only.send]
route = "POST /sms"
fields = {{ to = "{{recipient}}", body = "{{text}}" }}
accepted.when.code = "0"
"""
    error = at_line(text, "# here")
    assert says in error
    assert CANARY not in error


def test_a_secret_that_is_no_text_is_named_by_its_key() -> None:
    error = refusal(lambda: from_mapping({**KEYS, "api_key": "canary\udcff"}))
    assert str(error).startswith("api_key: ")
    assert error.key == ("api_key",)
    assert CANARY not in shown(error, *behind(error))


# --- {env = …} and {file = …}


@pytest.mark.parametrize(
    ("content", "key"),
    [("a\n", "a"), ("a\r\n\n", "a"), ("a", "a"), (" a b ", " a b "), ("ключ\n", "ключ")],
)
def test_file_is_read_beside_the_config_file_without_the_newlines_at_its_end(
    folder: Path, content: str, key: str
) -> None:
    (folder / "conf").mkdir()
    (folder / "conf" / "secret").write_bytes(content.encode())
    (folder / "conf" / "sms.toml").write_text(block().replace('"a-key"', '{ file = "secret" }'))
    assert key_of(from_file(None, "conf/sms.toml", environ={})) == key
    assert key_of(from_environment({"SMSBRIDGE_CONFIG": "conf/sms.toml"})) == key


def test_file_of_a_mapping_is_relative_to_the_current_folder(folder: Path) -> None:
    (folder / "secret").write_text("from-secret\n")
    for path in ("secret", str(folder / "secret")):
        backend = from_mapping({**KEYS, "api_key": {"file": path}})
        assert key_of(backend) == "from-secret"


def test_any_text_key_can_come_from_elsewhere(folder: Path) -> None:
    (folder / "who").write_text("a-user\n")
    keys = {**ACME, "user": {"file": "who"}, "url": {"env": "SMS_HOST"}}
    backend = from_mapping(keys, environ={"SMS_HOST": "https://sms.example"})
    assert isinstance(backend, Acme)
    assert (backend.user, backend.url) == ("a-user", "https://sms.example")


@pytest.mark.parametrize("key", ["ca", "client_cert", "wsdl"])
def test_a_path_is_relative_to_the_config_file_and_a_url_stays(folder: Path, key: str) -> None:
    (folder / "conf").mkdir()
    (folder / "conf" / "sms.toml").write_text(block(**{key: "some/file"}))
    assert getattr(from_file(None, "conf/sms.toml"), key) == str(folder / "conf" / "some/file")
    absolute = from_mapping({**KEYS, key: "/etc/some/file"})
    assert getattr(absolute, key) == "/etc/some/file"
    web = from_mapping({**KEYS, key: "https://sms.example/some/file"})
    assert getattr(web, key) == "https://sms.example/some/file"


# --- keys and values


@each(
    ("keys", "says"),
    [
        ({}, ["backend", "smsmobileapi"]),
        ({"backend": 5}, ["backend", "smsmobileapi"]),
        ({"backend": "smsmobilapi"}, ["'smsmobilapi'", "did you mean 'smsmobileapi'"]),
        ({**KEYS, "protcol": "rest"}, ["'protcol'", "did you mean 'protocol'"]),
        ({**KEYS, "apikey": "x"}, ["'apikey'", "did you mean 'api_key'"]),
        ({**KEYS, "qqq": "x"}, ["'qqq'", "known: answer_limit, api_key, ca, "]),
        ({**ACME, "api_key": "x"}, ["'api_key'", "acme", "password"]),
        ({"backend": "memory", "messages": 5}, ["messages"]),
        ({**KEYS, "like": "production"}, ["'like'"]),
    ],
)
def test_a_key_that_the_backend_does_not_have_is_refused_with_the_nearest(
    keys: Mapping[str, Any], says: list[str]
) -> None:
    error = str(refusal(lambda: from_mapping(keys)))
    assert [word for word in says if word not in error] == []


@each(
    ("keys", "says"),
    [
        ({**KEYS, "api_key": 5}, "api_key: give text"),
        ({**KEYS, "api_key": ["a"]}, "api_key: give text"),
        ({**KEYS, "api_key": True}, "api_key: give text"),
        ({**KEYS, "client_id": 5}, "client_id: give text"),
        ({**KEYS, "url": 5}, "url: give text"),
        ({**KEYS, "url": ["https://sms.example"]}, "url: give text"),
        ({**KEYS, "protocol": 5}, "protocol: give text"),
        ({**KEYS, "timeout": "10"}, "timeout: give a number"),
        ({**KEYS, "timeout": True}, "timeout: give a number"),
        ({**KEYS, "timeout": {"env": "TEN"}}, "timeout: give a number"),
        ({**KEYS, "cleartext_hosts": "sms-mock"}, "cleartext_hosts: give a list"),
        ({**KEYS, "cleartext_hosts": ["sms-mock", 5]}, "cleartext_hosts: give a list"),
        ({**ACME, "user": 5}, "user: give text"),
        ({**ACME, "user": ["a-user"]}, "user: give text"),
    ],
)
def test_a_value_of_another_type_is_refused_with_what_is_allowed(
    keys: Mapping[str, Any], says: str
) -> None:
    assert says in str(refusal(lambda: from_mapping(keys, environ={"TEN": "10"})))


@each("timeout", [0.001, 1, 3600, 3600.0])
def test_a_timeout_above_0_and_up_to_3600_seconds_is_taken(timeout: float) -> None:
    given = from_mapping({**KEYS, "timeout": timeout}).timeout
    assert (given, type(given)) == (timeout, float)


@pytest.mark.parametrize(
    "timeout", [0, -1, 3600.1, 3601, float("inf"), float("nan"), pytest.param(10**400, id="huge")]
)
@pytest.mark.parametrize("keys", [KEYS, {"backend": "memory"}], ids=["smsmobileapi", "memory"])
def test_any_other_timeout_is_refused_with_the_limits(
    keys: Mapping[str, Any], timeout: float
) -> None:
    error = str(refusal(lambda: from_mapping({**keys, "timeout": timeout})))
    assert error.startswith("timeout")
    assert "3600" in error


def test_a_protocol_that_is_not_offered_is_refused_with_those_that_are() -> None:
    error = str(refusal(lambda: from_mapping({**KEYS, "protocol": "smpp"})))
    assert "'smpp'" in error
    assert "rest, soap, oauth" in error


@each(
    ("keys", "says"),
    [
        ({"backend": "smsmobileapi"}, "rest needs api_key"),
        ({"backend": "smsmobileapi", "api_key": ""}, "rest needs api_key"),
        ({"backend": "smsmobileapi", "protocol": "soap"}, "soap needs api_key"),
        ({**KEYS, "protocol": "oauth"}, "oauth needs client_id and client_secret"),
        ({**KEYS, "protocol": "oauth", "client_id": "c"}, "oauth needs client_secret"),
        ({"backend": "acme"}, "acme needs user and password"),
        ({"backend": "acme", "user": "u"}, "acme needs password"),
        ({**ACME, "user": ""}, "needs user"),
        ({**ACME, "password": ""}, "needs password"),
    ],
)
def test_credentials_that_are_missing_are_named(keys: Mapping[str, Any], says: str) -> None:
    assert says in str(refusal(lambda: from_mapping(keys)))


OAUTH = {"client_id": "a-client", "client_secret": "a-secret"}


@each(
    ("keys", "protocol"),
    [
        (KEYS, "rest"),
        ({**KEYS, **OAUTH}, "rest"),
        ({"backend": "smsmobileapi", **OAUTH}, "oauth"),
        ({**KEYS, **OAUTH, "protocol": "soap"}, "soap"),
        ({**KEYS, "protocol": ""}, "rest"),
        (ACME, "rest"),
    ],
)
def test_without_a_protocol_it_is_the_first_whose_credentials_are_there(
    keys: Mapping[str, Any], protocol: str
) -> None:
    assert from_mapping(keys).protocol == protocol


# --- addresses


@each(
    "url",
    [
        "https://sms.example",
        "HTTPS://SMS.EXAMPLE/",
        "http://127.0.0.1:8765",
        "http://127.9.9.9",
        "http://[::1]:8765",
        "http://localhost:8765",
        "http://LOCALHOST",
    ],
)
def test_tls_or_loopback_needs_no_leave(url: str) -> None:
    assert from_mapping({**KEYS, "url": url}).url == url


@each("scheme", ["https", "HTTPS", "Https"])
def test_a_wsdl_with_a_scheme_in_any_case_is_no_file(scheme: str) -> None:
    wsdl = f"{scheme}://sms.example/s?wsdl"
    assert from_mapping({**KEYS, "wsdl": wsdl}).wsdl == wsdl


@each(
    ("url", "host"),
    [
        ("http://sms-mock:8765", "sms-mock"),
        ("http://sms.example", "sms.example"),
        ("http://192.0.2.1", "192.0.2.1"),
        ("http://128.0.0.1", "128.0.0.1"),
        ("http://[2001:db8::1]:80", "2001:db8::1"),
        ("http://localhost.example", "localhost.example"),
        ("http://127.0.0.1.example", "127.0.0.1.example"),
    ],
)
def test_credentials_go_without_tls_only_where_cleartext_hosts_says_so(url: str, host: str) -> None:
    keys = {**KEYS, "url": url}
    error = str(refusal(lambda: from_mapping({**keys, "cleartext_hosts": ["other.example"]})))
    assert f'cleartext_hosts = ["{host}"]' in error
    assert from_mapping({**keys, "cleartext_hosts": ["other.example", host]}).url == url


def test_cleartext_hosts_may_be_written_as_the_url_is() -> None:
    url = "http://SMS-Mock:8765"
    assert from_mapping({**KEYS, "url": url, "cleartext_hosts": ["SMS-Mock"]}).url == url


@each(
    "url",
    [
        "",
        "sms.example",
        "ftp://sms.example",
        "https://",
        "https:///path",
        "https://:443",
        "https://[::1",
        "https://sms.example:port",
        "https://sms.example:98765",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    error = str(refusal(lambda: from_mapping({**KEYS, "url": url})))
    assert error.startswith("url: ")
    assert "https://" in error


# --- secrets

ENVIRON = {"SMS_KEY": "canary-in-the-environment"}
SECRET_KEYS: Mapping[str, Mapping[str, Any]] = {
    "a key": {**KEYS, "api_key": "canary-key"},
    "a secret object": {**KEYS, "api_key": Secret("canary-key")},
    "a client secret": {"backend": "smsmobileapi", **OAUTH, "client_secret": "canary-secret"},
    "a password": {**ACME, "password": "canary-password"},
    "a variable": {**KEYS, "api_key": {"env": "SMS_KEY"}},
    "a file": {**KEYS, "api_key": {"file": "secret"}},
    "a proxy's password": {**KEYS, "proxy": "http://user:canary-password@proxy.example"},
}
secret_keys = pytest.mark.parametrize("keys", SECRET_KEYS.values(), ids=SECRET_KEYS.keys())


@pytest.fixture
def secret_file(folder: Path) -> None:
    (folder / "secret").write_text("canary-in-a-file\n")


@pytest.mark.usefixtures("secret_file")
@secret_keys
def test_a_secret_is_in_no_repr(keys: Mapping[str, Any]) -> None:
    backend = from_mapping(keys, environ=ENVIRON)
    clients = (Client(backend), AsyncClient(backend))
    texts = [f"{thing!r} {thing!s} {thing}" for thing in (backend, *clients)]
    assert [text for text in texts if CANARY in text] == []


@each("key", ["url", "wsdl"])
def test_a_password_in_an_address_is_in_no_repr_and_no_error(key: str) -> None:
    keys = {**KEYS, key: "https://user:canary-password@sms.example/"}
    try:
        text = repr(from_mapping(keys))
    except ConfigError as error:
        text = shown(error, *behind(error))
    assert CANARY not in text


MISTAKES: Mapping[str, Mapping[str, Any]] = {
    "an unknown key": {"timeuot": 5},
    "a timeout out of bounds": {"timeout": 0},
    "a timeout of another type": {"timeout": "10"},
    "an unknown protocol": {"protocol": "smpp"},
    "an address without TLS": {"url": "http://sms.example"},
    "no address": {"url": "nowhere"},
    "a list for a text": {"url": ["https://sms.example"]},
    "a text for a list": {"cleartext_hosts": "sms.example"},
    "a variable that is not set": {"ca": {"env": "NOT_SET"}},
    "a file that is not there": {"ca": {"file": "not-there"}},
}


@pytest.mark.usefixtures("secret_file")
@each("mistake", MISTAKES.values())
@secret_keys
def test_a_secret_is_in_no_error_of_another_key(
    keys: Mapping[str, Any], mistake: Mapping[str, Any]
) -> None:
    error = refusal(lambda: from_mapping({**keys, **mistake}, environ=ENVIRON))
    assert CANARY not in shown(error, *behind(error))


@each(
    "keys",
    [
        {**KEYS, "api_key": ["canary"]},
        {**KEYS, "api_key": {"key": "canary"}},
        {**KEYS, "api_key": {"env": "UNSET", "or": "canary"}},
        {"backend": "smsmobileapi", "api_kye": "canary"},
        {**KEYS, "client_secret": "canary", "protocol": "oauth"},
        {"backend": "acme", "password": "canary"},
        {**KEYS, "timeout": {"env": "SMS_KEY"}},
        {**KEYS, "cleartext_hosts": {"env": "SMS_KEY"}},
        {**KEYS, "url": {"env": "SMS_KEY"}},
    ],
)
def test_a_secret_is_in_no_error_of_its_own_key(keys: Mapping[str, Any]) -> None:
    error = refusal(lambda: from_mapping(keys, environ=ENVIRON))
    assert CANARY not in shown(error, *behind(error))


def test_a_secret_file_that_is_not_utf_8_is_not_shown(folder: Path) -> None:
    (folder / "secret").write_bytes(b"canary\xff")
    error = refusal(lambda: from_mapping({**KEYS, "api_key": {"file": "secret"}}))
    assert CANARY not in shown(error, *behind(error))


@pytest.mark.parametrize(
    "text",
    [
        b'api_key = "canary',
        b"api_key = canary",
        b'api_key = "a" canary',
        b'api_key = "canary\xff"',
        b'api_key = "canary\x00"',
        b'api_key = "a"\napi_key = "canary"',
    ],
)
def test_a_config_file_that_cannot_be_read_is_not_shown(folder: Path, text: bytes) -> None:
    (folder / "smsbridge.toml").write_bytes(b"[backends.only]\n" + text)
    error = refusal(Client)
    assert CANARY not in shown(error, *behind(error))


def test_a_secret_is_read_by_reveal_alone_and_compares_by_value() -> None:
    secret = Secret("canary")
    assert f"{secret} {secret!r} {[secret]}".count("Secret('•••')") == 3
    assert secret.reveal() == "canary"
    assert secret == Secret("canary")
    assert hash(secret) == hash(Secret("canary"))
    assert secret != Secret("other")
    assert secret != "canary"


@each("nothing", ["", None, 5])
def test_an_empty_secret_is_refused(nothing: Any) -> None:
    assert "empty" in str(refusal(lambda: Secret(nothing)))


# --- how often, how fast, and who has the log


def test_retry_and_limit_are_tables_of_a_block() -> None:
    backend = read(block() + "\nretry = { attempts = 3 }\nlimit.per_second = 2.5\n")
    assert (backend.retry, backend.limit) == (Retry(attempts=3), Limit(per_second=2.5))


def test_without_them_a_send_is_tried_once_and_nothing_is_limited() -> None:
    backend = read(block())
    assert (backend.retry, backend.limit, backend.log, backend.default_region) == (
        None,
        None,
        None,
        "",
    )


def test_like_takes_over_retry_limit_and_region_too() -> None:
    text = block(default_region="GB") + "\nretry.attempts = 2\nlimit.in_flight = 4\n"
    backend = read(text + '[backends.two]\nlike = "only"\nlimit.per_second = 1\n', "two")
    assert (backend.retry, backend.limit) == (Retry(attempts=2), Limit(per_second=1))
    assert backend.number("07700 900123") == "+447700900123"


@each(
    ("line", "says"),
    [
        ("retry = 3", "retry: give a table of attempts"),
        ("retry = {}", "retry: give a table of attempts"),
        ("retry.attempts = 5", "retry.attempts: give a number above 0 and up to 4"),
        ("retry.attempts = true", "retry.attempts: give a number above 0 and up to 4"),
        ("retry.attempt = 3", "retry: no key 'attempt'; did you mean 'attempts'?"),
        ("limit = 10", "limit: give a table of per_second, in_flight"),
        ("limit.per_second = 0", "limit.per_second: give a number above 0 and up to 10000"),
        ("limit.per_second = nan", "limit.per_second: give a number above 0"),
        ("limit.in_flight = 2.5", "limit.in_flight: give a number above 0 and up to 1000"),
        ("limit.in_fligth = 2", "limit: no key 'in_fligth'; did you mean 'in_flight'?"),
        ("default_region = 44", "default_region: give text"),
        ("log = 5", "log: give the name of a block"),
        ('log = ["only"]', "log: give the name of a block"),
        ("log = { backend = 'memory' }", "log: give the name of a block"),
        ('log = "only"', "log: it refers to itself: only → only"),
        ('log = "onyl"', "log: there is no [backends.onyl]; did you mean 'only'?"),
    ],
)
def test_what_they_can_not_be_is_refused_with_its_line(line: str, says: str) -> None:
    error = refusal(lambda: read(f"{block()}\n{line}\n"))
    assert str(error).startswith("smsbridge.toml, line 4, [backends.only]: ")
    assert says in str(error)


LOGS = """
[backends.sender]
backend = "smsmobileapi"
protocol = "soap"
api_key = "canary-one"
log = "keeper"

[backends.keeper]
backend = "smsmobileapi"
api_key = "canary-two"
"""


def test_log_names_the_block_of_the_backend_that_has_the_log() -> None:
    backend = read(LOGS, "sender")
    assert backend.log is not None
    assert (backend.protocol, backend.log.protocol) == ("soap", "rest")
    assert (backend.who_answers("sent"), backend.who_answers("received")) == ("/log", "")
    assert backend.by_name()["/log"] is backend.log
    assert "canary" not in repr(backend)


def test_a_log_that_leads_back_is_refused() -> None:
    error = refusal(lambda: read(f'{LOGS}log = "sender"\n', "sender"))
    assert "it refers to itself: sender → keeper → sender" in str(error)


@each(
    ("given", "says"),
    [
        ("keeper", "give the Backend itself"),
        ({"backend": "memory"}, "log: give a Backend"),
        (5, "log"),
    ],
)
def test_a_mapping_holds_the_log_itself(given: object, says: str) -> None:
    memory = MemoryBackend()
    assert from_mapping({**KEYS, "log": memory}).log is memory
    assert says in str(refusal(lambda: from_mapping({**KEYS, "log": given})))


def test_a_log_that_is_no_backend_is_refused_by_the_class_too() -> None:
    assert "log: give a Backend" in str(refusal(lambda: MemoryBackend(log="keeper")))  # type: ignore[arg-type]  # the fault


@each("region", ["gb", "GBR", "44", "United Kingdom"])
def test_a_region_that_is_none_is_told_with_its_line(region: str) -> None:
    error = str(refusal(lambda: read(block(default_region=region))))
    assert "line 4, [backends.only]: default_region: give two capital letters" in error


def test_a_region_that_nobody_has_is_told_by_the_first_number_that_needs_it() -> None:
    backend = read(block(default_region="XX"))
    assert backend.number("+447700900123") == "+447700900123"
    with pytest.raises(InvalidMessage, match=r"default_region.*give two capital letters"):
        backend.number("07700 900123")


NO_MAPPINGS: list[Any] = [
    None,
    5,
    "smsmobileapi",
    [KEYS],
    {**KEYS, 5: 6},
    {**KEYS, "limit": {5: 6}},
    {"backend": "rest", "operations": [{5: 6}]},
]


@each("given", NO_MAPPINGS)
def test_what_is_no_mapping_of_texts_is_refused(given: Any) -> None:
    assert "give a mapping" in str(refusal(lambda: from_mapping(given)))


@each("given", [5, b"x", ["x"], True])
def test_a_name_or_a_path_of_another_kind_is_refused_by_its_name(given: Any) -> None:
    Path("smsbridge.toml").write_text(block(), "utf-8")
    assert str(refusal(lambda: from_file(given))).startswith("name: ")
    assert str(refusal(lambda: from_file("only", given))).startswith("path: ")
    assert str(refusal(lambda: Client.from_config("only", given))).startswith("path: ")


@each("path", ["x" * 5000, "a\0b", "\ud800"])
def test_a_path_that_no_file_can_have_is_refused(path: str) -> None:
    assert "can't read" in str(refusal(lambda: from_file("only", path)))


@each(
    ("path", "said"),
    [
        ("conf/sms.toml", "can't read conf/sms.toml: No such file or directory"),
        (".", "can't read .: Is a directory"),
        ("binary", "can't read binary: it is not UTF-8"),
        ("https://canary:canary@sms.example/a", "can't read https://sms.example/a: No such file"),
    ],
)
def test_a_path_that_can_t_be_read_is_named_in_full_without_a_key(path: str, said: str) -> None:
    Path("binary").write_bytes(b"\xff")
    assert str(refusal(lambda: from_file("only", path))).startswith(said)
    assert str(refusal(lambda: block_names(path))).startswith(said)


@each("name", ["x" * 5000, "a\0b", "\ud800"])
@each("where", ["env", "file"])
def test_a_secret_in_a_place_that_can_t_be_is_refused_by_its_key(where: str, name: str) -> None:
    error = refusal(lambda: from_mapping({**KEYS, "api_key": {where: name}}))
    assert str(error).startswith("api_key: ")


KEY = "k3y-93f1-9f86d081884c7d65"


@each(
    "text",
    [
        f'{block()}\nca = {{ env = "{KEY}" }}',
        f'{block()}\nca = {{ file = "{KEY}" }}',
        f'{block()}\nlike = "{KEY}"',
        f'{block()}\nlog = "{KEY}"',
        f'default = "{KEY}"\n{block()}',
        block(protocol=KEY),
        block(backend=KEY),
        block(backend=f"{KEY}:{KEY}"),
        block(default_region=KEY),
        block(proxy=KEY),
        block(url=KEY),
        f'{block()}\nretry = "{KEY}"',
        f'[backends.only]\nbackend = "failover"\nbackends = ["{KEY}", "other"]',
        f'[backends.only]\nbackend = "rest"\nauth = {{ type = "{KEY}" }}',
        f'[backends.only]\nbackend = "rest"\nauth = "{KEY}"',
    ],
)
def test_a_key_in_the_wrong_place_is_not_in_the_error(text: str) -> None:
    assert KEY not in str(refusal(lambda: read(text)))


def test_a_key_in_the_place_of_a_block_is_not_in_the_error() -> None:
    assert KEY not in str(refusal(lambda: read(block(), KEY)))


@each(
    "url",
    [
        KEY,
        f"{KEY}://{KEY}@{KEY}",
        f"smsmobileapi+{KEY}://h.example",
        f"smsmobileapi+rest://{KEY}@h.example?{KEY}={KEY}",
        f"smsmobileapi+rest://{KEY}:{KEY}@h.example",
        f"smsmobileapi+rest://h.example/{KEY}",
        f"smsmobileapi+rest://{KEY}@h.example:{KEY}",
    ],
)
def test_a_key_anywhere_in_a_url_that_is_refused_is_not_in_the_error(url: str) -> None:
    assert KEY not in str(refusal(lambda: from_environment({"SMSBRIDGE_URL": url})))
