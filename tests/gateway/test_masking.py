"""No secret survives: patterns in any words, keys in any structure, fields and tags of a frame in words."""

from __future__ import annotations

import base64
import json
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway import masking
from protocols.shtrih.explain import Sender, explain

TAIL = "dGVzdHNpZ25hdHVyZTEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="
CODE = f"010460043993125621JgXJ5.T\x1d91EE06\x1d92{TAIL}"
LETTERS = st.text(string.ascii_letters + string.digits, min_size=1, max_size=12)
AROUND = st.sampled_from(["", " ", "detail=", '{"x": "', "'", "(", "\n", "кассир: ", "a=1 "])


@st.composite
def secrets_in_words(draw: st.DrawFn) -> tuple[str, str]:
    """(what must not be seen, how it is written)."""
    name, host = draw(LETTERS), draw(LETTERS)
    digits = draw(st.text(string.digits, min_size=9, max_size=9))
    proof = base64.b64encode(draw(st.binary(min_size=33, max_size=33))).decode()
    serial = draw(st.text(string.ascii_letters + string.digits, min_size=13, max_size=13))
    token = f"fgw_{draw(st.integers(min_value=2**200, max_value=2**256 - 1)):064x}"
    written = {
        token[4:]: [token, f"Authorization: Bearer {token}", f'"token": "{token}"'],
        f"user{name}@{host}.ru": [f"user{name}@{host}.ru"],
        f"9{digits}": [f"+79{digits}", f"89{digits}", f"79{digits}"],
        f"{digits[:3]} {digits[3:5]}": [f"+7 9{digits[5:7]} {digits[:3]} {digits[3:5]} 00"],
        f"500{digits}": [f"500{digits}"],
        proof: [f"0104600439931256215{serial}\x1d91EE06\x1d92{proof}", f"\\u001d92{proof}", f"\\x1d92{proof}",
                f"91EE0692{proof}"],
        f"Pa{name}": [f"password=Pa{name}", f"'password': 'Pa{name}'", f'"password": "Pa{name}"'],
    }  # fmt: skip
    secret = draw(st.sampled_from(sorted(written)))
    return secret, draw(st.sampled_from(written[secret]))


@given(secrets_in_words(), AROUND, st.sampled_from(["", " ", '"}', "'", ")", "\n", ", "]))
def test_no_secret_survives_in_words(given_: tuple[str, str], before: str, after: str) -> None:
    secret, written = given_
    assert secret not in masking.text(f"{before}{written}{after}")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | LETTERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LETTERS, inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(masking.SECRET_KEYS | masking.PERSONAL_KEYS)), JSON, st.booleans())
def test_no_word_survives_under_a_secret_key(key: str, content: object, deep: bool) -> None:
    """Whatever the shape below: only names of keys, null and booleans may be seen."""

    def marked(value: object) -> object:
        match value:
            case dict():
                return {name: marked(item) for name, item in value.items()}
            case list():
                return [marked(item) for item in value]
            case str():
                return "zZq" + value
            case _:
                return value

    body = {key: marked(content)}
    assert "zZq" not in json.dumps(masking.tree({"items": [body]} if deep else body))


@given(st.text(max_size=200))
@example("0104600439931256215")
def test_masking_never_fails_and_settles_at_once(words: str) -> None:
    once = masking.text(words)
    assert masking.text(once) == once


@pytest.mark.parametrize(
    "words",
    [
        "tcp:192.168.1.50:7778 does not answer",
        "drive 9999078900001341, document 12, sign 1234567890",
        "2026-11-23T12:06:31.462200+00:00 level=info",
        "register kkt-1 of ООО «Ромашка», ИНН 7707083893",
        "registration number 0000000001012345",
        "/api/v1/receipts/1001-closing",
        'File "gateway/api/app.py", line 77, in handle',
        "sum 4990.00, 3 items, 128 codes at most",
    ],
)
def test_what_a_technician_needs_stays(words: str) -> None:
    assert masking.text(words) == words


def test_a_structure_within_words_is_hidden_by_its_keys() -> None:
    body = json.dumps({"customer": {"name": "Пётр Петров"}, "id": "1001"}, ensure_ascii=False)
    assert "Петров" not in masking.tree({"body": body})["body"]
    assert "1001" in masking.tree({"body": body})["body"]


def test_a_receipt_keeps_its_shape_and_loses_its_people() -> None:
    body = {
        "id": "1001",
        "total": "4990.00",
        "customer": {"email": "buyer@example.ru", "name": "Пётр Петров", "inn": "500100732259"},
        "cashier": {"name": "Иванова А. А.", "inn": "500100732259"},
        "items": [{"name": "Ботинки", "price": "4990.00", "marking": {"code": CODE}}],
    }
    masked = masking.tree(body)
    assert (masked["id"], masked["total"]) == ("1001", "4990.00")
    assert masked["customer"] == {"email": "***", "name": "***", "inn": "***"}
    assert masked["cashier"]["name"] == "***"
    assert masked["items"][0]["name"] == "Ботинки"
    assert masked["items"][0]["marking"]["code"] == "0104600439931256***"
    assert masking.tree({"error": {"code": "cannot_be_proven"}})["error"]["code"] == "cannot_be_proven"


@given(st.binary(max_size=80), st.sampled_from([0xFF0C, 0xFF4D, 0x2F, 0x80, 0xFF46, 0xFF61, 0x1E, 0x17]))
def test_no_bytes_of_a_frame_survive_its_masked_explanation(tail: bytes, code: int) -> None:
    """Three bytes in a row shown in hex would be enough to read a text by."""
    raw = code.to_bytes(2 if code > 255 else 1, "big") + b"\x1e\x00\x00\x00" + tail
    for sender in Sender:
        shown = "\n".join(masking.explanation(explain(raw, sender)))
        for at in range(max(len(tail) - 2, 0)):
            assert tail[at : at + 3].hex(" ") not in shown


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("  1008 buyer_contact: +79001112233", "  1008 buyer_contact: ***"),
        ("  1021 cashier: Иванова", "  1021 cashier: ***"),
        ("    1227 buyer_name: 12", "    1227 buyer_name: ***"),
        ("  text: Пётр\nПетров", "  text: ***"),
        ("  value: 49 76 61", "  value: ***"),
        ("  1020 total: 499000", "  1020 total: 499000"),
        ("  1041 drive: 9999078900001341", "  1041 drive: 9999078900001341"),
        ("  mode: 2 — открытая смена", "  mode: 2 — открытая смена"),
        ("команда 10h short_status — Короткий запрос", "команда 10h short_status — Короткий запрос"),
        ("ответ 10h x — y: ошибка 4Eh, смена", "ответ 10h x — y: ошибка 4Eh, смена"),
        ("неизвестная команда 22h: 31 32 33", "неизвестная команда 22h: ***"),
    ],
)
def test_lines_of_an_explanation(line: str, seen: str) -> None:
    assert masking.explanation([line]) == (seen,)
