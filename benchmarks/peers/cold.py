"""Programs that begin, get their first answer and end, as a cron job or a small command does.

Each is what a user would write. Sources are text, so that nothing of the benchmark is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.model import KEY
from benchmarks.target import ID, NAMESPACE, Place

_FIELDS = f'{{"recipients": "+12025550123", "message": "Hello", "apikey": "{KEY}"}}'
_BLOCK = f'"backend": "smsmobileapi", "api_key": "{KEY}", "url": "URL"'
_OURS = f"""
from smsbridge import Client
with Client.from_mapping({{{_BLOCK}MORE}}) as sms:
    assert sms.send("+12025550123", "Hello").id == "{ID}"
"""
_BY_CURL = ', "transport": "curl"'
_OVER_SOAP = ', "protocol": "soap"'


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program in Python: its source, or the name of a script that is installed.

    ``offers``: a source that fails where this version has not what the program measures.
    """

    name: str
    source: str = ""
    script: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    offers: str = ""

    def arguments(self, place: Place, scripts: Path) -> list[str]:
        """Return what Python is started with."""
        if self.script:
            return [str(scripts / self.script[0]), *self.script[1:]]
        return ["-c", self.source.replace("URL", place.url).replace("WSDL", place.wsdl)]


def _ours(more: str = "") -> str:
    return _OURS.replace("MORE", more)


BARE = Program(name="bare Python", source="pass")
OFFERS_CURL = "from smsbridge import Client; Client.from_mapping({%s%s})" % (  # noqa: UP031  (braces)
    _BLOCK.replace("URL", "http://127.0.0.1:1"),
    _BY_CURL,
)
PROGRAMS: Mapping[str, tuple[Program, ...]] = {
    "import": (
        BARE,
        Program(name="import smsbridge", source="import smsbridge"),
        Program(name="import requests", source="import requests", packages=("requests",)),
        Program(name="import aiohttp", source="import aiohttp", packages=("aiohttp",)),
        Program(name="import zeep", source="import zeep", packages=("zeep",)),
        Program(
            name="import smsmobileapi", source="import smsmobileapi", packages=("smsmobileapi",)
        ),
        Program(name="import twilio", source="import twilio.rest", packages=("twilio",)),
        Program(name="import apprise", source="import apprise", packages=("apprise",)),
    ),
    "version": (
        BARE,
        Program(name="smsbridge --version", script=("smsbridge", "--version")),
        Program(name="apprise --version", script=("apprise", "--version"), packages=("apprise",)),
        Program(name="httpx --help", script=("httpx", "--help"), packages=("httpx",)),
    ),
    "cold-rest": (
        BARE,
        Program(
            name="http.client",
            source="import http.client, json, urllib.parse\n"
            "connection = http.client.HTTPConnection('URL'.partition('://')[2])\n"
            "head = {'Content-Type': 'application/x-www-form-urlencoded'}\n"
            f"body = urllib.parse.urlencode({_FIELDS})\n"
            "connection.request('POST', '/sendsms/', body, head)\n"
            f"assert json.load(connection.getresponse())['result']['id'] == '{ID}'\n",
        ),
        Program(
            name="requests",
            source="import requests\n"
            f"answer = requests.post('URL/sendsms/', data={_FIELDS}, timeout=30).json()\n"
            f"assert answer['result']['id'] == '{ID}'\n",
            packages=("requests",),
        ),
        Program(
            name="httpx",
            source="import httpx\n"
            f"answer = httpx.post('URL/sendsms/', data={_FIELDS}, timeout=30).json()\n"
            f"assert answer['result']['id'] == '{ID}'\n",
            packages=("httpx",),
        ),
        Program(
            name="smsmobileapi",
            source="from smsmobileapi import SMSSender\n"
            f"sender = SMSSender(api_key='{KEY}')\n"
            "sender.api_url_send = 'URL/sendsms/'\n"
            f"answer = sender.send_message(to='+12025550123', message='Hello')\n"
            f"assert answer['result']['id'] == '{ID}'\n",
            packages=("smsmobileapi",),
        ),
        Program(
            name="twilio",
            source="from twilio.rest import Client\n"
            f"client = Client('AC00000000000000000000000000000000', '{KEY}')\n"
            "client.api.base_url = 'URL'\n"
            "answer = client.messages.create(\n"
            "    to='+12025550123', from_='+12025550199', body='Hello')\n"
            f"assert answer.sid == '{ID}'\n",
            packages=("twilio",),
        ),
        Program(name="smsbridge", source=_ours()),
        Program(
            name="smsbridge, fast",
            source=_ours(_BY_CURL),
            packages=("pycurl",),
            offers=OFFERS_CURL,
        ),
    ),
    "cold-soap": (
        BARE,
        Program(
            name="zeep",
            source="import json, zeep\n"
            "client = zeep.Client('WSDL')\n"
            f"service = client.create_service('{{{NAMESPACE}}}sendsmsBinding',\n"
            "    'URL/sendsms/wsdl/server.php')\n"
            f"answer = json.loads(service.sendSms('+12025550123', 'Hello', '{KEY}'))\n"
            f"assert answer['result']['id'] == '{ID}'\n",
            packages=("zeep",),
        ),
        Program(
            name="suds",
            source="import json, suds.client\n"
            "client = suds.client.Client('file://WSDL',\n"
            "    location='URL/sendsms/wsdl/server.php')\n"
            f"answer = json.loads(client.service.sendSms('+12025550123', 'Hello', '{KEY}'))\n"
            f"assert answer['result']['id'] == '{ID}'\n",
            packages=("suds-community",),
        ),
        Program(name="smsbridge", source=_ours(_OVER_SOAP)),
        Program(
            name="smsbridge, fast",
            source=_ours(_OVER_SOAP + _BY_CURL),
            packages=("pycurl",),
            offers=OFFERS_CURL,
        ),
    ),
}
"""The programs of each benchmark of whole processes."""
