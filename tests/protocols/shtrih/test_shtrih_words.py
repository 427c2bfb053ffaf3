"""Errors, statuses, VAT codes, tables, registers and explanations: data that must be whole and say the right thing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.ffd.enums import Vat
from protocols.fn.statuses import drive_warnings
from protocols.shtrih import archive, errors, registers, statuses, tables, vat
from protocols.shtrih.explain import Sender, explain, explain_message
from protocols.shtrih.framing import encode_v2
from protocols.wire import WireError


def test_every_error_of_the_reference_has_a_row():
    # §6, drive numbers and register numbers
    listed = """01 02 03 04 05 06 07 08 09 10 11 12 14 15 16 17 20 23 24 2F 30 31 32 33 34 35 36 37 38 39 3A 3C 3D 3E
        3F 40 41 42 43 44 45 46 47 48 49 4A 4B 4C 4D 4E 4F 50 51 52 53 54 55 56 58 59 5A 5B 5C 5D 5E 5F 60 61 62 63 65
        66 68 69 6A 6B 6C 6D 6E 6F 71 72 73 74 75 76 77 78 79 7A 7B 7C 7D 7E 7F 84 85 86 87 88 89 8A 8B 8C 8D 8E 8F 90
        91 92 93 94 96 9B 9C 9D 9E A0 A1 A2 A3 A4 A5 AA AC C0 C2 C4 C7 C8 C9 CA CF D1 D3 D4 D5"""
    assert set(errors.ERRORS) == {int(number, 16) for number in listed.split()}
    for row in errors.ERRORS.values():
        assert row.text_ru
        assert row.hint_ru.endswith((".", "!"))
        assert row.code.isascii()


def test_what_an_error_asks_for():
    assert errors.describe(0x50).kind is errors.Kind.RETRYABLE
    assert errors.describe(0x58).kind is errors.Kind.RETRYABLE
    assert errors.describe(0x6B).kind is errors.Kind.OPERATOR
    assert errors.describe(0x33).kind is errors.Kind.REJECTED
    assert errors.describe(0xEE).code == "shtrih_ee"


def test_modes_in_words():
    assert statuses.mode_text(0x28) == "8: открытый документ, возврат прихода"
    assert statuses.mode_text(0x02) == "2: открытая смена, 24 часа не кончились"
    assert int(statuses.HEALTHY) == 0x0292  # §5.6
    assert drive_warnings(0x0A) == ("resource_30_days", "ofd_overdue")
    assert set(statuses.MODE_TEXT) == set(statuses.Mode)


def test_receipt_types_and_operations_are_in_different_orders():
    # 8Dh: sale, buy, sale return, buy return; tag 1054 and FF46: sale, sale return, buy, buy return
    assert [statuses.OPERATION_OF_TYPE[kind] for kind in range(4)] == [1, 3, 2, 4]


def test_vat_masks_and_rows():
    # §4.1: masks 1<<(n-1) for rows 1…6, 81h 82h 84h 90h for 7…10, C0h + n above
    masks = {1: 1, 2: 2, 3: 4, 4: 8, 5: 0x10, 6: 0x20, 7: 0x81, 8: 0x82, 9: 0x84, 10: 0x90, 11: 0xCB, 12: 0xCC}
    assert {row.row: row.mask for row in vat.VAT_ROWS} == masks
    assert {row.vat for row in vat.VAT_ROWS} == set(Vat)
    for rate in Vat:
        assert vat.of_wire(vat.wire_code(rate)) is rate
        assert vat.of_wire(vat.wire_code(rate, raw_index=True), raw_index=True) is rate
    assert vat.of_wire(4) is Vat.VAT0
    assert vat.of_wire(4, raw_index=True) is Vat.NONE
    # 3 is no mask, so it is the row of 0 %: what shtrih-m-driver (Go) sends; 8 stays the mask of "no VAT"
    assert vat.of_wire(3) is Vat.VAT0
    assert vat.of_wire(8) is Vat.NONE
    # javapos_shtrih sends 88h for 7/107, the vendor's VatTable.txt says 90h
    assert vat.of_wire(0x88) is vat.of_wire(0x90) is Vat.VAT107
    assert vat.of_wire(0x7F) is None


def test_the_register_turns_20_into_22_from_2026_if_told_so():
    assert vat.replaced(Vat.VAT20, year=2026, setting=1) is Vat.VAT22
    assert vat.replaced(Vat.VAT120, year=2027, setting=1) is Vat.VAT122
    assert vat.replaced(Vat.VAT20, year=2025, setting=1) is Vat.VAT20
    assert vat.replaced(Vat.VAT20, year=2026, setting=2) is Vat.VAT20
    assert vat.replaced(Vat.VAT10, year=2026, setting=1) is Vat.VAT10


def test_tables_have_no_holes_and_sound_defaults():
    assert list(tables.ALL_TABLES) == list(range(1, tables.LAST_TABLE + 1))
    for table in tables.ALL_TABLES.values():
        assert len(table.name.encode("cp1251")) <= 40
        assert [field.number for field in table.fields] == list(range(1, len(table.fields) + 1))
        for row in range(1, table.rows + 1):
            for field in table.fields:
                value = table.default(row, field.number)
                assert field.from_bytes(field.to_bytes(value)) == value


def test_the_tables_of_the_reference():
    # §7
    assert len(tables.TABLES[1].fields) == 48
    assert tables.TABLES[2].rows == 30
    assert tables.TABLES[2].default(7, 1) == 7
    assert tables.TABLES[6].default(11, 1) == 2200
    assert tables.TABLES[5].default(14, 1) == "ПРЕДВАРИТЕЛЬНАЯ ОПЛАТА (АВАНС)"
    assert tables.TABLES[21].default(1, 4) == 7778


def test_field_values():
    port = tables.TABLES[21].fields[3]
    assert port.to_bytes(7778) == bytes.fromhex("62 1E")
    with pytest.raises(ValueError, match="outside"):
        port.from_bytes(b"\0\0")
    name = tables.TABLES[2].fields[1]
    assert name.from_bytes("Иванова".encode("cp1251") + b"\0rest") == "Иванова"
    with pytest.raises(ValueError, match="65 bytes"):
        name.from_bytes(b"x" * 65)


def test_register_numbers():
    # §8
    assert [registers.shift_payment(0, form) for form in (1, 4, 5, 16)] == [193, 205, 4144, 4188]
    assert registers.shift_department(3, 16) == 184
    assert registers.money_text(241) == "наличность в кассе"
    assert registers.money_text(195) == "оплата 1 в смене: возврат прихода"
    assert registers.money_text(4144) == "оплата 5 в смене: приход"
    assert registers.money_text(300) is None
    assert registers.counter_text(152) == "сквозной номер документа"


def test_found_documents():
    # §5.5: DT5, FD, FS, then operation and a 5-byte sum; 2016 firmware has 4 bytes
    prefix = bytes.fromhex("1A 03 02 09 11 4E 00 00 00 64 B0 05 A2")
    receipt = archive.found_document(3, prefix + bytes.fromhex("01 20 4E 00 00 00"))
    assert (receipt.document, receipt.sign, receipt.operation, receipt.total) == (78, 2718281828, 1, 20000)
    big = archive.found_document(3, prefix + bytes.fromhex("01 00 E4 0B 54 02"))
    assert big.total == 10_000_000_000
    assert archive.found_document(31, prefix + bytes.fromhex("02 20 4E 00 00")).total == 20000
    assert archive.found_document(5, prefix + bytes.fromhex("0C 00")).shift == 12
    registered = archive.found_document(1, prefix + b"7701234560  " + b"0000000001050564    " + b"\x01\x20")
    assert (registered.inn, registered.registration_number) == ("7701234560", "0000000001050564")
    with pytest.raises(WireError):
        archive.found_document(3, prefix[:-1])


def test_a_frame_in_words():
    lines = explain(
        bytes.fromhex(
            "02 29 FF 46 1E 00 00 00 01 80 84 1E 00 00 00 10 27 00 00 00 FF FF FF FF FF FF FF FF FF FF 02 01 04 01 "
            "CC EE EB EE EA EE 20 31 EB 7D"
        )
    )
    assert lines[1] == "  команда FF46h operation_v2 — Операция V2"
    assert {"    quantity: 2", "    price: 100.00", "    tax: 2 — НДС 10%", "    name: Молоко 1л"} <= set(lines)
    assert "    password: ***" in lines


def test_a_whole_exchange_in_words():
    lines = explain(bytes.fromhex("05 15 02 05 E0 1E 00 00 00 FB 06 02 03 E0 00 1E FD 06"))
    assert lines[0].startswith("ENQ")
    assert lines[1].startswith("NAK")
    assert "  команда E0h open_shift — Открыть смену" in lines
    assert "  ответ E0h open_shift — Открыть смену: ошибок нет" in lines


def test_tags_errors_and_packets_in_words():
    tags = explain(bytes.fromhex("02 16 FF 0C 1E 00 00 00 F0 03 0C 00 2B 37 39 39 39 30 30 30 31 31 32 32 11"))
    assert any("1008" in line and "+79990001122" in line for line in tags)
    refused = explain(bytes.fromhex("FF 45 55"))
    assert "ошибка 55h, Чек закрыт" in refused[0]
    packet = explain(bytes.fromhex("8F 07 00 9F 81 00 13 1E 00 00 00 BC DB"))
    assert packet == ("пакет v2 № 143, данных 5", "  команда 13h beep — Гудок", "    password: ***")
    assert explain(bytes.fromhex("8F 00 00 0F 1D")) == ("пакет v2: синхронизация",)


def test_the_sender_decides_when_it_is_known():
    message = bytes.fromhex("1F 00 00 00 00 01 01 00 01")
    assert explain_message(message, Sender.HOST)[0].startswith("команда")
    assert explain_message(message, Sender.DEVICE)[0].startswith("ответ")


@given(st.binary(max_size=120))
def test_anything_is_explained(data):
    assert explain(data)
    assert explain(b"\x02" + data)
    assert explain(b"\x8f" + data)


def test_a_register_number_of_thousands_of_bytes_is_explained() -> None:
    message = b"\x1a\x1e\0\0\0" + b"\xff" * 4_000
    assert explain_message(message, Sender.HOST)
    assert explain(encode_v2(2, message), Sender.HOST)
