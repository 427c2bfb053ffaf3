"""The characters a receipt can carry: what cp866 (documents) and cp1251 (register commands) both hold, № included.

`REPLACEMENTS` is the one table of what is written for characters that one of the two lacks; what it lacks, too, is
refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

CODINGS = ("cp866", "cp1251")

REPLACEMENTS: Mapping[str, str] = MappingProxyType(
    {
        # quotation marks and apostrophes
        **dict.fromkeys("«»„“”‟″〝〞❝❞＂", '"'),
        **dict.fromkeys("‹›‚‘’‛′´ʼʹ＇", "'"),
        # dashes and minus
        **dict.fromkeys("\u2010\u2011\u2012–—―−\u2043\u02d7－", "-"),
        # spaces of other widths, and the ends of lines
        **dict.fromkeys(
            "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "
        ),
        **dict.fromkeys("\t\n\r\x0b\x0c\u0085\u2028\u2029", " "),
        # invisible marks that text from the web brings along
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\ufe0e\ufe0f", ""),
        # signs
        "…": "...",
        **dict.fromkeys("•∙‣◦●▪■", "*"),
        **dict.fromkeys("×✕✖", "x"),
        "÷": "/",
        **dict.fromkeys("⁄∕", "/"),
        "±": "+/-",
        "≈": "~",
        "≤": "<=",
        "≥": ">=",
        "≠": "!=",
        "√": "V",
        "º": "o",
        "ª": "a",
        "‰": " промилле",
        "µ": "мк",
        "μ": "мк",
        "Ω": "Ом",
        "§": "п.",
        "¶": " ",
        "†": "+",
        "‡": "+",
        "¦": "|",
        "¬": "-",
        **dict.fromkeys("─━", "-"),
        **dict.fromkeys("│┃║", "|"),
        "═": "=",
        # currencies
        "₽": "руб.",
        "€": "EUR",
        "£": "GBP",
        "¥": "JPY",
        "₴": "UAH",
        "₸": "KZT",
        "₾": "GEL",
        "¢": "c",
        # trade and ordinal marks
        "©": "(c)",
        "®": "(R)",
        "™": "(TM)",
        "℠": "(SM)",
        "℃": "C",
        "Å": "A",
        # fractions, powers, indices
        "½": "1/2",
        "⅓": "1/3",
        "⅔": "2/3",
        "¼": "1/4",
        "¾": "3/4",
        "⅕": "1/5",
        "⅛": "1/8",
        **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)),
        **dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True)),
        # arrows
        "→": "->",
        "←": "<-",
        "↔": "<->",
        # Cyrillic letters that Russian lacks and cp866 or cp1251, too
        **dict(zip("ІіѢѣѲѳѴѵ", "IiЕеФфИи", strict=True)),
        **dict(zip("ҐґЈјЅѕЉљЊњЋћЌќЂђЏџЃѓ", "ГгJjSsЛлНнЧчКкДдЦцГг", strict=True)),
        **dict(zip("ҒғҚқҢңҰұҮүҺһӘәӨөҖҗҲҳҶҷӢӣӮӯ", "ГгКкНнУуУуХхАаОоЖжХхЧчИиУу", strict=True)),
        # Latin letters that no accent explains
        "ß": "ss",
        "ẞ": "SS",
        "Æ": "AE",
        "æ": "ae",
        "Œ": "OE",
        "œ": "oe",
        "Ø": "O",
        "ø": "o",
        "Ł": "L",
        "ł": "l",
        "Đ": "D",
        "đ": "d",
        "Þ": "Th",
        "þ": "th",
        "ı": "i",
        "ĸ": "k",
    }
)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A text that both codings hold, the characters that were replaced and those that could not be.

    Both tuples name each character once, in order of appearance. Refused characters are missing from `text`; a
    caller who gets any must not print it.
    """

    text: str
    replaced: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def fit(text: str) -> Fitted:
    """The text as a fiscal document can hold it; lengths may change (`…` becomes three points)."""
    if fits(text):
        return Fitted(text)
    parts: list[str] = []
    replaced: dict[str, None] = {}
    refused: dict[str, None] = {}
    for character in unicodedata.normalize("NFC", text):
        if _fits(character):
            parts.append(character)
            continue
        instead = _replacement(character)
        if instead is None:
            refused[character] = None
        else:
            replaced[character] = None
            parts.append(instead)
    return Fitted("".join(parts), tuple(replaced), tuple(refused))


def fits(text: str) -> bool:
    """True when every character is printable and in both code pages, so nothing has to be looked at."""
    return _PLAIN(text) is not None


@lru_cache(maxsize=4096)
def _fits(character: str) -> bool:
    """Printable and in both codings."""
    if not character.isprintable():
        return False
    try:
        return all(len(character.encode(coding)) == 1 for coding in CODINGS)
    except UnicodeEncodeError:
        return False


@lru_cache(maxsize=4096)
def _replacement(character: str) -> str | None:
    """From the table, or what Unicode takes the character apart into (é -> e, ㎏ -> kg)."""
    instead = REPLACEMENTS.get(character)
    if instead is None:
        base = unicodedata.normalize("NFKD", character)
        instead = "".join(c for c in base if not unicodedata.combining(c))
        if not base[0].isalnum():
            return None
    return instead if all(map(_fits, instead)) else None


def _plain_characters() -> str:
    """What `fit` leaves as it is, as the inside of a regular expression's class."""
    table = bytes(range(256)).decode(CODINGS[0])
    return "".join(re.escape(character) for character in table if _fits(character))


#: One call of the matcher is three times cheaper than asking both code pages.
_PLAIN = re.compile(f"[{_plain_characters()}]*").fullmatch
