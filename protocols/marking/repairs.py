"""Ways in which a damaged code may become whole again. Each yields candidates; what proves one is in `parsing`."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from itertools import chain

from protocols.marking import spellings
from protocols.marking.code import GS
from protocols.marking.gs1 import check_digit_fits
from protocols.marking.packs import PACK
from protocols.marking.shapes import with_separators

#: A text and the codes of the repairs that led to it.
Candidate = tuple[str, tuple[str, ...]]

_LOST_ZERO = re.compile(r"1[0-9]{14}21.").match
_HEAD = re.compile(r"01(?=([0-9]{14})21.)")
_LONGEST_PREFIX = 12
#: Another bar code rather than a prefix.
_NUMBER = re.compile(r"[0-9]{8,}[\x00-\x20]*").fullmatch
_PACK_LENGTH = 29
#: With either alphabet, and with or without padding.
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}").fullmatch
_TO_STANDARD = str.maketrans("-_", "+/", "=")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){20,}").fullmatch
#: What stands behind the padding of a check value is no part of it.
_BEHIND_PADDING = re.compile(
    r"(.*\x1d?92(?:[A-Za-z0-9+/]{86}==|[A-Za-z0-9+/]{43}=))[^A-Za-z0-9+/=].{0,3}", re.DOTALL
).fullmatch


def candidates(text: str, escaped: Iterable[str] = ()) -> Iterator[Candidate]:
    """Every way to mend the front, then the separators' spelling, then lost separators; the text itself is none.

    escaped: what the text says when escapes are undone.
    """
    for front, done in chain(_fronts(text), ((plain, ("marking_code_escapes",)) for plain in escaped)):
        for spelled, replaced in _separators(front):
            notes = done + replaced
            if notes:
                yield spelled, notes
            for whole in with_separators(spelled):
                yield whole, (*notes, "marking_code_separators_restored")


def _fronts(text: str) -> Iterator[Candidate]:
    yield text, ()
    if _LOST_ZERO(text) and check_digit_fits(text[1:15]):
        yield "0" + text, ("marking_code_leading_zero",)
    # a pack that lost another character still begins with its zero
    if len(text) == _PACK_LENGTH - 1 and text[0] != "0" and PACK("0" + text):
        yield "0" + text, ("marking_code_leading_zero",)
    for match in _HEAD.finditer(text, 1, _LONGEST_PREFIX + 32):
        if match.start() <= _LONGEST_PREFIX and check_digit_fits(match[1]) and not _NUMBER(text, 0, match.start()):
            yield text[match.start() :], ("marking_code_prefix",)
    for plain in spellings.quoted(text):
        yield plain, ("marking_code_prefix", "marking_code_suffix")
    start = len(text) - _PACK_LENGTH
    if (
        0 < start <= _LONGEST_PREFIX
        and not text[start - 1].isdigit()
        and not _NUMBER(text, 0, start)
        and PACK(text[start:])
    ):
        yield text[start:], ("marking_code_prefix",)
    if (bare := spellings.without_brackets(text)) is not None:
        yield bare, ("marking_code_brackets",)
    for plain in chain(spellings.from_url(text), _decoded(text)):
        yield plain, ("marking_code_encoding",)


def _separators(text: str) -> Iterator[Candidate]:
    yield text, ()
    for spelled in spellings.possibly_separated(text):
        yield spellings.without_extra(spelled), ("marking_code_separator_spelled",)
    if " " in text:
        yield text.replace(" ", ""), ("marking_code_blanks",)
        if GS in text:
            yield text.replace(" ", "+"), ("marking_code_plus",)
    if (match := _BEHIND_PADDING(text)) is not None:
        yield match[1], ("marking_code_suffix",)


def is_hexadecimal(text: str) -> bool:
    """True when the text may be bytes written as digits."""
    return _HEX(text) is not None


def _decoded(text: str) -> Iterator[str]:
    found = []
    if _HEX(text):
        found.append(bytes.fromhex(text))
    if _BASE64(text):
        plain = text.translate(_TO_STANDARD)
        try:
            found.append(base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True))
        except binascii.Error:
            return
    for data in found:
        if data.isascii():
            yield spellings.unwrapped(data.decode("ascii"))[0]
