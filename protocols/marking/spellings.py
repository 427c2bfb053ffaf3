"""How hosts, programs and scanners spell what surrounds the data: AIM ids, FNC1, separators, line ends, escapes.

Spellings with a character that is in no code (GS1 set 82) are certain. The others (`<GS>`, `(GS)`, `%1D`) could be a
serial number's own characters: `repairs` takes them for separators only where a whole code comes out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import html5
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
_POSSIBLE = re.compile(rf"<{_NAMES}>|\({_NAMES}\)|%1D|_x001D_", re.IGNORECASE)
#: Separators at an end, twice, or behind a GTIN, whose length is predefined.
_EXTRA = re.compile(rf"(?<=\A01[0-9]{{14}}){GS}+|(?<={GS}){GS}+|\A{GS}+|{GS}+\Z")
_ESCAPE = re.compile(r"""\\{1,8}(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(["'/]))""")
_NUMERIC_ENTITY = re.compile(r"&#(?:[0-9]+|[xX][0-9a-fA-F]+);")
#: References to characters that a code may have, by name.
_NAMED = MappingProxyType(
    {name: sign for name, sign in html5.items() if name.endswith(";") and re.fullmatch(f"[{SET82}]", sign)}
)
_ENTITY = re.compile(rf"&(?:({'|'.join(_NAMED)})|#0*([0-9]{{1,3}});|#[xX]0*([0-9a-fA-F]{{1,2}});)")
#: The marks nearest to the code in front, and the last behind.
_QUOTED = re.compile(r"""[^\x1d]{0,12}(?:(["'])(.+)\1|>(.+)</).{0,12}""", re.DOTALL).fullmatch
_SOME_ENTITY = re.compile(rb"&[A-Za-z]{2,8};").search
#: A field that a spreadsheet or a database wrote in quotation marks because of those within, which it doubled.
_FIELD = re.compile(r"""(["'])((?:(?!\1).|\1\1)*)\1""", re.DOTALL).fullmatch

_IN_FRONT = re.compile(r"[\x00-\x20\ufeff\u200b\xe8]+")
_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
#: A prefix that a scanner puts even before the AIM id; eight digits would be another bar code.
_BEFORE_AIM = re.compile(rf"(?![0-9]{{8}})[^\]{GS}]{{1,12}}(?=\][A-Za-z][0-9A-Za-z](?:[0-9]{{8}}|[A-Za-z]{{2}}-))")
_FNC1 = re.compile(rf"(?:{_CERTAIN.pattern}|{_POSSIBLE.pattern})", re.IGNORECASE | re.VERBOSE)
_BLANKS = "".join(map(chr, range(0x21))) + "\ufeff\u200b␍␊␉↵"
_END = re.compile(r"(?:\\{1,8}[rnt]|[\[{](?:CR|LF|TAB|ENTER|ETX)[\]}])\Z", re.IGNORECASE).search
_LONGEST_END = 12
#: A run of characters that are in no code, or the separator's name between two of them.
_FOREIGN_WORD = re.compile(rf"[^{SET82}\x1d]{{1,8}}{_NAMES}[^{SET82}\x1d]{{1,8}}", re.IGNORECASE)
_FOREIGN = re.compile(rf"[^{SET82}\x1d]+")
#: Every way of escaping a URL escapes these, so a text that still has them was not escaped.
_NOT_IN_URL = re.compile(r'["<>]|%(?![0-9A-Fa-f]{2})').search
_BRACKETED = re.compile(r"([(\[])01[)\]]\s*([0-9]{14})\s*[(\[]21[)\]]\s*(.+)", re.DOTALL).fullmatch
#: Blanks beside an identifier part it from its neighbours and are no data; separators may have stayed where they were.
_ROUND = re.compile(r"\s*\((9[123]|8005|7003|3[1-6][0-9][0-5]|39[0-4][0-9]|24[01]|1[0-7])\)\s*")
_SQUARE = re.compile(r"\s*\[([0-9]{2,4})\]\s*")


def needs_a_look(data: bytes) -> bool:
    """True when there is a reference of HTML, or a separator that parts nothing."""
    return (
        data[-1:] == b"\x1d"
        or data[16:17] == b"\x1d"
        or b"\x1d\x1d" in data
        or (b"&" in data and _SOME_ENTITY(data) is not None)
    )


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
            # the nearest to the code is the scanner's own
            aim, text = match[0], text[3:]
        elif match := _FNC1.match(text) or _BEFORE_AIM.match(text):
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


def goes_on(text: str) -> bool:
    """True when a separator stands at the end: what it parts the text from may be lost."""
    return GS in text[len(text.rstrip(_BLANKS)) :]


def without_extra(text: str) -> str:
    """The text without separators that part nothing."""
    return _EXTRA.sub("", text)


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


def without_entities(text: str) -> Iterator[str]:
    """The text without HTML's references, however often they were escaped; every reading that differs."""
    while ";" in text and "&" in text and (plain := _ENTITY.sub(_entity, text)) != text:
        yield plain
        text = plain


def quoted(text: str) -> Iterator[str]:
    """What stands between quotation marks or tags, when more than these surrounds it."""
    match = _QUOTED(text)
    if match is not None:
        inner = match[2] or match[3]
        yield inner
        if match[1] and (field := from_field(f"{match[1]}{inner}{match[1]}")) is not None:
            yield field


def from_field(field: str) -> str | None:
    """The text of a quoted field that has its quotation marks doubled, or None when it is no such field."""
    match = _FIELD(field.strip(_BLANKS))
    if match is None or match[1] * 2 not in match[2]:
        return None
    return match[2].replace(match[1] * 2, match[1])


def from_url(text: str) -> Iterator[str]:
    """The text without percent escapes, however often it was escaped; a bare separator never was."""
    while "%" in text and GS not in text and not _NOT_IN_URL(text):
        text = separated(unwrapped(unquote(text, "latin-1"))[0])
        if has_foreign(text):
            return
        yield text


def possibly_separated(text: str) -> tuple[str, ...]:
    """The text with possible spellings replaced, in each way that makes sense."""
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
