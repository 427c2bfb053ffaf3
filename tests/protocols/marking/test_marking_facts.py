"""Codes that other people published, and what they say of them.

Sources: JPOS = the vendor's Java driver of Shtrih-M registers and its OPOS twin, whose tests share the examples of the
FNS order; NG = the vendor's C++ examples; PIOT = certification scenarios of ТС ПИоТ in a public C# client; APP = a
public Python test of a warehouse scanner; QR = a public C# test of a reader; RECEIPT = 1305 of a real receipt.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

import pytest

from protocols.marking import Kind, control_code, parse, product_code_bytes, read
from protocols.marking.packs import ALPHABET, letters, price

TAIL44 = "dGVzdL31KAYL0YT6592MjmW7a2HkF3IY+muf2pVSKdQ="
TAIL88 = "kf158zZIRc5pkQP9FHIupiPmC8ko9LbbgpVnW3OFSrVrj2dG57De2BmWmhqQ8v1dDV8vTvRM3fcBlj8dfq3xfA=="
EXCISE3 = (
    "136222000058810918QWERDFEWT5123456YGHFDSWERT56YUIJHGFDSAERTYUIOKJ8HGFVCXZSDLKJHGFDSAOIPLMNBGHJYTRDFGH"
    "JKIREWSDFGHJIOIUTDWQASDFRETYUIUYGTREDFGHUYTREWQWE"
)


class Fact(NamedTuple):
    source: str
    code: str
    kind: Kind
    gtin: str | None
    serial: str | None
    mrp: int | None
    tail: int | None
    tag1162: str


GS1, PACK = Kind.GS1, Kind.TOBACCO29
FACTS = (
    Fact("JPOS", "00000046198488X?io+qCABm8wAYa", PACK, "00000046198488", "X?io+qC", 9500, 4,
         "444D000002C0EED8583F696F2B714341426D382020"),
    Fact("JPOS", "RU-401301-AAA0277031", Kind.FUR_KIZ, None, None, None, None,
         "524652552D3430313330312D41414130323737303331"),
    Fact("JPOS", "46198488", Kind.EAN8, "00000046198488", None, None, None, "4508000002C0EED8"),
    Fact("JPOS", "4606203090785", Kind.EAN13, "04606203090785", None, None, None, "450D043077195761"),
    Fact("JPOS", "14601234567890", Kind.ITF14, "14601234567890", None, None, None, "490E0D479D6652D2"),
    Fact("JPOS", EXCISE3, Kind.EGAIS3, None, None, None, None, "C51E3133363232323030303035383831"),
    Fact("JPOS", "2710124190", Kind.UNKNOWN, None, None, None, None, "45410000A189369E"),
    Fact("JPOS", f"010464007801637221AgqLybqxM9MbR\x1d91FFD0\x1d92{TAIL44}", GS1, "04640078016372", "AgqLybqxM9MbR",
         None, 44, "444D04385A33AF744167714C796271784D394D6252"),
    Fact("JPOS", "0103041094787443215L;*)=\x1d93dGVz", GS1, "03041094787443", "5L;*)=", None, 4,
         "444D02C40F5FE173354C3B2A293D"),
    Fact("JPOS", "04606203084623+A13gPh-4Hi7uGl", PACK, "04606203084623", "+A13gPh", 35686994, 4,
         "444D043077193F4F2B4131336750682D3448692020"),
    Fact("PIOT", "010461013628057121%008iVk\x1d8005180000\x1d93dGVz", GS1, "04610136280571", "%008iVk", 180000, 4,
         "444D043161890DFB2530303869566B313830303030"),
    Fact("PIOT", "04601653035829H;dV)bFACVUdGVz", PACK, "04601653035829", "H;dV)bF", 14500, 4,
         "444D042F67E50335483B6456296246414356552020"),
    Fact("PIOT", "04601653035829H;dV)bFADI8dGVz", PACK, "04601653035829", "H;dV)bF", 19900, 4,
         "444D042F67E50335483B6456296246414449382020"),
    Fact("PIOT", "0104607010350246215kRdG-1%2(UmV\x1d93dGVz", GS1, "04607010350246", "5kRdG-1%2(UmV", None, 4,
         "444D0430A73724A6356B5264472D31253228556D56"),
    Fact("APP", "011460043993762021NH9X1JF\x1d1012940183", GS1, "14600439937620", "NH9X1JF", None, None,
         "444D0D476E093A544E483958314A46"),
    Fact("APP", "010460780959145421m9tNPzJTWzuc9exC5/M+\x1d91EE07\x1d92vdIdf340vdN01ot+7YRyUb0XRbSQEAe4C4wjaAysm4M=",
         GS1, "04607809591454", "m9tNPzJTWzuc9exC5/M+", None, 44,
         "444D0430D6DA989E6D39744E507A4A54577A756339657843352F4D2B"),
    Fact("APP", "0104260071832047215DKwJEavSWpj5\x1d93dGVzv", GS1, "04260071832047", "5DKwJEavSWpj5", None, 5,
         "444D03DFE01179EF35444B774A4561765357706A35"),
    Fact("QR", "01230000211093s)pTKjQAAAAHwvf", PACK, "01230000211093", "s)pTKjQ", 0, 4,
         "444D011E61B9C495732970544B6A51414141412020"),
    Fact("QR", "04640030090709DYBLHiyACoA", Kind.TOBACCO25, "04640030090709", "DYBLHiy", 16000, None,
         "444D0438575865D54459424C48697941436F412020"),
    Fact("QR", "010541462278007621CimGms8C9swPomtz", GS1, "05414622780076", "CimGms8C9swPomtz", None, None,
         "444D04ECB0AADAAC43696D476D733843397377506F6D747A"),
    Fact("RECEIPT", "0104605035006964215OoyE8qxeIOn>", GS1, "04605035006964", "5OoyE8qxeIOn>", None, None,
         "444D04303179CBF4354F6F794538717865494F6E3E"),
)  # fmt: skip


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.code[:24])
def test_published_codes(fact: Fact) -> None:
    for code in (parse(fact.code), parse(fact.code.encode()), read(fact.code.encode()), parse(f"]d2{fact.code}\r\n")):
        assert (code.kind, code.gtin, code.serial) == (fact.kind, fact.gtin, fact.serial)
        assert (code.mrp, code.tail) == (fact.mrp, fact.tail)
        assert code.text == fact.code
        assert product_code_bytes(code).hex().upper() == fact.tag1162


def test_a_block_with_more_elements_than_usual() -> None:
    """JPOS: the price of 1162 comes from AI 8005, whatever follows."""
    code = parse("010460043993125621JgXJ5.T\x1d8005112000\x1d930001\x1d923zbrLA==\x1d24014276281")
    assert product_code_bytes(code).hex() == "444d042f1f9681784a67584a352e54313132303030"
    assert code.elements[2:] == (("8005", "112000"), ("93", "0001"), ("92", "3zbrLA=="), ("240", "14276281"))
    assert (code.mrp, code.warnings) == (112000, ())


def test_a_predefined_length_needs_no_separator() -> None:
    """JPOS: 17 has six digits, so 91 follows at once."""
    code = parse(f"010460406000600021N4N57RSCBUZTQ\x1d2403004002910161218\x1d1724010191ffd0\x1d92{TAIL88}")
    assert code.elements[2:] == (("240", "3004002910161218"), ("17", "240101"), ("91", "ffd0"), ("92", TAIL88))
    assert product_code_bytes(code).hex() == "444d042ff75c76704e344e353752534342555a5451"


def test_weight_is_in_kilograms() -> None:
    code = parse("0104607070190158215Ky5oR\x1d93dGVz\x1d3103001250")
    assert (code.weight, code.tail) == (Decimal("1.250"), 4)


def test_a_wrong_check_digit_is_a_warning() -> None:
    """NG sells such a code on purpose; whether the label is genuine the marking system says, not arithmetic."""
    code = parse(f"0101234567890123219hMDLVxH'SpllD\x1d910058\x1d92{TAIL88}")
    assert code.gtin == "01234567890123"
    # its serial number has 14 characters, which is one too many
    assert [warning.code for warning in code.warnings] == ["marking_code_gtin", "marking_code_serial"]


@pytest.mark.parametrize(
    ("text", "oddity"),
    [
        ("011460043993762021NH9X1JF\x1d1012940183", "marking_code_case"),
        ("00106141411234567897", "marking_code_case"),
        ("0104603586014674215012516137746", "marking_code_no_tail"),
        ("00000046198488X?io+qCABm8", "marking_code_pack_short"),  # the marking system may check it all the same
        ("0104260071832047215DKwJEavSWpj5\x1d93dGVzv", "marking_code_tail"),
        ("4606203090786", "marking_code_check_digit"),
        ("4606203090785", "marking_code_bar_code"),
        ("no code at all", "marking_code_unknown"),
        ("]d10104607070190158215Ky5oR\x1d93dGVz", "marking_code_plain_symbol"),
    ],
)
def test_oddities_are_told(text: str, oddity: str) -> None:
    (warning,) = parse(text).warnings
    assert warning.code == oddity
    assert warning.hint
    assert warning.detail


def test_an_sscc_is_transport() -> None:
    code = parse("00106141411234567897")
    assert (code.kind, code.gtin, code.cis) == (Kind.TRANSPORT, None, "00106141411234567897")


def test_the_old_excise_stamp() -> None:
    """68 characters; the 23 from the ninth on name the bottle (marking.md 2)."""
    stamp = "22N0000154DZ3ZEA2T4IOUE31" + "0" * 43
    code = parse(stamp)
    assert (code.kind, code.cis) == (Kind.EGAIS2, stamp[8:31])
    assert product_code_bytes(code) == b"\xc5\x14" + stamp[8:31].encode()


def test_prices_of_packs_are_base_80() -> None:
    known = {"ABm8": 9500, "ABVU": 8100, "ACVU": 14500, "ABBU": 6500, "ADI8": 19900, "ADvo": 23000, "AAAA": 0}
    for written, kopecks in known.items():
        assert price(written) == kopecks
        assert letters(kopecks) == written
    assert len(set(ALPHABET)) == 80
    assert letters(80**4 - 1) == "????"
    with pytest.raises(ValueError, match="do not fit"):
        letters(80**4)


def test_an_aim_id_in_front_wins_over_the_one_told_apart() -> None:
    assert parse("]d20104607070190158215Ky5oR\x1d93dGVz", symbology="]d1").symbology == "]d2"
    assert parse("0104607070190158215Ky5oR\x1d93dGVz", symbology="]d2").symbology == "]d2"
    assert parse("]E04606203090785").symbology == "]E0"


def test_the_control_code_is_the_end_of_a_crc() -> None:
    """The catalogue's check value of CRC-32 (IEEE 802.3) over these digits is 0xCBF43926, 3421780262 in decimal."""
    assert control_code(read(b"123456789")) == "0262"
