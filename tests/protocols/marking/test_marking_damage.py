"""Damage seen in shops: each case either comes out as the code that was printed, or is refused with advice."""

from __future__ import annotations

import json

import pytest
from codes_made import gtin_of

from protocols.marking import CodeError, Kind, parse
from protocols.marking.notices import ODDITIES, REFUSALS, REPAIRS

GS = "\x1d"
MILK = "0104607070190158215Ky5oR\x1d93dGVz"
SHOES = (
    "010843399791281021xTJKD2Fc:DorI\x1d918097\x1d92"
    "kf158zZIRc5pkQP9FHIupiPmC8ko9LbbgpVnW3OFSrVrj2dG57De2BmWmhqQ8v1dDV8vTvRM3fcBlj8dfq3xfA=="
)
LP = "010464007801637221AgqLybqxM9MbR\x1d91FFD0\x1d92dGVzdL31KAYL0YT6592MjmW7a2HkF3IY+muf2pVSKdQ="
BLOCK = "010461013628057121%008iVk\x1d8005180000\x1d93dGVz"
#: The reader of a public C# test had dropped its separators.
OTP = "010290005275769421a?RI7ZL\x1d93X9NA"
#: A block and shoes with more elements than usual (the vendor's tests), and a wrong check digit (its example).
RICH_BLOCK = "010460043993125621JgXJ5.T\x1d8005112000\x1d930001\x1d923zbrLA==\x1d24014276281"
CUSTOMS = SHOES.replace("\x1d91", "\x1d2406402\x1d91")
WRONG_GTIN = "0101234567890123219hMDLVxH'SpllD\x1d93dGVz"
KI13 = "0104603586014674215012516137746"
PACK = "01230000211093s)pTKjQAAAAHwvf"


@pytest.mark.parametrize(
    ("came", "printed", "repair"),
    [
        ("ъв20104607070190158215Лн5щК\x1d93вПМя", MILK, "layout"),
        ("0104607070190158215Лн5щК93вПМя", MILK, "layout"),
        ("]d20104607070190158215Лн5щК<GS>93вПМя", MILK, "layout"),
        ("ЪВ20104607070190158215лН5Щк\x1d93ВпмЯ", MILK, "caps_lock"),
        ("]D20104607070190158215kY5Or\x1d93DgvZ", MILK, "caps_lock"),
        ("0104607070190158215Лн5щК␝93вПМя", MILK, "layout"),
        ("КГ-401301-ФФФ0277031", "RU-401301-AAA0277031", "layout"),
        ("0104607070190158215Лн5щК\\u001d93вПМя", MILK, "escapes"),
        (MILK.replace(GS, "(GS)"), MILK, "separator_spelled"),
        (MILK.replace(GS, "[FNC1]"), MILK, "separator_spelled"),
        (MILK.replace(GS, "#GS#"), MILK, "separator_spelled"),
        (MILK.replace(GS, "\ufffd"), MILK, "separator_spelled"),
        (LP.replace(GS, "\xe8"), LP, "separator_spelled"),
        (LP.replace(GS, "␝"), LP, "separator_spelled"),
        (LP.replace(GS, "~d029"), LP, "separator_spelled"),
        (WRONG_GTIN.replace(GS, "<GS>"), WRONG_GTIN, "separator_spelled"),
        (OTP.replace(GS, ""), OTP, "separators_restored"),
        (BLOCK.replace(GS, ""), BLOCK, "separators_restored"),
        (BLOCK.replace(GS, "", 1), BLOCK, "separators_restored"),
        (SHOES.replace(GS, ""), SHOES, "separators_restored"),
        (RICH_BLOCK.replace(GS, "", 1), RICH_BLOCK, "separators_restored"),
        (CUSTOMS.replace(GS, "", 1), CUSTOMS, "separators_restored"),
        (CUSTOMS.replace(GS, ""), CUSTOMS, "separators_restored"),
        (LP[::-1].replace(GS, "", 1)[::-1], LP, "separators_restored"),
        (MILK[1:], MILK, "leading_zero"),
        (KI13[1:], KI13, "leading_zero"),
        (PACK[1:], PACK, "leading_zero"),
        (f"SCAN:{MILK}", MILK, "prefix"),
        (f"A01]d2{MILK}", MILK, "prefix"),
        (f"*{PACK}", PACK, "prefix"),
        (f"{LP};#", LP, "suffix"),
        (LP.replace("+", " "), LP, "plus"),
        (json.dumps(json.dumps(LP)), LP, "escapes"),
        ("0104670019034288215a&amp;b&#29;93dGVz", "0104670019034288215a&b\x1d93dGVz", "escapes"),
        ("(01)04607070190158(21)5Ky5oR(93)dGVz", MILK, "brackets"),
        ("(01)04604060006000(21)N4N57RSCBUZTQ(17)240101(93)dGVz", "010460406000600021N4N57RSCBUZTQ\x1d1724010193dGVz",
         "brackets"),
        ("[01]04610136280571[21]%008iVk[8005]180000[93]dGVz", BLOCK, "brackets"),
        ("010464007801637221AgqLybqxM9MbR%1D91FFD0%1D92" + LP[-44:].replace("+", "%2B").replace("=", "%3D"), LP,
         "encoding"),
        (MILK.encode().hex(), MILK, "encoding"),
    ],
)  # fmt: skip
def test_what_is_provable_is_undone(came: str, printed: str, repair: str) -> None:
    code = parse(came)
    assert code.text == printed
    assert f"marking_code_{repair}" in {warning.code for warning in code.warnings}


@pytest.mark.parametrize(
    ("came", "reason", "advice"),
    [
        ("", "length", "Код пуст"),
        (" \r\n", "length", "Код пуст"),
        ("]d2\r\n", "length", "Код пуст"),
        ("1" * 257, "length", "слишком длинный"),
        ("0104607070190158215Лн5щR\x1d93вПМя", "layout_mixed", "английскую"),
        ("прывет", "layout_unproven", "английскую"),
        ("0104607070190158215Лн5щК{GS}93вПМя@", "layout_unproven", "английскую"),
        (MILK + LP, "glued", "Склеились"),
        (KI13 + MILK, "glued", "Склеились"),
        (f"{MILK}\r\n{MILK}", "glued", "Склеились"),
        (f"{PACK}{PACK}", "glued", "Склеились"),
        (f"{MILK}{PACK}", "glued", "Склеились"),
        (f"4606203090785{MILK}", "glued", "Склеились"),
        ("46062030907854606203090785", "glued", "Склеились"),
        (f"{MILK}]d2{OTP}", "glued", "Склеились"),
        # a customs code of ten digits is no prefix of a scanner
        (f"2710124190{MILK}", "damaged", "ещё раз"),
        # which of the two was printed in brackets, and which is the serial number's own?
        ("(01)04607070190158(21)5K(93)R(93)dGVz", "damaged", "ещё раз"),
        # a serial number of 12 characters is in no table, so nothing proves where the separators were
        ("0104630199251844215f7iE!r2G:fR91EE1092qXlY5R6rFqV070H88R781DsmF+jLqHw+K7Y4f4h/lFc=", "separators_lost", "GS"),
        ("010460707019015821ABCDEFGHI93dGVz", "separators_lost", "GS"),
        # the check digit of the GTIN is wrong besides: a short tail proves nothing any more
        ("010460707019015921ABCDEF93dGVz", "separators_lost", "GS"),
        ("0104607070190158215Ky5oR\x1d93", "damaged", "ещё раз"),
        ("0104607070190158215Ky5oR\x1d55dGVz", "damaged", "ещё раз"),
        (f"{MILK}\x1d93AAAA", "damaged", "ещё раз"),
        ("0104607070190158215Ky5$R\x1d93dGVz", "characters", "ещё раз"),
        (b"\xff\xfe0104607070190158", "characters", "ещё раз"),
    ],
)
def test_what_is_not_provable_is_refused_with_advice(came: str | bytes, reason: str, advice: str) -> None:
    with pytest.raises(CodeError) as refused:
        parse(came)
    assert refused.value.code == f"marking_code_{reason}"
    assert advice in refused.value.hint
    assert refused.value.detail


@pytest.mark.parametrize(
    "text",
    [
        # 91, 92, 93, 8005 and 21 in a serial number are its own
        "0104607070190158219393Rk\x1d93dGVz",
        "010464007801637221Ag91FFD092xM9\x1d91FFD0\x1d92dGVzdL31KAYL0YT6592MjmW7a2HkF3IY+muf2pVSKdQ=",
        "010460707019015821218005\x1d93dGVz",
        "010464007801637221(01)04600%1D&\x1d93dGVz",
        # a КИ whose numeric serial number has 93 where a serial number of 7 would end
        "0104603586014674211234567930000",
    ],
)
def test_a_serial_number_may_hold_anything(text: str) -> None:
    assert parse(text).text == text


def test_a_pack_that_begins_like_gs1_stays_a_pack() -> None:
    """`01`, 14 digits and `21` are there, but the check digit that fits is the pack's."""
    gtin, serial = "01999999999992", "4121ABC"
    code = parse(f"{gtin}{serial}AAAAdGVz")
    assert (code.kind, code.gtin, code.serial) == (Kind.TOBACCO29, gtin, serial)


def test_a_pack_that_lost_its_end_is_not_given_a_zero_in_front() -> None:
    """Its first 13 digits may have a right check digit by chance."""
    gtin = gtin_of(gtin_of("0046016530358")[1:])
    cut = f"{gtin}H;dV)bFACVUdGVz"[:-1]
    assert parse(cut).kind is Kind.UNKNOWN


def test_one_place_too_many_is_ambiguous() -> None:
    """Percent escapes of a URL, or a separator spelled so in a code with percent signs of its own: both are whole."""
    with pytest.raises(CodeError) as refused:
        parse("010460707019015821%41b%42c%43de%1D93dGVz")
    assert refused.value.code == "marking_code_ambiguous"


def test_details_and_hints_hold_no_code() -> None:
    for code, notice in (REPAIRS | ODDITIES | REFUSALS).items():
        assert code.startswith("marking_code_")
        assert notice.detail.isascii() or "КИ" in notice.detail
        assert any("а" <= letter <= "я" for letter in notice.hint.lower())
    with pytest.raises(CodeError) as refused:
        parse(SHOES.replace(GS, "", 1)[:-3] + "$$$")
    assert "kf158" not in str(refused.value)
