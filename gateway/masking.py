"""What must not be read in logs, traces and support files, in one table, and how it is hidden.

Three ways in: `text` for words of any origin (patterns), `tree` for structures whose keys say what they hold, and
`explanation` for a frame in words, where whatever is not known to be harmless is hidden. Tokens and keys vanish whole;
of a marking code the product and its group stay, because that is what a complaint is about.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

HIDDEN = "***"

#: Keys whose values vanish whole, wherever they stand.
SECRET_KEYS = frozenset(
    {
        "authorization", "token", "secret", "password", "passwords", "digest", "api_key", "x-api-key", "private_key",
        "email", "phone", "phones", "contact", "birthdate", "citizenship", "document_data", "code_base64", "raw_base64",
    }
)  # fmt: skip
#: Keys of people and of what they are told: all words within are theirs.
PERSONAL_KEYS = frozenset(
    {"customer", "buyer", "client", "cashier", "agent", "agent_info", "supplier", "supplier_info", "header_lines",
     "footer_lines", "lines", "text", "additional_check_props", "additional_user_props", "user_props"}
)  # fmt: skip
#: Keys whose values are cut as marking codes.
CODE_KEYS = frozenset({"code", "marking_code", "raw", "mark"})

#: Tags that name people or can be used to reach them, or hold what proves a marking code.
PERSONAL_TAGS = frozenset(
    {1005, 1008, 1016, 1021, 1026, 1044, 1073, 1074, 1075, 1082, 1117, 1162, 1171, 1191, 1192, 1203, 1225, 1226, 1227,
     1228, 1243, 1244, 1245, 1246, 1254, 1262, 1263, 1264, 1265, 1305, 1306, 2000}
)  # fmt: skip
#: Words that say nothing of people: the shop's own tags and the register's answers (fields of the Shtrih-M tables).
OPEN_NAMES = frozenset(
    {"1009", "1013", "1018", "1030", "1036", "1037", "1041", "1046", "1048", "1060", "1077", "1097", "1098", "1187",
     "1188", "1189", "1190", "1209", "fn", "version", "registration_number", "что делать", "ACK", "NAK", "ENQ"}
)  # fmt: skip
_OPEN_BEGINNINGS = ("команда ", "ответ ", "пакет ", "негодный пакет ")

#: In any words. The order matters: whole things before parts of them.
PATTERNS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), HIDDEN),
    (re.compile(r"fgw_[0-9A-Za-z_]+"), "fgw_" + HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), r"\1 " + HIDDEN),
    (
        re.compile(
            r"""(?ix)(["']?(?<![\w-])(?:password|token|secret|(?:x-)?api[-_]?key|authorization|e-?mail|phone|contact)["']?\s*[=:]\s*)
            (?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s,;})\]]+)"""
        ),
        r"\1" + HIDDEN,
    ),
    # GS1: what follows the product's number is the unit's own; 91, 92 and 93 after a separator, however it is written.
    (re.compile(r"(?<!\d)(\(?01\)?\d{14}\(?21\)?)[^\s\"']{6,}"), r"\1" + HIDDEN),
    (re.compile(r"((?:\x1d|\\x1d|\\u001[dD]|␝|<GS>)9[123])[!-~]+"), r"\1" + HIDDEN),
    (re.compile(r"(?<![\w+/])91[!-~]{4}92[\w+/=]{44,88}"), HIDDEN),
    # Tobacco: 14 digits, 7 of the unit, 4 of its price, 4 of proof.
    (re.compile(r"(?<!\w)(\d{14})[!-~]{7}[A-Za-z0-9!\"%&'*+./_,:;=<>?-]{8}(?![!-~])"), r"\1" + HIDDEN),
    (re.compile(r"[^\s\"'<>:;,=()@]+@[\w-]+(?:\.[\w-]+)+"), HIDDEN + "@" + HIDDEN),
    (re.compile(r"(?<![\w+])\+\d[\d ()-]{8,18}\d"), "+" + HIDDEN),
    (re.compile(r"(?<![\w.:-])[78][ (-]{0,2}9\d{2}[ )-]{0,2}\d{3}[ -]?\d{2}[ -]?\d{2}(?![\w:-])"), HIDDEN),
    (re.compile(r"(?<![\w.:-])\d{12}(?![\w:-])"), HIDDEN),  # the INN of a person
)  # fmt: skip

_CUT_CODE = re.compile(r"(\(?01\)?\d{14}|\d{14})")
_NUMBER = re.compile(r"[-+]?[\d.:, T-]{1,40}(?: — .*)?|True|False|\w+=[\d., =]+", re.DOTALL)
_HEX = re.compile(r"[0-9a-fA-F]{2}(?: [0-9a-fA-F]{2})*")
_LINE = re.compile(r"(?P<indent>\s*)(?P<name>[^\n]+?): (?P<value>.*)", re.DOTALL)
_TAG = re.compile(r"\d{4}\b")


def text(words: str) -> str:
    """Words with everything hidden that looks like a secret."""
    for pattern, instead in PATTERNS:
        words = pattern.sub(instead, words)
    return words


def tree(value: Any, key: str = "") -> Any:
    """A structure of JSON's kinds with secrets hidden by their keys, and by their looks in all other words."""
    word = key.lower()
    if word in SECRET_KEYS and value not in (None, "", [], {}):
        return HIDDEN
    if word in PERSONAL_KEYS:
        return _hidden(value)
    match value:
        case Mapping():
            return {text(str(name)): tree(item, str(name)) for name, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [tree(item) for item in value]
        case bytes() | bytearray():
            return HIDDEN
        case str():
            if value[:1] in {"{", "["}:
                return _json(value)
            return _code(value) if word in CODE_KEYS else text(value)
        case _ if value is None or isinstance(value, bool | int | float):
            return value
        case _:
            return text(str(value))


def explanation(lines: Iterable[str]) -> tuple[str, ...]:
    """A frame in words: numbers, states and the shop's own words stay; people's data, texts and bytes go."""
    return tuple(_explained(line) for line in lines)


def _explained(line: str) -> str:
    match = _LINE.fullmatch(line)
    if match is None:
        return text(line)
    indent, name, value = match.groups()
    tag = _TAG.match(name)
    short = tag[0] if tag else name
    harmless = short in OPEN_NAMES or name.startswith(_OPEN_BEGINNINGS)
    number = _NUMBER.fullmatch(value) is not None and (_HEX.fullmatch(value) is None or len(value) == 2)
    if (tag is None or int(tag[0]) not in PERSONAL_TAGS) and (harmless or number):
        return f"{indent}{name}: {text(value)}"
    return f"{indent}{text(name)}: {HIDDEN}"


def _hidden(value: Any) -> Any:
    """The shape stays, the words go: what was given can be seen, not what it was."""
    match value:
        case Mapping():
            return {str(name): _hidden(item) for name, item in value.items()}
        case list() | tuple():
            return [_hidden(item) for item in value]
        case None | bool():
            return value
        case _:
            return HIDDEN


def _json(value: str) -> str:
    """Words that are a structure themselves are hidden by its keys."""
    try:
        inner = json.loads(value)
    except (ValueError, RecursionError):
        return text(value)
    return json.dumps(tree(inner), ensure_ascii=False)


def _code(value: str) -> str:
    """Of a marking code its product stays; a word of ours (an error's code) is no marking code."""
    match = _CUT_CODE.match(value)
    if match and len(value) > len(match[0]):
        return match[0] + HIDDEN
    return text(value)
