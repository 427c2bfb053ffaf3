"""ATOL's errors, statuses, VAT numbers, models, registers and explanations: data that must be whole and right."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.atol import errors, framing, models, registers, statuses, text, vat
from protocols.atol.commands import COMMANDS
from protocols.atol.explain import Sender, explain, explain_message
from protocols.ffd.enums import Operation, Vat
from protocols.fn.statuses import Fault
from protocols.refusals import Kind
from protocols.wire import WireError


def test_every_error_of_the_reference_has_a_row() -> None:
    # A4J's properties, in decimal, and the numbers that TC alone has (DEh, E5h)
    listed = """8 10 11 12 13 14 15 16 17 18 19 20 21 22 24 25 26 27 30 31 32 33 61 62 63 64 65 66 67 70 102 103 104 105
        106 107 108 109 110 111 112 113 114 115 117 118 119 122 123 124 125 126 127 128 129 130 132 134 135 136 137 138
        140 141 142 143 145 146 147 148 149 150 151 152 154 155 156 158 159 162 163 164 165 166 167 168 169 170 171 172
        173 174 175 176 177 178 179 180 181 182 183 184 186 190 191 200 201 202 203 204 205 208 209 210 211 212 213 214
        215 216 217 218 219 220 221 223 224 225 228 230 231 232 233 234 235 236 237 238 239 240 241 242 243 244 245 246
        222 229"""
    assert set(errors.ERRORS) == {int(number) for number in listed.split()}
    extended = [*range(0x0101, 0x010B), *range(0x0201, 0x020C), 0x0301, 0x0302, 0x0303]
    assert list(errors.EXTENDED) == extended
    rows = [*errors.ERRORS.values(), *errors.EXTENDED.values(), *errors.OF_F6.values()]
    assert len({row.code for row in rows}) == len(rows)
    for row in rows:
        assert row.text_ru
        assert row.detail.isascii()
        assert row.hint_ru.endswith(".")
        assert row.code.isascii()


def test_what_an_error_asks_for() -> None:
    assert errors.describe(0x67).kind is Kind.OPERATOR
    assert errors.describe(0xD1).kind is Kind.RETRYABLE
    assert errors.describe(0x9B).kind is Kind.REJECTED
    assert errors.describe(0xF6, 4).code == "read_only"
    assert errors.describe(0xF6).code == errors.describe(0xF6, 99).code == "receipt_too_large"
    assert errors.describe(0x99).code == "atol_99"
    assert errors.describe_extended(0x0206).code == "tag_missing"
    assert errors.describe_extended(0x0999).code == "atol_ee_0999"


def test_refusals_that_prove_nothing_are_not_final() -> None:
    assert all(errors.describe(number).kind is not Kind.REJECTED for number in errors.UNCERTAIN)


def test_the_drives_errors_have_numbers_of_the_registers() -> None:
    assert errors.of_drive(Fault.NO_DATA) == errors.FN_NO_DATA
    assert errors.of_drive(Fault.SHIFT_EXPIRED) == errors.FN_SHIFT_EXPIRED
    assert {errors.of_drive(fault) for fault in Fault} <= set(errors.ERRORS)


def test_modes_in_words() -> None:
    assert statuses.state_text(0x23) == "3.2: отчёты с гашением, печать отчёта с гашением"
    assert statuses.state_text(0x01) == "1.0: регистрация"
    assert statuses.state_text(0xFF) == "15.15: неизвестный режим"
    assert statuses.state_code(*statuses.PRINTING_Z) == 0x23  # CRYS: MODE_3_2
    assert statuses.state_code(*statuses.RESETTING) == 0x17  # CRYS: MODE_7_1
    assert statuses.split_state(0x41) == statuses.PAYING
    assert set(statuses.MODE_TEXT) == set(statuses.Mode)
    assert statuses.flags_text(0x4B) == ("зарегистрирована", "смена открыта", "бумага есть", "ФН активизирован")
    assert statuses.printer_text(0x01) == ("нет бумаги",)


def test_receipt_types() -> None:
    assert len(statuses.TYPE_OF) == len(statuses.OPERATION_OF) == 8
    assert statuses.OPERATION_OF[4] == (Operation.BUY, False)
    assert statuses.OPERATION_OF[9] == (Operation.BUY, True)
    assert set(statuses.RECEIPT_TEXT) == set(statuses.ReceiptType)


def test_vat_numbers_are_those_of_tag_1199() -> None:
    for row in vat.VAT_ROWS:
        assert row.number == row.vat.code
        assert vat.of_wire(vat.wire_code(row.vat)) is row.vat
    assert {row.vat for row in vat.VAT_ROWS} == set(Vat)
    # TC: 1, 2 and 6; VEND: 5, too
    assert {row.number for row in vat.VAT_ROWS if not row.unconfirmed} == {1, 2, 5, 6}
    assert vat.of_wire(0) is None
    assert vat.unified(3689)
    assert not vat.unified(3688)
    assert not vat.unified(4798, model=76)


def test_models() -> None:
    assert models.MODELS[models.DEFAULT].name == "АТОЛ 30Ф"
    assert models.width_of(61) == 32
    assert models.width_of(250) == models.WIDTH
    # TC's widths and A4J's raster lines
    assert {model.code: model.columns for model in models.MODELS.values() if model.columns} == {
        67: 32, 78: 32, 81: 48, 57: 48, 61: 32, 64: 36, 62: 36, 69: 48, 82: 32, 63: 48, 76: 67, 77: 32
    }  # fmt: skip
    assert {model.code for model in models.MODELS.values() if model.raster == 48} == {61, 67, 72, 75, 78, 82, 84}
    assert not models.MODELS[93].has_open_wire


def test_the_code_page() -> None:
    # A4J's unit test of its character set, and its changes of cp866
    assert text.decode(bytes.fromhex("80 92 8E 8B 20 39 31 94")) == "АТОЛ 91Ф"
    assert text.encode("№$’€\u2011■Ёё'") == bytes.fromhex("24 FC 27 F2 FA FF F0 F1 27")
    assert text.decode(b"\xfe") == "\ufffd"
    for byte in set(range(256)) - {0xFE}:
        assert text.encode(text.decode(bytes((byte,)))) == bytes((byte,))
    with pytest.raises(ValueError, match="«"):
        text.encode("«")


def test_registers() -> None:
    # VEND's layout of register 51, TC's of 55 and 18; LOG shows the missing tag after code 0206h
    raw = bytes.fromhex("00 00 00 00 12 01 00 00 00 00 02 46 90 15 03 26 10 20 12 34 56 78 90 00 00 00")
    last = registers.value_of(51, raw)
    assert isinstance(last, registers.LastReceipt)
    assert (last.document, last.total, last.sign) == (12, 24690, 1234567890)
    assert last.at == datetime(2026, 3, 15, 10, 20)
    error = registers.value_of(55, bytes.fromhex("00 4A 02 06 03 FD 00 00"))
    assert isinstance(error, registers.ExtendedError)
    assert (error.command, error.code, error.tag) == (0x4A, 0x0206, 1021)
    shift = registers.value_of(18, bytes.fromhex("01 16 03 26 10 20 30"))
    assert shift == registers.ShiftClock(1, datetime(2026, 3, 16, 10, 20, 30))
    assert registers.value_of(99, b"\1") == registers.Raw(b"\1")
    with pytest.raises(WireError):
        registers.value_of(55, b"\0")
    assert len(registers.BY_NAME) == len(registers.REGISTERS)
    assert len({field.name for field in registers.FIELDS.values()}) == len(registers.FIELDS)


def test_the_first_byte_tells_the_protocol() -> None:
    assert [framing.detect(byte) for byte in (0xFE, 0x05, 0x02, 0x06, 0x00)] == [3, 2, 2, None, None]


def test_a_stream_of_packets_is_explained_by_its_own_questions() -> None:
    stream = bytes.fromhex(
        "FE 06 00 02 C1 01 01 00 00 A5 0F"
        "FE 15 00 F0 A6 01 00 03 01 3D 00 00 03 00 00 12 45 80 92 8E 8B 20 33 30 94 65"
        "FE 02 00 05 C2 01 66 FE 00 00 01 9D FE 05 00 F0 A7 04 55 9C 00 90 FE 01 00"
    )
    lines = explain(stream)
    assert "    команда A5h get_device_type — Получить тип устройства" in lines
    assert "      model: 61 — АТОЛ 30Ф" in lines
    assert "  C2h: результат задания 01h получен" in lines
    assert "пакет 01h пустой: просьба повторить пакет с этим номером" in lines
    assert "      ошибка 9Ch: Смена открыта, операция невозможна" in lines
    assert lines[-1] == "пакет оборван"


def test_frames_passwords_and_bare_messages() -> None:
    lines = explain(bytes.fromhex("05 06 02 00 00 56 10 03 00 00 00 30 03 76 06 04"))
    assert lines[0] == "ENQ: запрос готовности"
    assert "    mode: 3 — 3.0: отчёты с гашением" in lines
    assert "    password: ***" in lines
    assert explain_message(bytes.fromhex("00 00 92 00 01"))[0] == "команда 92h open_receipt — Открыть чек"
    assert explain_message(bytes.fromhex("55 00 00"), Sender.DEVICE) == ("ответ: ошибок нет",)
    paid = explain_message(bytes.fromhex("55 00 00 00 00 00 00 00 00 00 53 10"), Sender.DEVICE, COMMANDS[0x99])
    assert paid[-1] == "  change: 53.10"
    assert explain(b"") == ("пусто",)


@given(st.binary(max_size=80), st.sampled_from([None, *Sender]))
def test_anything_is_explained(data: bytes, sender: Sender | None) -> None:
    assert explain(data, sender)
