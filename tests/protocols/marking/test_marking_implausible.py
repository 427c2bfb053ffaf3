"""What only looks like a code, or like another one: told apart, told about, and told for what it is."""

from __future__ import annotations

import base64
import random
import string

import pytest
from codes_made import GS, PRICES, SET82, countries, gtin_of, gtins, packs, price_of, serials
from hypothesis import assume, example, given
from hypothesis import strategies as st

from protocols.marking import Code, CodeError, Kind, groups, parse
from protocols.marking.layout import damaged

PACK = "04600439931256X?io+qCABm8wAYa"
MILK = "0104600439931256215GsjdH\x1d93dGVz"
BLOCK = "010460043993125621JgXJ5.T\x1d8005112000\x1d93dGVz"
KEG = "0104600439931256215GsjdH\x1d335200497693dGVz"


def told(code: Code) -> set[str]:
    return {warning.code.removeprefix("marking_code_") for warning in code.warnings}


def refusal(came: str | bytes) -> CodeError:
    with pytest.raises(CodeError) as refused:
        parse(came)
    return refused.value


def is_honest(came: str, text: str) -> bool:
    """Refused, right, or with a warning."""
    try:
        code = parse(came)
    except CodeError:
        return True
    return code.text == text or bool(code.warnings)


@given(packs)
@example("04600439931256+A1;gPhABm87:Gl")
def test_caps_lock_shows_in_the_price_of_a_pack(text: str) -> None:
    code = parse(text.swapcase())
    assert code.text == text
    assert told(code) == {"caps_lock"}
    typed = parse(damaged(text).swapcase()) if damaged(text) != text else code
    assert typed.text == text


@pytest.mark.parametrize("symbology", ["]d1", "]d2"])
def test_a_scanner_that_says_its_symbol_swaps_no_case(symbology: str) -> None:
    code = parse(PACK.swapcase(), symbology=symbology)
    assert (code.text, told(code)) == (PACK.swapcase(), {"pack"})


def test_old_packs_show_caps_lock_too() -> None:
    code = parse(PACK[:25].swapcase())
    assert (code.text, code.kind, told(code)) == (PACK[:25], Kind.TOBACCO25, {"caps_lock", "pack_short"})


def test_a_vendors_pack_of_no_real_price_is_read_and_told() -> None:
    """Its OPOS tests have 356 869.94 roubles."""
    code = parse("04606203084623+A13gPh-4Hi7uGl")
    assert (code.kind, code.mrp, told(code)) == (Kind.TOBACCO29, 35686994, {"pack"})


@given(gtins, st.text(SET82, min_size=15, max_size=15))
def test_fifteen_characters_behind_a_gtin_are_no_pack_by_themselves(gtin: str, rest: str) -> None:
    """One in eighty begins its price like a pack, and one in a hundred of these has whole roubles."""
    assume(rest[7] != "A")
    assert is_honest(gtin + rest, "")


@given(packs, gtins)
def test_an_old_pack_and_the_front_of_the_next_scan(text: str, following: str) -> None:
    if following[:4] == text[:4]:
        assert refusal(text[:25] + following[:4]).code == "marking_code_glued"
    else:
        assert is_honest(text[:25] + following[:4], "")


@pytest.mark.parametrize(
    "came",
    [
        "04600439931256;04606203090785",
        "14620859806528;14620859806528",
        "4606203090785;4606203090785",
        "0104010461568616918521Xs?VdPd",
        PACK[:25] + PACK[:4],
        "0246024612731444220000000AAAA",
        "04600863528039V:=fkEG5ag60460",
        "010466901366176721'ECZWy\x1d8010466901366176721'ECZWy\x1d8005130900\x1d93cOdv",
    ],
)
def test_two_scans_of_a_packs_length_or_with_elements_of_their_own(came: str) -> None:
    assert refusal(came).code == "marking_code_glued"


@given(packs, st.data())
def test_a_pack_whose_scan_was_cut_off_and_begun_again(text: str, data: st.DataObject) -> None:
    whole = text[: data.draw(st.sampled_from((25, 29)))]
    assert refusal(whole[: data.draw(st.integers(2, len(whole)))] + whole).code == "marking_code_glued"


@pytest.mark.parametrize("came", ["04600439931256;Winston;185.0;", "04600439931256/photo/main.jpg"])
def test_lists_and_paths_of_a_packs_length_are_told(came: str) -> None:
    assert told(parse(came)) == {"pack"}


def test_an_old_pack_in_a_url_is_as_long_as_a_pack() -> None:
    code = parse("04663641505097%2Ab%21nmIEAEN8")
    assert (code.kind, code.text) == (Kind.TOBACCO25, "04663641505097*b!nmIEAEN8")
    assert "encoding" in told(code)


@given(packs, st.booleans(), st.booleans())
def test_packs_in_base64_of_either_alphabet(text: str, padded: bool, url: bool) -> None:
    encode = base64.urlsafe_b64encode if url else base64.b64encode
    written = encode(text.encode()).decode()
    code = parse(written if padded else written.rstrip("="))
    assert (code.text, told(code)) == (text, {"encoding"})


@given(gtins, serials(6, 7, 13), st.text(SET82, min_size=4, max_size=4), st.data())
def test_a_blank_in_a_serial_number_may_be_a_plus_or_nothing(
    gtin: str, serial: str, tail: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(1, len(serial) - 1))
    came = f"01{gtin}21{serial[:place]} {serial[place:]}{GS}93{tail}"
    assert is_honest(came, "")
    if len(serial) == 6:
        assert refusal(came).code == "marking_code_ambiguous"


@pytest.mark.parametrize(
    ("came", "text", "repair"),
    [
        ("0104600439931256215GsjdH_x001D_93dGVz", MILK, "separator_spelled"),
        ("КМ: " + MILK, MILK, "prefix"),
        ("Код " + PACK, PACK, "prefix"),
        (MILK.encode("utf-16"), MILK, "encoding"),
        (MILK.encode("utf-16-le"), MILK, "encoding"),
        (MILK.encode("utf-16-be"), MILK, "encoding"),
        ("01 04600439931256 21 JgXJ5.T 8005 112000 93 dGVz", BLOCK, "blanks"),
        ("(01)04600439931256(21)5GsjdH(3352)004976(93)dGVz", KEG, "brackets"),
        ("010463340947943421Aj&lt;eo.", "010463340947943421Aj<eo.", "escapes"),
        ("010463340947943421Aj%3Ceo.", "010463340947943421Aj<eo.", "encoding"),
    ],
)  # fmt: skip
def test_what_is_provable_is_undone_too(came: str | bytes, text: str, repair: str) -> None:
    code = parse(came)
    assert code.text == text
    assert repair in told(code)


def test_identification_codes_that_fit_with_and_without_escapes() -> None:
    """Thirteen characters, or seven in HTML."""
    assert refusal("010463340947943421a&lt;bcd&gt;f").code == "marking_code_ambiguous"
    odd = parse("010463340947943421a&lt;bcdefghijk")
    assert (odd.serial, told(odd)) == ("a<bcdefghijk", {"escapes", "no_tail"})
    as_it_is = parse("010463340947943421abcde%41bcdef")
    assert (as_it_is.serial, told(as_it_is)) == ("abcde%41bcdef", {"no_tail"})


@given(countries, st.text(string.digits, min_size=16, max_size=16))
def test_a_kiz_by_hand(country: str, digits: str) -> None:
    kiz = f"{country}-{digits[:6]}-{digits[6:]}"
    for written in (
        kiz.lower(),
        kiz.replace("-", ""),
        kiz.replace("-", "–"),
        kiz.replace("-", " "),
        f"{kiz.lower()}\r\n",
    ):
        code = parse(written)
        assert (code.text, code.kind, told(code)) == (kiz, Kind.FUR_KIZ, {"kiz"})
    assert parse(kiz).warnings == ()
    assert parse(damaged(kiz)).text == kiz


@pytest.mark.parametrize("came", ["РУ-401301-ААА0277031", "RU-401301-ААА0277031", "ру-401301-ааа0277031"])
def test_cyrillic_letters_of_a_kiz_are_read_by_their_look(came: str) -> None:
    assert parse(came).text == "RU-401301-AAA0277031"


def test_a_kiz_of_no_country_is_no_layout_undone() -> None:
    assert refusal("ЙЦ-401301-ФФФ0277031").code == "marking_code_layout_unproven"


@pytest.mark.parametrize(
    ("came", "oddity", "word"),
    [
        (PACK[:-1], "pack_damaged", "пачк"),
        (PACK + "b", "pack_damaged", "пачк"),
        (PACK.replace("1256X", "1257X"), "pack_damaged", "пачк"),
        (PACK[:21], "pack_damaged", "пачк"),
        ("1,0460E+15", "spreadsheet", "Excel"),
        ("1.0460043993125E+30", "spreadsheet", "Excel"),
        ("4606203090785.0", "spreadsheet", "Excel"),
        ("https://id.gs1.org/01/04600439931256/21/JgXJ5.T?93=dGVz", "link", "ссылка"),
        ("(00)346012345678901234", "case", "короба"),
        ("00346012345678901234", "case", "короба"),
        ("2710124190", "fuel", "топлива"),
        ("no code at all", "unknown", "DataMatrix"),
    ],
)  # fmt: skip
def test_what_is_no_code_is_called_by_its_name(came: str, oddity: str, word: str) -> None:
    code = parse(came)
    assert (code.kind, told(code)) == (Kind.UNKNOWN, {oddity})
    assert word in code.warnings[0].hint
    assert "обычный штрихкод" not in code.warnings[0].hint


@pytest.mark.parametrize(
    ("came", "reason"),
    [
        ("010460043993125621\x1d93dGVz", "serial_number"),
        ("010460043993125621abcdefghijklmnopqrstu\x1d93dGVz", "serial_number"),
        ("0104600439931256215Пыовр\x1d93вПМя".encode("cp1251"), "characters"),
        ("0104600439931256215Пыовр\x1d93вПМя".encode("cp866"), "characters"),
        ("0104600439931256215Пыовр\x1d93вПМя".encode("koi8-r"), "characters"),
    ],
)
def test_a_sound_package_is_not_blamed(came: str | bytes, reason: str) -> None:
    fault = refusal(came)
    assert fault.code == f"marking_code_{reason}"
    assert "повреждён" not in fault.hint
    assert "не передаёт" not in fault.hint


@pytest.mark.parametrize(
    "date", ["17261301", "17260230", "17250229", "70032613012500", "70032611302500", "70032611300060"]
)
def test_dates_that_do_not_exist_are_told(date: str) -> None:
    parted = "" if date.startswith("17") else GS
    code = parse(f"0104600439931256215GsjdH\x1d{date}{parted}93dGVz")
    assert told(code) == {"date"}


@pytest.mark.parametrize("date", ["17261231", "17260200", "17240229", "70032611302359"])
def test_dates_that_exist_are_not(date: str) -> None:
    parted = "" if date.startswith("17") else GS
    assert parse(f"0104600439931256215GsjdH\x1d{date}{parted}93dGVz").warnings == ()


@given(gtins, serials(20), st.text(SET82, min_size=4, max_size=4))
def test_radio_and_gadgets_have_long_serial_numbers_and_short_tails(gtin: str, serial: str, tail: str) -> None:
    code = parse(f"01{gtin}21{serial}{GS}93{tail}")
    assert code.warnings == ()
    assert {guess.group for guess in groups(code)} == {"radio", "gadgets"}


def test_a_time_of_expiry_is_no_end_of_such_a_serial_number() -> None:
    """Milk with a time of expiry whose first separator is lost, or both: 20 characters in front of 93."""
    timed = "0104600439931256215GsjdH\x1d70032611302330\x1d93dGVz"
    for lost in (timed.replace(GS, "", 1), timed.replace(GS, "")):
        code = parse(lost)
        assert (code.text, told(code)) == (timed, {"separators_restored"})


def test_packs_of_real_prices_are_taken_without_a_word() -> None:
    chance = random.Random(29)
    for roubles in (0, 1, 81, 95, 145, 199, 230, 5119):
        serial = "".join(chance.choices(SET82, k=7))
        code = parse(f"{gtin_of('0460043993125')}{serial}{price_of(roubles)}dGVz")
        assert (code.mrp, code.warnings) == (roubles * 100, ())
    assert price_of(5119) < price_of(5119).replace("A", PRICES[1], 1)
