"""docs/other-languages.md: its recipes and its container use what there is, and the recipes run."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from smsbridge.cli.mock import mock
from smsbridge.http.exchange import Request, Response
from smsbridge.testing.mock.default import API_KEY, sample_backend
from smsbridge.testing.mock.provider import Provider

from support.commands import SMSBRIDGE, parse_options
from support.each import each
from support.sockets import kept_port
from support.terminal import DOCS, environment
from support.tools import missing, need

EXAMPLES = DOCS / "examples"
PAGE = (DOCS / "other-languages.md").read_text(encoding="utf-8")
LANGUAGES = {
    "python": ("python3", "python3"),
    "node": ("node", "nodejs"),
    "php": ("php", "php-cli"),
    "ruby": ("ruby", "ruby"),
    "java": ("javac", "default-jdk-headless"),
}
DOCKERFILE = (EXAMPLES / "mock" / "Dockerfile").read_text(encoding="utf-8")
SECONDS = 90


def recipe(language: str) -> dict[str, Any]:
    text = (EXAMPLES / "ci" / f"{language}.yml").read_text(encoding="utf-8")
    job: dict[str, Any] = yaml.safe_load(text)["jobs"]["sms"]
    return job


def compose() -> dict[str, Any]:
    text = (EXAMPLES / "mock" / "compose.yaml").read_text(encoding="utf-8")
    services: dict[str, Any] = yaml.safe_load(text)["services"]
    return services


def instruction(name: str) -> str:
    """Return what the Dockerfile has after the last instruction of a name."""
    return str(re.findall(rf"(?:^| ){name} (.*)$", DOCKERFILE, re.MULTILINE)[-1])


def mock_options(words: list[str]) -> dict[str, Any]:
    """Return the options of a command line of the mock; an unknown one is an error."""
    assert words[:2] == ["smsbridge", "mock"]
    return parse_options(mock, words[2:]).params


def control_status(url: str, options: dict[str, Any]) -> int:
    """Return what a mock that was started so answers at a control URL."""
    provider = Provider(sample_backend())
    provider.address = options["address"] or f"http://{options['host']}:{options['port']}"
    host = url.split("/")[2]
    answer = provider.handle(Request(method="GET", url=url, headers={"Host": host}))
    assert isinstance(answer, Response)
    return answer.status


@each("language", LANGUAGES)
def test_a_recipe_starts_a_mock_as_there_is_one_waits_and_asks_for_the_verdict(
    language: str,
) -> None:
    job = recipe(language)
    run = job["steps"][-1]["run"]
    started = shlex.split(next(line for line in run.splitlines() if "smsbridge mock" in line))
    options = mock_options(started[: started.index(">")])
    assert options["check"]
    assert job["env"]["SMS_URL"] == f"http://{options['host']}:{options['port']}"
    assert job["env"]["SMS_KEY"] == API_KEY
    assert "[testing]" in job["env"]["SMSBRIDGE"]
    asked = re.findall(r"\$SMS_URL(/_mock/[a-z]+)", run)
    assert asked == ["/_mock/health", "/_mock/verify"]
    assert {control_status(job["env"]["SMS_URL"] + path, options) for path in asked} == {200}
    assert run.splitlines()[-2:] == ["kill $mock", "wait $mock"]


def test_the_container_listens_for_others_is_no_root_and_tells_its_health() -> None:
    words = [*json.loads(instruction("ENTRYPOINT")), *json.loads(instruction("CMD"))]
    options = mock_options(words)
    assert (options["host"], options["check"]) == ("0.0.0.0", True)
    assert instruction("EXPOSE") == str(options["port"])
    assert instruction("USER") != "root"
    (health,) = re.findall(r"urlopen\('([^']+)'\)", DOCKERFILE)
    assert control_status(health, options) == 200


def test_the_container_is_built_from_all_that_an_installation_needs() -> None:
    copied = [
        path
        for line in re.findall(r"^COPY (.*) \S+$", DOCKERFILE, re.MULTILINE)
        for path in line.split()
    ]
    root = DOCS.parent
    assert [path for path in copied if not (root / path).exists()] == []
    configured = (root / "pyproject.toml").read_text() + (root / "setup.cfg").read_text()
    named = re.findall(r'(?:readme = |license-files = \[|smsbridge\.wsdl = )"?([\w.]+)', configured)
    assert set(named) <= set(copied)
    assert {"smsbridge", "setup.py", "setup.cfg", "pyproject.toml"} <= set(copied)
    assert "[testing]" in instruction("RUN")


def test_compose_lets_the_service_reach_the_mock_and_then_asks_for_the_verdict() -> None:
    services = compose()
    entry = json.loads(instruction("ENTRYPOINT"))
    options = mock_options([*entry, *services["sms-mock"]["command"]])
    assert options["address"] == "http://sms-mock:8765"
    app, verdict = services["app"], services["verdict"]
    assert app["environment"] == {"SMS_URL": options["address"], "SMS_KEY": API_KEY}
    assert app["depends_on"] == {"sms-mock": {"condition": "service_healthy"}}
    assert verdict["depends_on"] == {"app": {"condition": "service_completed_successfully"}}
    assert control_status(verdict["command"].split()[-1], options) == 200
    folder = EXAMPLES / "mock"
    assert (folder / services["sms-mock"]["build"]["context"] / "pyproject.toml").exists()
    assert (folder / app["volumes"][0].partition(":")[0] / "sms.test.mjs").exists()


def test_the_page_shows_each_file_of_the_examples() -> None:
    shown = set(re.findall(r"\{literalinclude\} examples/(\S+)", PAGE))
    shown |= {
        f"{one}/{file.name}" for one in ("node", "php") for file in (EXAMPLES / one).iterdir()
    }
    for folder in ("ci", "mock", *LANGUAGES):
        there = {
            f"{folder}/{file.name}" for file in (EXAMPLES / folder).iterdir() if file.is_file()
        }
        assert there <= shown


# --- the recipes run


@pytest.fixture
def free_port() -> Iterator[str]:
    with kept_port() as port:
        yield str(port)


def run_recipe(
    language: str, port: str, folder: Path, **changes: str
) -> subprocess.CompletedProcess[str]:
    """Run the last step of a recipe beside the service of its language, at a port of ours."""
    tool, package = LANGUAGES[language]
    need(tool, package)
    need("curl", "curl")
    need("bash", "bash")
    for file in (EXAMPLES / language).iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    job = recipe(language)
    script = job["steps"][-1]["run"].replace("8765", port)
    for old, new in changes.items():
        assert old in script
        script = script.replace(old, new)
    env = {name: word.replace("8765", port) for name, word in job["env"].items()}
    path = f"{Path(SMSBRIDGE).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script],
        cwd=folder,
        env=environment() | env | {"PATH": path},
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )


@pytest.mark.full
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_recipe_passes_for_a_service_that_does_nothing_wrong(
    language: str, free_port: str, tmp_path: Path
) -> None:
    if language == "php" and b"soap" not in subprocess.check_output(["php", "-m"]).split():
        missing("PHP's extension soap", "apt-get install php-soap")
    done = run_recipe(language, free_port, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"verdict": "passed"' in done.stdout
    assert "verdict on smsmobileapi/default: passed" in done.stderr


@pytest.mark.full
def test_a_recipe_fails_for_a_service_whose_tests_pass_but_that_asked_nonsense(
    free_port: str, tmp_path: Path
) -> None:
    wrong = "curl -s $SMS_URL/nowhere; curl -s -X POST $SMS_URL/_mock/reset"
    done = run_recipe("python", free_port, tmp_path, **{"python -m pytest test_sms.py": wrong})
    assert done.returncode == 1
    assert "unmatched: GET /nowhere matches nothing" in done.stderr
