"""States, VAT rows, settings and models as data, and captured bytes in words."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from pirit_messages import CASH, CHECK_CODE, ITEM, OPEN_SALE, SHIFT_CLOSED, STATUS, STATUS_REPLY, WRONG_STATE

from protocols.ffd.enums import Operation, Taxation, Vat
from protocols.fn.statuses import CurrentDocument, Phase
from protocols.pirit import statuses, vat
from protocols.pirit.commands import COMMANDS, Line, encode_error, encode_reply, encode_request
from protocols.pirit.commands.drive import HexReply, ReadTlv
from protocols.pirit.commands.printing import PrintDetail
from protocols.pirit.commands.receipts import CloseDocument, DocumentTag
from protocols.pirit.commands.service import WifiJoin
from protocols.pirit.commands.state import WriteSetting
from protocols.pirit.explain import Sender, explain
from protocols.pirit.framing import Reply, Request
from protocols.pirit.framing import encode_reply as framed_reply
from protocols.pirit.framing import encode_request as framed
from protocols.pirit.models import FONTS, MODELS, model
from protocols.pirit.settings import NAMED, SETTINGS

# --- states


def test_the_document_byte():
    assert statuses.split_document(0x32) == (statuses.DocumentType.SALE, statuses.DocumentState.PAYMENT)
    assert statuses.document_text(0x82) == "приход: закрыт в ФН, но не допечатан: нужно повторить закрытие"
    assert statuses.document_text(0) == "документ закрыт"
    assert statuses.document_text(0x1F) == "документ типа 15: открыт, можно добавлять позиции"
    assert statuses.document_text(0x72) == "приход: состояние 7"


def test_operations_and_their_documents():
    assert [int(statuses.TYPE_OF_OPERATION[each]) for each in Operation] == [2, 3, 6, 7]
    assert statuses.OPERATION_OF_TYPE[statuses.DocumentType.CORRECTION_BUY_RETURN] is Operation.BUY_REFUND
    assert [statuses.taxation_number(each.code) for each in Taxation] == [0, 1, 2, 4, 5]


def test_masks_in_words():
    assert statuses.texts(statuses.FLAG_TEXT, 0x05) == ("не выполнено «Начало работы»", "смена открыта")
    assert statuses.texts(statuses.PRINTER_TEXT, 0x42) == ("нет бумаги", "бит 6")
    assert statuses.texts(statuses.FATAL_TEXT, 0) == ()
    assert statuses.drive_text(0x23) == "фискальный режим, смена открыта"
    assert statuses.drive_text(0x19) == "фаза 9, получены данные документа, смена закрыта"
    assert set(statuses.PHASE_TEXT) == set(Phase)
    assert set(statuses.CURRENT_DOCUMENT_TEXT) == set(CurrentDocument)


# --- VAT

NAMES = ["НДС 20%", "НДС 10%", "НДС 0%", "", "НДС 20/120", "НДС 10/110"]
PERCENTS = [Decimal(n) for n in ("20.00", "10.00", "0.00", "0.00", "20.00", "10.00")]


def test_the_published_rows_are_what_a_register_tells():
    assert [(row.name, row.percent) for row in vat.PUBLISHED] == list(zip(NAMES, PERCENTS, strict=True))
    assert vat.of_table(NAMES, PERCENTS) == {row.vat: row.row for row in vat.PUBLISHED}


def test_a_register_whose_row_0_became_22_per_cent():
    names = ["НДС 22%", *NAMES[1:4], "НДС 22/122", NAMES[5]]
    percents = [Decimal(22), *PERCENTS[1:4], Decimal(22), PERCENTS[5]]
    table = vat.of_table(names, percents)
    assert (table[Vat.VAT22], table[Vat.VAT122]) == (0, 4)
    assert Vat.VAT20 not in table


def test_rows_without_a_rate():
    assert vat.of_row("НДС 18%", Decimal(18)) is None
    assert vat.of_row("БЕЗ НДС", Decimal(0)) is Vat.NONE
    assert vat.of_row("НДС 0%", Decimal(0)) is Vat.VAT0
    assert vat.of_row("НДС 5/105", Decimal(5)) is Vat.VAT105


def test_every_rate_has_one_row_and_what_no_manual_has_is_marked():
    assert set(vat.BY_VAT) == set(Vat)
    assert len(vat.BY_ROW) == len(vat.VAT_ROWS)
    assert [row.row for row in vat.VAT_ROWS if row.unconfirmed] == [6, 7, 8, 9, 10, 11]


# --- settings and models


def test_settings():
    assert SETTINGS[41] is NAMED["vat_percents"]
    assert SETTINGS[41].read_only
    assert SETTINGS[50].indexes == range(1, 17)
    assert SETTINGS[20].holds("PIRI")
    assert not SETTINGS[20].holds("PIR")
    assert SETTINGS[1].holds("128")
    assert not SETTINGS[1].holds("256")
    assert not SETTINGS[1].holds("-1")
    assert not SETTINGS[1].holds("²")
    assert SETTINGS[41].holds("20.00")
    assert not SETTINGS[41].holds("x")
    assert not SETTINGS[41].holds("Infinity")
    assert len(NAMED) == len(SETTINGS)


def test_models():
    assert {code: each.name for code, each in MODELS.items()} == {
        1: "Viki Mini", 2: "Viki Tower", 3: "Viki Print 57", 4: "Viki Print 57+", 5: "Viki Print 80+", 8: "Пирит 2Ф",
        9: "Пирит 2СФ",
    }  # fmt: skip
    assert not MODELS[8].error_texts
    assert not MODELS[4].drawer_state
    assert MODELS[9].pictures
    assert not MODELS[5].pictures
    assert model(99) is None
    assert {each.line for each in MODELS.values()} == set(FONTS) == {Line.FM16, Line.PIRIT_2F, Line.PUNIX}


# --- explain


def test_a_sale_in_words():
    assert explain(OPEN_SALE) == (
        "команда 30 open_document — Открыть документ, ид. 23h",
        "  mode: 2 — приход",
        "  department: 1",
        "  1021 operator: Петров",
        "  taxation: 0 — общая",
    )
    assert explain(STATUS + STATUS_REPLY + b"\x05") == (
        "команда 00 status — Запрос флагов статуса, ид. 20h",
        "ответ 00 status — Запрос флагов статуса, ид. 20h: ошибок нет",
        "  fatal: 0 — нет",
        "  flags: 4 — смена открыта",
        "  document: 0 — документ закрыт",
        "ENQ: проверка связи",
    )
    assert "  vat: 4 — НДС 20/120" in explain(ITEM)
    assert "  price: 100.00" in explain(ITEM)
    assert "  sum: 1000.00" in explain(CASH)
    assert "  2000 code: 0103041094787443215CY6tH<1D>93dGVz" in explain(CHECK_CODE)


def test_refusals_in_words():
    assert explain(WRONG_STATE) == (
        "ответ 30 open_document — Открыть документ, ид. 23h: ошибка 01h, Функция невыполнима при данном статусе",
        "  что делать: Проверьте состояние смены и документа.",
    )
    assert explain(SHIFT_CLOSED)[1] == "  number: 20 — Смена не открыта"
    refused = framed_reply(encode_error(Request(0x21, 0x78), 0x48))
    assert explain(refused)[0] == "ответ 78h, ид. 21h: ошибка 48h, ФН: запрошенных данных нет"
    not_ready = framed_reply(encode_error(Request(0x21, 0x04), 0x09, b"2\x1c"))
    assert explain(not_ready)[1:] == ("  что делать: Закройте крышку, проверьте бумагу и резчик.", "  поля: 2")


def test_what_is_spoilt_cut_or_foreign_in_words():
    assert explain(b"") == ("пусто",)
    assert explain(CASH[:-1] + b"0")[0].startswith("негодный кадр (неверная контрольная сумма): 02 50")
    assert explain(CASH[:9]) == (f"кадр оборван: {CASH[:9].hex(' ')}",)
    assert explain(b"\x06\x0a") == ("ACK: касса на связи", "LF: промотка бумаги на строку")
    assert explain(b"abc", Sender.HOST) == ("посторонние байты: 61 62 63",)
    assert explain(framed(Request(0x20, 0x99))) == ("команда 99h, ид. 20h", "  не разобрано: no command 99h")
    assert explain(framed(Request(0x20, 0x42, b"a\x1c\x1cx\x1c"))) == (
        "команда 42h, ид. 20h",
        "  не разобрано: AddItem.quantity: b'x' is no number",
        "  поля: a |  | x",
    )
    short = explain(framed_reply(Reply(0x20, 0x00, 0, b"1\x1c")))
    assert short[1:] == ("  не разобрано: StatusReply.flags: number is missing", "  поля: 1")


def test_what_must_not_be_read_is_hidden():
    assert explain(framed(encode_request(0x20, WifiJoin("net", "secret"))))[-1] == "  password: ***"
    assert explain(framed(encode_request(0x20, WriteSetting(20, 0, "ABCD"))))[-1] == "  value: ***"
    assert explain(framed(encode_request(0x20, WriteSetting(31, 0, "ABCD"))))[-1] == "  value: ABCD"


def test_tags_of_people_have_their_numbers():
    sent = encode_request(0x20, CloseDocument(0, "a@b.ru", buyer_inn="500100732259"))
    assert explain(framed(sent))[2:] == ("  1008 buyer: a@b.ru", "  1228 buyer_inn: 500100732259")
    assert explain(framed(encode_request(0x20, DocumentTag(1192, 0, "x", "5"))))[-1] == "  1192 value: 5"
    assert explain(framed(encode_request(0x20, PrintDetail(3, 0, "a"))))[1] == "  code: 3"


def test_tlv_blocks():
    tlv = bytes.fromhex("FC03 0400 10270000")  # 1020, 100.00
    asked = explain(framed(encode_request(0x20, ReadTlv())))
    assert asked == ("команда 78/16 read_tlv — Данные TLV, ид. 20h",)
    bare = encode_reply(COMMANDS[0x78, 16], 0x20, HexReply(tlv))
    assert explain(framed_reply(bare)) == ("ответ 78h, ид. 20h: ошибок нет", f"  поля: {tlv.hex().upper()}")
    numbered = Reply(0x20, 0x78, 0, b"16\x1c" + bare.data)
    assert explain(framed_reply(numbered))[1].startswith("  1020 ")
    torn = Reply(0x20, 0x78, 0, b"16\x1cFC03\x1c")
    assert explain(framed_reply(torn))[1] == "  data: fc 03"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([STATUS, ITEM, STATUS_REPLY, WRONG_STATE]) | st.binary(max_size=8), max_size=6))
def test_explaining_never_raises(pieces):
    for sender in (None, *Sender):
        assert explain(b"".join(pieces), sender)


def test_every_row_has_words():
    assert all(command.title_ru[:1].isupper() for command in COMMANDS.values())
