"""The page of marking codes: what is read, mended, told and refused, from the table of notices."""

from __future__ import annotations

from collections.abc import Mapping

from protocols.marking.notices import ODDITIES, REFUSALS, REPAIRS, Notice

_INTRODUCTION = """\
# Marking codes

Wherever a code comes in (`marking.code`, `code_base64`, `/api/v1/marking/decode`, a scanner) it is read by one parser:
GS1 DataMatrix by its separators and never by its length, packs of 29 and 25 characters with their price, КИЗ of furs,
ЕГАИС 2 and 3, EAN-8, EAN-13, ITF-14 and transport labels. AIM id, leading FNC1 and line ends are taken off without a
word. The register and the fiscal drive get the code byte for byte as it was printed; logs hold the КИ at most.

Damage is undone only where that is provable: the change can be reversed to the very text that came, and exactly one
whole code comes out (right check digit, all elements known, a tail of a known shape). What is not provable is refused,
with advice for the person at the till. A wrong check digit of the GTIN is a warning: the symbol corrects its own
misreadings, so the label is printed so, and the marking system is the judge. In a receipt the journal keeps the text
that was sent, and the warning stays in every answer about the job.

No code is taken for another one without a word. A text with a bare separator (0x1D) was escaped by neither JSON nor a
URL, which would have escaped the separator too: `%41` in it is the code's own. HTML and quoted fields leave separators
alone: `&lt;` and doubled quotation marks are undone where that alone gives a code of a known shape (serial number and
tail as a product group prints them), and where both readings have one, the code is refused. A spelled separator beside
a bare one counts where a whole code comes out. Caps Lock shows in an AIM id (`]D2`, `]q3`), in front of the code or
told apart by the scanner, and in the price of a pack. A pack is known by its length alone, so one whose price is not of
whole roubles below 5120, or whose last four characters may begin another scan, is never taken without a warning. A
serial number, an element or a date that no group prints is a warning. Not to be seen by anyone: a character changed
into another, Caps Lock in a GS1 code without an AIM id, a character lost from a serial number of seven where others
print six.

This page is generated from `protocols/marking/notices.py`."""


def _table(notices: Mapping[str, Notice]) -> list[str]:
    rows = (f"| `{code}` | {notice.detail} | {notice.hint} |" for code, notice in notices.items())
    return ["", "| code | meaning | hint |", "|---|---|---|", *rows]


def page() -> str:
    """docs/codes.md."""
    lines = [_INTRODUCTION, "", "## Mended, with a warning", *_table(REPAIRS)]
    lines += ["", "## Usable, with a warning", *_table(ODDITIES)]
    lines += ["", "## Refused", *_table(REFUSALS)]
    return "\n".join(lines) + "\n"
