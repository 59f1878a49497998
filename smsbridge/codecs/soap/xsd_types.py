"""The built-in simple types of XML Schema: which texts each accepts, and a sample of each.

W3C XML Schema Part 2, §3: https://www.w3.org/TR/xmlschema-2/
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Simple:
    """A built-in type: a sample of its text, the form of it, and the least and the most."""

    sample: str
    form: str = ""
    least: int | None = None
    most: int | None = None

    def takes(self, text: str) -> bool:
        """Return whether a text is a value of the type."""
        if not self.form:
            return True
        text = text.strip(" \t\n\r")
        if not re.fullmatch(self.form, text):
            return False
        if self.least is None and self.most is None:
            return True
        number = int(text)
        return (self.least is None or number >= self.least) and (
            self.most is None or number <= self.most
        )


_WHOLE = r"[+-]?[0-9]{1,4000}"  # int() accepts no more digits
_UNSIGNED = r"([0-9]+(\.[0-9]*)?|\.[0-9]+)"
_FLOAT = rf"[+-]?{_UNSIGNED}([eE][+-]?[0-9]+)?|-?INF|NaN"
_ZONE = r"(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_YEAR = r"-?(?!0000)([1-9][0-9]{4,}|[0-9]{4})"
_MONTH = r"(0[1-9]|1[0-2])"
_MONTH_DAY = (
    r"((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    r"|02-(0[1-9]|1[0-9]|2[0-8])|{leap}02-29)"
)
_LEAP = (
    r"(?:(?<=0[48]-)|(?<=[2468][048]-)|(?<=[13579][26]-)|(?<=[02468][048]00-)|(?<=[13579][26]00-))"
)
_DATE = f"{_YEAR}-{_MONTH_DAY.replace('{leap}', _LEAP)}"
_TIME = r"(([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?|24:00:00(\.0+)?)"
_DAYS, _HOURS = r"([0-9]+Y)?([0-9]+M)?([0-9]+D)?", rf"([0-9]+H)?([0-9]+M)?({_UNSIGNED}S)?"
_SIXTY_FOUR, _END = r"[A-Za-z0-9+/][ \t\n\r]*", r"[ \t\n\r]*=[ \t\n\r]*"
_BASE64 = (
    f"({_SIXTY_FOUR}){{4}}",
    f"{_SIXTY_FOUR}[AQgw]{_END}=|({_SIXTY_FOUR}){{2}}[AEIMQUYcgkosw048]{_END}",
)
_NAME = r"[^\W\d][\w.-]*"


def _whole(least: int | None, most: int | None, sample: str = "1") -> Simple:
    return Simple(sample, _WHOLE, least, most)


SIMPLE = {
    "boolean": Simple("true", "true|false|1|0"),
    "decimal": Simple("1.5", f"[+-]?{_UNSIGNED}"),
    "float": Simple("1.5", _FLOAT),
    "double": Simple("1.5", _FLOAT),
    "dateTime": Simple("2027-01-31T09:00:00Z", f"{_DATE}T{_TIME}{_ZONE}"),
    "date": Simple("2027-01-31", _DATE + _ZONE),
    "time": Simple("09:00:00Z", _TIME + _ZONE),
    "duration": Simple("PT1H", f"-?P(?=.){_DAYS}(T(?=.){_HOURS})?"),
    "base64Binary": Simple("aGVsbG8=", f"({_BASE64[0]})*({_BASE64[1]})?"),
    "hexBinary": Simple("68656C6C6F", r"([0-9A-Fa-f]{2})*"),
    "anyURI": Simple("https://www.example/"),
    "QName": Simple("name", f"({_NAME}:)?{_NAME}"),
    "gYear": Simple("2027", _YEAR + _ZONE),
    "gYearMonth": Simple("2027-01", f"{_YEAR}-{_MONTH}{_ZONE}"),
    "gMonth": Simple("--01", f"--{_MONTH}{_ZONE}"),
    "gMonthDay": Simple("--01-31", f"--{_MONTH_DAY.replace('{leap}', '')}{_ZONE}"),
    "gDay": Simple("---31", f"---(0[1-9]|[12][0-9]|3[01]){_ZONE}"),
    "integer": _whole(None, None),
    "long": _whole(-(2**63), 2**63 - 1),
    "int": _whole(-(2**31), 2**31 - 1),
    "short": _whole(-(2**15), 2**15 - 1),
    "byte": _whole(-128, 127),
    "nonNegativeInteger": _whole(0, None),
    "positiveInteger": _whole(1, None),
    "nonPositiveInteger": _whole(None, 0, "0"),
    "negativeInteger": _whole(None, -1, "-1"),
    "unsignedLong": _whole(0, 2**64 - 1),
    "unsignedInt": _whole(0, 2**32 - 1),
    "unsignedShort": _whole(0, 2**16 - 1),
    "unsignedByte": _whole(0, 255),
}
"""The built-in types by name; a type that isn't listed is a kind of text."""

TEXTUAL = Simple("text")
