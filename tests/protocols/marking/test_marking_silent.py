"""No code is taken for another one without a word: whatever happens on its way, it is right, refused, or told about.

What no parser can see is left out, and said here: a character changed into another, Caps Lock in a GS1 code without an
AIM id, a lost or doubled character of short serial numbers (groups print both six and seven), a weight cut off whole,
quotation marks doubled in a field that has lost its own, a layout switched where it changes signs alone.
"""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from codes_made import GS, gtin_of, kizes, lengthy, packs, shaped
from hypothesis import example, given
from hypothesis import strategies as st

from protocols.marking import Code, CodeError, Kind, parse
from protocols.marking.layout import damaged

MILK = "0104607070190158215Ky5oR\x1d93dGVz"
WEIGHED = f"{MILK}\x1d3103001250"
LP = "010464007801637221AgqLybqxM9MbR\x1d91FFD0\x1d92dGVzdL31KAYL0YT6592MjmW7a2HkF3IY+muf2pVSKdQ="
WATER = "010463633245536021561BtxPs9VbAP\x1d93dGVz"
BLOCK = "010461013628057121%008iVk\x1d8005180000\x1d93dGVz"
PACK = "04601653035829H;dV)bFACVUdGVz"
OLD_PACK = "04640030090709DYBLHiyACoA"


def field(text: str) -> str:
    """As a spreadsheet writes it."""
    row = io.StringIO()
    csv.writer(row, quoting=csv.QUOTE_ALL).writerow([text])
    return row.getvalue().rstrip("\r\n")


def printed(text: str, *, before: str = "", behind: str = "") -> str:
    """The text under a symbol: identifiers in brackets, blanks around them."""
    head, *tail = text.split(GS)
    parts = [("01", head[2:16]), ("21", head[18:])]
    for part in tail:
        width = 4 if part[:2] in {"80", "31"} else 2
        parts.append((part[:width], part[width:]))
    return "".join(f"{before}({ai}){behind}{value}" for ai, value in parts).strip()


#: What programs and scanners do to a whole code, and it can be undone.
WAYS: dict[str, Callable[[str], str]] = {
    "HTML": lambda text: html.escape(text, quote=False),
    "HTML, quotation marks too": html.escape,
    "HTML twice": lambda text: html.escape(html.escape(text, quote=False), quote=False),
    "HTML, separators spelled": lambda text: html.escape(text.replace(GS, "<GS>"), quote=False),
    "CSV": field,
    "CSV, another column behind": lambda text: f"{field(text)};1",
    "CSV as a formula": lambda text: "=" + field(text),
    "SQL": lambda text: "'" + text.replace("'", "''") + "'",
    "JSON": json.dumps,
    "JSON with its name": lambda text: json.dumps({"km": text}),
    "bytes of Python": lambda text: repr(text.encode()),
    "a tag": lambda text: f"<km>{html.escape(text, quote=False)}</km>",
    "a URL": lambda text: quote(text, safe=""),
    "a path": quote,
    "a form": quote_plus,
    "a URL twice": lambda text: quote(quote(text, safe=""), safe=""),
    "Caps Lock": lambda text: f"]D2{text.swapcase()}",
    "Caps Lock and blanks": lambda text: f" \x02]D2{text.swapcase()}",
    "Caps Lock and a prefix": lambda text: f"a]D2{text.swapcase()}",
    "Caps Lock and quotation marks": lambda text: f'"]D2{text.swapcase()}"',
    "Caps Lock on a QR code": lambda text: f"]q3{text.swapcase()}",
    "Caps Lock in Russian": lambda text: damaged(f"]d2{text}").swapcase(),
    "separators twice": lambda text: text.replace(GS, GS * 2),
    "separators behind": lambda text: f"{text}{GS}{GS}",
    "a separator behind the GTIN": lambda text: f"{text[:16]}{GS}{text[16:]}" if GS in text else text,
    "one separator spelled": lambda text: text.replace(GS, "<GS>", 1),
    "the last separator spelled": lambda text: "(GS)".join(text.rsplit(GS, 1)),
    "one separator a sign": lambda text: text.replace(GS, "|", 1),
    "a line end beside separators": lambda text: text.replace(GS, f"{GS}\r"),
}


def met(came: str, *, symbology: str | None = None) -> Code | None:
    try:
        return parse(came, symbology=symbology)
    except CodeError:
        return None


def is_honest(code: Code | None, text: str) -> bool:
    return code is None or code.text == text or bool(code.warnings)


@given(st.one_of(shaped, packs), st.sampled_from(sorted(WAYS)))
@example("0104607070190158215&lt;>\x1d93dGVz", "HTML")
@example('0104607070190158215K"\'"R\x1d93d"Vz', "CSV")
@example("010460707019015821%41%42;\x1d93dGVz", "a URL")
@example("0100000000000000210<GS>93\x1d931D(GS", "the last separator spelled")
def test_no_way_of_writing_is_silently_another_code(text: str, way: str) -> None:
    assert is_honest(met(WAYS[way](text)), text)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("text", [MILK, WEIGHED, LP, WATER, BLOCK])
def test_ways_of_writing_are_undone(way: str, text: str) -> None:
    """The law above would hold for a parser that refuses everything."""
    assert parse(WAYS[way](text)).text == text


@pytest.mark.parametrize("way", [way for way in WAYS if "separator" not in way])
def test_packs_are_brought_back_too(way: str) -> None:
    code = parse(WAYS[way](PACK))
    assert (code.text, code.kind) == (PACK, Kind.TOBACCO29)


@given(st.one_of(lengthy, packs, kizes), st.data())
@example(BLOCK, None)
def test_a_lost_or_doubled_character_is_told(text: str, data: st.DataObject | None) -> None:
    places = range(len(text)) if data is None else [data.draw(st.integers(0, len(text) - 1))]
    for place in places:
        assert is_honest(met(text[:place] + text[place + 1 :]), text)
        assert is_honest(met(text[:place] + text[place] + text[place:]), text)


@given(shaped, st.integers(0, 17))
@example("010377147769754921_Ocg/p\x1d93hVhm", 16)
def test_separators_and_a_character_of_the_front_lost(text: str, place: int) -> None:
    assert is_honest(met((text[:place] + text[place + 1 :]).replace(GS, "")), text)


@given(st.one_of(shaped, packs), st.sampled_from(("]D1", "]D2", "]q3", "]c1")))
def test_caps_lock_shows_in_an_aim_id_told_apart(text: str, symbology: str) -> None:
    code = met(text.swapcase(), symbology=symbology)
    if code is not None:
        assert (code.text, code.symbology) == (text, symbology.swapcase())
        assert "marking_code_caps_lock" in {warning.code for warning in code.warnings}


@pytest.mark.parametrize("symbology", ["]d1", "]d2", "]Q3", None])
def test_other_symbologies_swap_nothing(symbology: str | None) -> None:
    assert parse(LP, symbology=symbology).text == LP
    assert parse(PACK, symbology=symbology).text == PACK


def test_a_pack_whose_serial_number_begins_with_21_is_believed_for_its_price() -> None:
    assert parse(f"{PACK[:14]}21dV)bFACVUdGVz").warnings == ()


def test_digits_as_many_as_an_excise_stamp_has() -> None:
    """31 characters and their AIM id are 68 hexadecimal digits, all of which a stamp may have."""
    written = f"]d2{MILK}".encode().hex().upper()
    assert len(written) == 68
    assert parse(written).text == MILK
    stamp = "22N0000154DZ3ZEA2T4IOUE31" + "0" * 43
    assert parse(stamp).warnings == ()


@pytest.mark.parametrize(
    "came",
    [
        # milk that lost its separator and a zero, or another digit: the check digit fits a pack's GTIN by chance
        "103041094787443215GsjdH93dGVz",
        f"{gtin_of('0104607070190')}8215GsjdH93dGVz",
        # beer that lost its separator and the identifier of its GTIN
        "04602220006549215opFcmK93dGVz",
        # an older pack of 25 characters with the name of a line end behind it
        f"{OLD_PACK}<CR>",
        f"{OLD_PACK}(GS)",
    ],
)
def test_what_is_a_pack_by_its_length_alone_is_refused(came: str) -> None:
    with pytest.raises(CodeError) as refused:
        parse(came)
    assert refused.value.code == "marking_code_ambiguous"
    assert "ещё раз" in refused.value.hint
    code = met(f"*{came}")
    assert code is None or code.kind is Kind.UNKNOWN


@pytest.mark.parametrize(
    "printed_text",
    ["(01)03041094787443 (21)5c_oMk?KrXtol (93)dGVz", "(01) 03041094787443\n(21) 5c_oMk?KrXtol\n(93) dGVz"],
)
def test_blanks_around_brackets_are_no_data(printed_text: str) -> None:
    code = parse(printed_text)
    assert code.text == "0103041094787443215c_oMk?KrXtol\x1d93dGVz"
    assert [warning.code for warning in code.warnings] == ["marking_code_brackets"]


@pytest.mark.parametrize("text", [MILK, WEIGHED, LP, WATER, BLOCK])
@pytest.mark.parametrize("blanks", [("", ""), (" ", ""), (" ", " "), ("\n", ""), (GS, "")])
def test_the_printed_form_comes_back(text: str, blanks: tuple[str, str]) -> None:
    assert parse(printed(text, before=blanks[0], behind=blanks[1])).text == text


@pytest.mark.parametrize(
    "text",
    [
        "010460707019015821a%41bcdefghijk\x1d93dGVzv",
        "010460707019015821a%41bc\x1d93dGVz",
        "010460707019015821a%1Dbcd%2Fefgh\x1d93dGVz",
        "010460707019015821ab&lt;cdefghij\x1d93dGVz",
        "010460707019015821ab&amp;cdefgh&\x1d93dGVz",
        "0104607070190158215K&lt;\x1d93dGVz",
        '0104607070190158215K""oR\x1d93dGVz',
    ],
)
def test_beside_a_bare_separator_nothing_is_taken_for_an_escape_unless_it_alone_fits(text: str) -> None:
    assert parse(text).text == text


@pytest.mark.parametrize("came", ['"0104607070190158215K""5oR\x1d93dGVz"', "010460707019015821&lt;bcd&gt;fg\x1d93dGVz"])
def test_escapes_that_fit_both_ways_are_refused(came: str) -> None:
    """A serial number of seven, or one of six in a spreadsheet's quotation marks; of 13, or of 7 in HTML."""
    with pytest.raises(CodeError) as refused:
        parse(came)
    assert refused.value.code == "marking_code_ambiguous"


@pytest.mark.parametrize("came", [MILK.replace("R", "”"), MILK.replace("z", "”"), LP.replace("LybqxM9", " 93abc")])
def test_a_foreign_character_beside_a_bare_separator_is_no_separator(came: str) -> None:
    with pytest.raises(CodeError) as refused:
        parse(came)
    assert refused.value.code == "marking_code_characters"


@pytest.mark.parametrize(
    ("text", "oddity"),
    [
        (LP.replace("AgqLybqxM9MbR", "AgqLybqxM9Mb"), "serial"),
        (MILK.replace("5Ky5oR", "5Ky5o"), "serial"),
        (WEIGHED.replace("5Ky5oR", "5Ky5oRR"), "serial"),
        (BLOCK.replace("%008iVk", "%08iVk"), "serial"),
        ("RU-401301-AAAA0277031", "serial"),
        (WEIGHED.replace("3103001250", "303001250"), "element"),
        (BLOCK.replace("8005180000", "800180000000123"), "elements"),
        (f"{LP[:-4]}SKdQ", "tail"),
        # a КИ of water without its 01 is as long as a pack
        ("04605035006964215OoyE8qxeIOn>", "pack"),
        # the weight was cut off behind its separator
        (f"{MILK}\x1d", "separators_extra"),
        (f"{MILK}{{GS}}\r\n", "separators_extra"),
    ],
)  # fmt: skip
def test_what_no_label_prints_is_told(text: str, oddity: str) -> None:
    if oddity == "elements":
        assert met(text) is None
        return
    assert f"marking_code_{oddity}" in {warning.code for warning in parse(text).warnings}
