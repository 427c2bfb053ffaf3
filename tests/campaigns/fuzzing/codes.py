"""Targets of marking codes: as a register reads them, and as they come from keyboards, scanners and programs."""

from __future__ import annotations

from collections.abc import Iterable

from receipts_made import CODE

from fuzzing.target import Target
from protocols.ffd import tlv
from protocols.ffd.tlv import Element
from protocols.marking import (
    gluing,
    gs1,
    kiz,
    layout,
    notices,
    packs,
    parsing,
    repairs,
    shapes,
    spellings,
    tags,
    unknowns,
)
from protocols.marking.code import LONGEST, Code, CodeError
from protocols.marking.guesses import groups
from protocols.marking.recognise import check_value, read, recognise


def _words(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _seeds() -> Iterable[bytes]:
    yield from (
        CODE,
        b"]d2\x1d" + CODE,
        b"4600439931256",
        b"46004394",
        b"14600439931253",
        b"010460043993125621abc\x1d8005123456\x1d93abcd",
        b"00000046198488X?io+qCABm8wAYa",
        b"RU-401301-AAA0277031",
        b"00346070021900000017",
    )
    plain = "0104607070190158215Ky5oR\x1d93dGVz"
    yield from (
        layout.damaged(f"]d2{plain}").encode(),
        plain.replace("\x1d", "").encode(),
        plain.replace("\x1d", "<GS>").encode(),
        plain.replace("\x1d", "\\u001d").encode(),
        plain[1:].encode(),
        b"ABC" + plain.encode(),
        plain.encode() * 2,
        b"(01)04607070190158(21)5Ky5oR(93)dGVz",
        b"(01)04607070190158(21)5Ky5oR(17)261301(93)dGVz",
        b"ru-401301-aaa0277031",
        b"00000046198488x?IO+QcabM8WayA",
        plain.encode("utf-16"),
        bytes.fromhex("444d042f1f968178") + b"JgXJ5.T112000",
    )


def _tagged(code: Code) -> None:
    """What every code must become: tags that their fields hold, and guesses with reasons."""
    product = tags.product_code(code)
    old = Element(1162, tags.product_code_bytes(code))
    for element in (product, old):
        assert tlv.decode(tlv.encode((element,))) == (element,)
    assert isinstance(product.value, tuple)
    assert tuple(product.value[0]) in tags.equivalents(code)
    assert len(tags.identifier(code)) <= 38
    assert len(tags.control_code(code)) == 4
    assert tags.code_type(code) in range(6)
    assert all(guess.reason for guess in groups(code))


def _decode_read(data: bytes) -> None:
    code = read(data)
    assert len(code.raw) <= len(data)
    _tagged(code)
    for excise in (False, True):
        tags.unit_named(data, excise=excise), tags.unit_named(tags.product_code_bytes(code), excise=excise)


def _decode_parse(data: bytes) -> None:
    for given in (data, _words(data)):
        code = parsing.parse(given)
        assert 0 < len(code.raw) <= LONGEST
        assert code.raw.isascii()
        _tagged(code)
        again = parsing.parse(code.raw, symbology=code.symbology)
        assert (again.raw, again.kind, again.cis) == (code.raw, code.kind, code.cis)
        assert not {odd.code for odd in again.warnings} & notices.REPAIRS.keys()


def _decode_parts(data: bytes) -> None:
    given = _words(data)
    assert layout.caps_swapped(layout.caps_swapped(given)) == given or not given.isascii()
    typed = layout.retyped(given)
    assert typed is None or layout.damaged(typed) == given
    assert layout.is_cyrillic(given) or not layout.is_mixed(given)
    unwrapped, _, _ = spellings.unwrapped(given)
    assert len(unwrapped) <= len(given)
    for text in (spellings.separated(given), spellings.surely_separated(given), spellings.unescaped(given)):
        assert len(text) <= len(given)
    spellings.has_foreign(given), spellings.from_url(given), spellings.without_brackets(given)
    tuple(spellings.possibly_separated(given))
    for text, done in repairs.candidates(given):
        assert text != given or done
    assert layout.had_caps(given) in {True, False}
    assert repairs.is_hexadecimal(given) <= given.isascii()
    assert spellings.goes_on(given) <= ("\x1d" in given)
    assert len(spellings.without_extra(given)) <= len(given)
    tuple(spellings.without_entities(given)), tuple(spellings.quoted(given)), spellings.from_field(given)
    spellings.needs_a_look(data), shapes.is_known(given, 4, weighed=False, priced=False)
    for whole in shapes.with_separators(given):
        assert whole.replace("\x1d", "") == given.replace("\x1d", "")
    gluing.has_second_head(given), gluing.are_scans(given)
    gs1.check_digit_fits(given), gs1.ends_itself(given)
    parts = gs1.elements(given)
    if parts is not None:
        shapes.is_usual_order(ai for ai, _ in parts)
        check_value(parts), tuple(gs1.weights(parts)), gs1.dates_exist(parts)
    if (pack := packs.PACK(given)) is not None:
        assert packs.letters(packs.price(pack[3])) == pack[3]
        assert packs.is_usual(packs.price(pack[3])) == packs.has_price(given)
        assert pack[4] is None or packs.begins_a_scan(pack[4]) in {True, False}
    assert (packs.has_price(given) is None) == (pack is None)
    assert (written := kiz.rewritten(given)) is None or kiz.rewritten(written) is None
    assert unknowns.oddity(given) in notices.ODDITIES
    recognise(data.decode("latin-1"))


TARGETS = (
    Target("product_code", _decode_read, (read, tags.product_code, tags.unit_named), seeds=_seeds, max_len=512),
    Target("marking_code", _decode_parse, (parsing.parse,), (CodeError,), seeds=_seeds, max_len=512),
    Target(
        "marking_parts",
        _decode_parts,
        (
            check_value,
            gluing.are_scans,
            gluing.has_second_head,
            gs1.check_digit_fits,
            gs1.dates_exist,
            gs1.elements,
            gs1.ends_itself,
            gs1.weights,
            kiz.rewritten,
            layout.caps_swapped,
            layout.damaged,
            layout.had_caps,
            layout.is_cyrillic,
            layout.is_mixed,
            layout.retyped,
            packs.begins_a_scan,
            packs.has_price,
            packs.is_usual,
            packs.price,
            recognise,
            repairs.candidates,
            repairs.is_hexadecimal,
            shapes.is_known,
            shapes.is_usual_order,
            shapes.with_separators,
            spellings.from_field,
            spellings.from_url,
            spellings.goes_on,
            spellings.has_foreign,
            spellings.needs_a_look,
            spellings.possibly_separated,
            spellings.quoted,
            spellings.separated,
            spellings.surely_separated,
            spellings.unescaped,
            spellings.unwrapped,
            spellings.without_brackets,
            spellings.without_entities,
            spellings.without_extra,
            unknowns.oddity,
        ),
        seeds=_seeds,
        max_len=512,
    ),
)
