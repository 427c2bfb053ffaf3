"""How hosts, programs and scanners spell what surrounds the data: AIM ids, FNC1, separators, line ends, escapes.

Spellings with a character that is in no code (GS1 set 82) are certain. The others (`<GS>`, `(GS)`, `%1D`) could be a
serial number's own characters: `repairs` takes them for separators only where a whole code comes out.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from urllib.parse import unquote

from protocols.marking.code import GS
from protocols.marking.gs1 import SET82, ends_itself

_NAMES = r"(?:GS|FNC1|0x1D|1D|29)"
#: Separators that cannot be data, wherever they stand.
_CERTAIN = re.compile(
    rf"""
      \\{{1,8}} (?: u001d | x1d | x\{{0*1d\}} | u\{{0*1d\}} | 0?35 | FNC1 | F | GS )
    | [\[{{] [ ]* {_NAMES} [ ]* [\]}}]
    | \# {_NAMES} \#
    | &\#0*29; | &\#x0*1d;
    | ~d?029 | \^\]
    | [␝↔\xe8]
    """,
    re.IGNORECASE | re.VERBOSE,
)
#: Separators that could be data.
_POSSIBLE = re.compile(rf"<{_NAMES}>|\({_NAMES}\)|%1D", re.IGNORECASE)
_ESCAPE = re.compile(r"""\\{1,8}(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(["'/]))""")
_NUMERIC_ENTITY = re.compile(r"&#(?:[0-9]+|[xX][0-9a-fA-F]+);")
_ENTITY = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#0*([0-9]{1,3})|#[xX]0*([0-9a-fA-F]{1,2}));")
_NAMED = MappingProxyType({"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"})

_IN_FRONT = re.compile(r"[\x00-\x20\ufeff\u200b\xe8]+")
_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_FNC1 = re.compile(rf"(?:{_CERTAIN.pattern}|{_POSSIBLE.pattern})", re.IGNORECASE | re.VERBOSE)
_BLANKS = "".join(map(chr, range(0x21))) + "\ufeff\u200b␍␊␉↵"
_END = re.compile(r"(?:\\{1,8}[rnt]|[\[{](?:CR|LF|TAB|ENTER|ETX)[\]}])\Z", re.IGNORECASE).search
_LONGEST_END = 12
#: A run of characters that are in no code, or the separator's name between two of them.
_FOREIGN_WORD = re.compile(rf"[^{SET82}\x1d]{{1,8}}{_NAMES}[^{SET82}\x1d]{{1,8}}", re.IGNORECASE)
_FOREIGN = re.compile(rf"[^{SET82}\x1d]+")
#: encodeURIComponent escapes these, so a text that still has them was not escaped.
_NOT_IN_URL = re.compile(r'["&+,/:;<=>?]')
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_BRACKETED = re.compile(r"([(\[])01[)\]] *([0-9]{14}) *[(\[]21[)\]] *(.+)", re.DOTALL).fullmatch
_ROUND, _SQUARE = re.compile(r"\((9[123]|8005|7003|3103|240|1[0-7])\)"), re.compile(r" *\[([0-9]{2,4})\] *")


def has_foreign(text: str) -> bool:
    """True when there is a character that is neither in GS1 set 82 nor a separator."""
    return _FOREIGN.search(text) is not None


def unwrapped(text: str) -> tuple[str, str | None, bool]:
    """(the text without what scanners put around a code, its AIM id, True when more than that was taken off in front).

    AIM id, FNC1 however spelled, line ends, quotation marks; nothing inside is touched.
    """
    text = _without_end(text)
    aim, odd = None, False
    while text:
        if text[0] in "\"'" and len(text) > 1 and text[-1] == text[0]:
            text, odd = _without_end(text[1:-1]), True
        elif match := _IN_FRONT.match(text):
            text = text[match.end() :]
        elif match := _AIM.match(text):
            aim, text = aim or match[0], text[3:]
        elif match := _FNC1.match(text):
            text, odd = text[match.end() :], True
        else:
            break
    return text, aim, odd


def _without_end(text: str) -> str:
    while True:
        text = text.rstrip(_BLANKS)
        end = _END(text, max(0, len(text) - _LONGEST_END))
        if end is None:
            return text
        text = text[: end.start()]


def separated(text: str) -> str:
    """The text with every certain spelling of the separator replaced, those too that a replacement uncovers."""
    while (plain := _CERTAIN.sub(GS, text)) != text:
        text = plain
    return text


def surely_separated(text: str) -> str:
    """The text with possible spellings replaced too, for a text in which they cannot be data."""
    return _POSSIBLE.sub(GS, text)


def unescaped(text: str) -> str:
    """The text without the escapes of JSON and, when a numeric reference proves them, of HTML."""
    if "\\" in text:
        text = _ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16)) if match[3] is None else match[3], text)
    if _NUMERIC_ENTITY.search(text):
        text = _ENTITY.sub(_entity, text)
    return text


def _entity(match: re.Match[str]) -> str:
    # html.unescape drops control characters, and the separator is one
    name, decimal, hexadecimal = match.groups()
    return _NAMED[name] if name else chr(int(decimal) if decimal else int(hexadecimal, 16))


def from_url(text: str) -> str | None:
    """The text without percent escapes, or None when it cannot be written so."""
    if "%" not in text or _NOT_IN_URL.search(text) or _BAD_PERCENT.search(text):
        return None
    return unquote(text, "latin-1")


def possibly_separated(text: str) -> tuple[str, ...]:
    """The text with possible spellings replaced, in each way that makes sense; empty when it has separators already."""
    if GS in text:
        return ()
    found = [_POSSIBLE.sub(GS, text)] if _POSSIBLE.search(text) else []
    found += (pattern.sub(GS, text) for pattern in (_FOREIGN_WORD, _FOREIGN) if pattern.search(text))
    return tuple(dict.fromkeys(found))


def without_brackets(text: str) -> str | None:
    """The printed form (01)…(21)…(93)… as data, or None when it is none. Round brackets may also be a serial's own."""
    match = _BRACKETED(text)
    if match is None:
        return None
    parts = (_ROUND if match[1] == "(" else _SQUARE).split(match[3])
    plain = f"01{match[2]}21{parts[0]}"
    before = "21"
    for name, value in zip(parts[1::2], parts[2::2], strict=True):
        plain += f"{'' if ends_itself(before) else GS}{name}{value}"
        before = name
    return plain
