"""The worked frames of §1.3 in their meaning, and what the vendor's and others' clients send, byte for byte."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from pirit_messages import (
    BEGIN_WORK,
    CASH,
    CHECK_CODE,
    CLOSE,
    ITEM,
    ITEM_REPLY,
    OPEN_SALE,
    OPEN_SHIFT,
    SHIFT_CLOSED,
    STATUS,
    STATUS_LONE_FS,
    STATUS_REPLY,
    SUBTOTAL,
    WRONG_STATE,
)

from protocols.ffd.enums import FfdVersion
from protocols.pirit.commands import (
    COMMANDS,
    DeviceRefusal,
    UnknownCommand,
    UnknownQuery,
    answer_to,
    encode_error,
    encode_reply,
    encode_request,
    faulty_field,
    parse_request,
)
from protocols.pirit.commands.counters import Corrections, CorrectionsReply, LastReceipt, LastReceiptReply, ShiftNumber
from protocols.pirit.commands.drive import (
    Archived,
    ArchivedReply,
    DriveVersions,
    DriveVersionsReply,
    Exchange,
    ExchangeReply,
    HexReply,
    ReadTlv,
    ShiftState,
    ShiftStateReply,
)
from protocols.pirit.commands.marking import (
    AttachCode,
    CheckCode,
    CheckCodeReply,
    ClearCodes,
    DecideCode,
    NotificationAnswer,
)
from protocols.pirit.commands.printing import PrintText
from protocols.pirit.commands.receipts import (
    AddItem,
    AddItemReply,
    CloseDocument,
    CloseDocumentReply,
    Correction,
    ItemDetails,
    OpenCopy,
    OpenDocument,
    Payment,
    PostponeDocument,
    Subtotal,
)
from protocols.pirit.commands.shifts import CloseShift, OpenShift, Register
from protocols.pirit.commands.state import (
    BeginWork,
    ExtendedError,
    ExtendedErrorReply,
    ReadSetting,
    Status,
    StatusReply,
    WriteSetting,
)
from protocols.pirit.fields import Cashier, Part
from protocols.pirit.framing import DeviceStream, HostStream, Reply, Request
from protocols.pirit.framing import encode_reply as framed_reply
from protocols.pirit.framing import encode_request as framed
from protocols.wire import WireError

GS = b"\x1d"
CODE = b"0103041094787443215CY6tH" + GS + b"93dGVz"


def request(raw: bytes) -> Request:
    stream = DeviceStream()
    stream.feed(raw)
    found = stream.poll()
    assert isinstance(found, Request)
    return found


def reply(raw: bytes) -> Reply:
    (found,) = HostStream().feed(raw)
    assert isinstance(found, Reply)
    return found


#: Raw frame, what it asks, and whether our own encoding is the same byte for byte (it leaves off optional empty ends,
#: and writes money with two places, as the manual recommends).
WORKED = (
    (STATUS, Status(), True),
    (STATUS_LONE_FS, Status(), False),
    (BEGIN_WORK, BeginWork(datetime(2024, 1, 23, 10, 15)), True),
    (OPEN_SHIFT, OpenShift(Cashier("Администратор")), True),
    (OPEN_SALE, OpenDocument(2, 1, Cashier("Петров"), None, 0), False),
    (ITEM, AddItem("Сахар", "", Decimal(1), 10000, 4, unit="0", method=4, object=1), False),
    (SUBTOTAL, Subtotal(), True),
    (CASH, Payment(0, 100000), True),
    (CLOSE, CloseDocument(2), True),
    (CHECK_CODE, CheckCode(CODE, 0, 1, Decimal(1), 0, 0), True),
)


@pytest.mark.parametrize(("raw", "meaning", "exact"), WORKED, ids=lambda value: type(value).__name__)
def test_worked_requests(raw, meaning, exact):
    frame = request(raw)
    command, parsed = parse_request(frame)
    assert parsed == meaning
    assert command is COMMANDS.of(type(meaning))
    ours = encode_request(frame.id, meaning)
    assert parse_request(ours)[1] == meaning
    assert (framed(ours) == raw) is exact


def test_worked_replies():
    assert answer_to(Status(), reply(STATUS_REPLY)) == StatusReply(0, 4, 0)
    assert framed_reply(encode_reply(COMMANDS[0x00, None], 0x20, StatusReply(0, 4, 0))) == STATUS_REPLY
    assert answer_to(WORKED[5][1], reply(ITEM_REPLY)) == AddItemReply(Decimal(0))
    assert framed_reply(encode_reply(COMMANDS[0x42, None], 0x24, AddItemReply(Decimal(0)))) == ITEM_REPLY
    known = ExtendedErrorReply(20, "Смена не открыта")
    assert answer_to(ExtendedError(), reply(SHIFT_CLOSED)) == known
    assert framed_reply(encode_reply(COMMANDS[0x06, 1], 0x29, known)) == SHIFT_CLOSED
    with pytest.raises(DeviceRefusal, match="open_document \\(30\\) refused with error 01h") as refused:
        answer_to(WORKED[4][1], reply(WRONG_STATE))
    assert refused.value.number == 1
    assert framed_reply(encode_error(request(OPEN_SALE), 1)) == WRONG_STATE


def asked(command: int, *fields: str, last: bool = True) -> object:
    """What fields mean, sent as the vendor's Java client does: each with its FS, control characters as $XX."""
    escaped = ["".join(c if c >= " " else f"${ord(c):02X}" for c in field) for field in fields]
    data = "".join(field + "\x1c" for field in escaped) if fields else "\x1c"
    raw = data.encode("cp866")
    return parse_request(Request(0x20, command, raw if last else raw[:-1]))[1]


CODE_TEXT = "0103041094787443215CY6tH\x1d93dGVz"


@pytest.mark.parametrize("last", [True, False])
def test_what_the_vendors_java_client_sends(last):
    """dreamkas/TestVikiPrint; AFP and 090809's Qt client leave the last FS off."""
    assert asked(0x30, "1", "1", last=last) == OpenDocument(1, 1)
    assert asked(0x30, "18", "1", "Петров", "", "0", "", last=True) == OpenDocument(18, 1, Cashier("Петров"), None, 0)
    assert asked(0x42, "Сахар", "", "1.111", "100", "4", "", "", "", "11", last=last) == AddItem(
        "Сахар", "", Decimal("1.111"), 10000, 4, unit="11"
    )
    assert asked(0x42, "Весовой товар", "", "1.111", "100.0", "4", "", "", "", "кг", last=last) == AddItem(
        "Весовой товар", "", Decimal("1.111"), 10000, 4, unit="кг"
    )
    assert asked(0x47, "0", "1000.0", last=last) == Payment(0, 100000)
    assert asked(0x31, "2", last=last) == CloseDocument(2)
    closing = ["2", "customer@mail.ru", "0", *[""] * 8, "0", "21", "", ""]
    assert asked(0x31, *closing) == CloseDocument(
        2, "customer@mail.ru", 0, buyer_citizenship="0", buyer_document_code="21"
    )
    copy = ["18", "1", "Петров", "3", "4", "230124", "101500", "12", "0"]
    assert asked(0x53, *copy, last=last) == OpenCopy(
        18, 1, Cashier("Петров"), 3, 4, datetime(2024, 1, 23, 10, 15), 12, 0
    )
    assert asked(0x11, "1", "0", last=last) == ReadSetting(1, 0)
    assert asked(0x12, "1", "0", "128", last=last) == WriteSetting(1, 0, "128")
    assert asked(0x21, "Администратор", last=last) == CloseShift(Cashier("Администратор"))
    assert asked(0x79, "3", last=last) == ClearCodes()
    assert asked(0x79, "1", CODE_TEXT, "0", "2", "900", "10", "1", last=last) == CheckCode(
        CODE, 0, 2, Decimal(900), 10, 1
    )
    assert asked(0x79, "2", "1", "", "", "", "", "") == DecideCode(1)
    assert asked(0x79, "15", CODE_TEXT, "2", "0", "3", "10", "") == AttachCode(CODE, 2, 0, 3, 10)
    industry = "UUID=2ce10bdb-6510-4d37-be04-dd473b98c728&Time=1692691702065"
    assert asked(0x24, *[""] * 14, "030", "21112023", "1944", industry, last=last) == ItemDetails(
        federal_id="030", base_date=date(2023, 11, 21), base_number="1944", industry=industry
    )
    assert asked(0x24, CODE_TEXT, last=last) == ItemDetails(CODE)


def test_a_registration_of_the_vendors_test():
    name, address = "            НАЗВАНИЕ ОРГАНИЗАЦИИ            ", "             АДРЕС ОРГАНИЗАЦИИ              "
    fields = ["0", "1000000000008261", "1122334455", "1", "0", "Петров", "230124", "101500", name, "", address, "",
              "второй этаж", "", "Такском ОФД", "7704211201", "ofd-receipts@dreamkas.ru", "www.nalog.gov.ru", "2",
              "4"]  # fmt: skip
    parsed = asked(0x60, *fields)
    assert isinstance(parsed, Register)
    assert (parsed.registration_number, parsed.at, parsed.user_1) == (
        "1000000000008261", datetime(2024, 1, 23, 10, 15), name,
    )  # fmt: skip
    assert (parsed.extended_mode, parsed.ffd) == (2, 4)


def test_what_the_vendors_c_library_sends():
    """dreamkas/Qt_fisGoPiritLib: three places of money, empty sums, all of a shorter list of parameters."""
    assert asked(
        0x42, "Чай", "", "2.000", "99.900", "1", "", "0", "0", "", "0.000", "4", "1", "", "", "0.000"
    ) == AddItem("Чай", "", Decimal(2), 9990, 1, section=0, discount_kind=0, discount=0, method=4, object=1, excise=0)
    assert asked(0x10, "230124", "101500") == BeginWork(datetime(2024, 1, 23, 10, 15))
    with pytest.raises(WireError, match="base_date"):  # the old correction without its base
        asked(0x58, "Петров", "100.000", "0.000", "", "", "", "2")


def test_requests_of_queries_carry_their_number():
    assert encode_request(0x20, ShiftNumber()).data == b"1\x1c"
    assert encode_request(0x20, DecideCode(1)).data == b"2\x1c1\x1c"
    assert parse_request(Request(0x20, 0x01, b"1"))[1] == ShiftNumber()
    assert parse_request(Request(0x20, 0x01, b" 1 \x1c"))[1] == ShiftNumber()
    with pytest.raises(UnknownQuery, match="01h has no query b'99'"):
        parse_request(Request(0x20, 0x01, b"99\x1c"))
    with pytest.raises(UnknownQuery):
        parse_request(Request(0x20, 0x01, b""))
    with pytest.raises(UnknownCommand, match="no command 99h"):
        parse_request(Request(0x20, 0x99))


def test_a_password_of_ones_own():
    assert framed(encode_request(0x20, Status(), password=b"DRRB"))[:6] == b"\x02DRRB\x20"


# --- replies of queries


def answered(data: str, ask: object, *, error: int = 0) -> object:
    return answer_to(ask, Reply(0x20, COMMANDS.of(type(ask)).code, error, data.encode("cp866")))


def test_a_closed_receipt_and_a_closed_copy():
    full = "12\x1c000034\x1cФД:12 ФП:2906\x1c12\x1c2906175432\x1c7\x1c3\x1c230124\x1c101500\x1c"
    assert answered(full, CloseDocument(2)) == CloseDocumentReply(
        12, "000034", "ФД:12 ФП:2906", 12, 2906175432, 7, 3, datetime(2024, 1, 23, 10, 15)
    )
    copy = CloseDocumentReply(12, "000034")
    assert answered("12\x1c000034\x1c", CloseDocument(2)) == copy
    assert encode_reply(COMMANDS[0x31, None], 0x20, copy).data == b"12\x1c000034\x1c"
    with pytest.raises(WireError, match="operations: text is missing"):
        answered("12\x1c", CloseDocument(2))
    with_long_date = full.replace("230124", "23012024")
    assert answered(with_long_date, CloseDocument(2)) == answered(full, CloseDocument(2))


def test_the_last_receipt():
    data = "2\x1c2\x1c000034\x1c3\x1c12\x1c211.10\x1c0.00\x1c0.00\x1c2906175432\x1c12\x1c"
    assert answered(data, LastReceipt()) == LastReceiptReply(2, "000034", 3, 12, 21110, 0, 0, "2906175432", 12)


def test_what_only_newer_firmware_answers():
    assert answered("18\x1c1\x1c10.00\x1c0.00\x1c", Corrections()) == CorrectionsReply(1, 1000, 0)
    assert answered("18\x1c1\x1c10.00\x1c0\x1c1\x1c2\x1c3.5\x1c", Corrections()) == CorrectionsReply(
        1, 1000, 0, 100, 200, 350
    )
    assert answered("0\x1c4\x1c0\x1c7\x1c", Status()) == StatusReply(0, 4, 0)  # the Belarusian build's fourth


def test_the_shift_in_the_order_of_the_vendors_library():
    assert answered("6\x1c17\x1c1\x1c5\x1c", ShiftState()) == ShiftStateReply(shift=17, open=1, receipts=5)


def test_versions_as_the_vendors_client_counts_them():
    data = "14\x1cfn_v_1_2\x1c0\x1c4\x1c665.4.13\x1c4\x1c"
    assert data.split("\x1c")[3] == "4"  # its fnVersions[3] is the ФФД
    assert answered(data, DriveVersions()) == DriveVersionsReply("fn_v_1_2", 0, 4, "665.4.13", 4)


def test_an_empty_queue_has_no_date():
    assert answered("7\x1c0\x1c0\x1c0\x1c\x1c\x1c", Exchange()) == ExchangeReply(0, 0, 0)
    assert answered("7\x1c0\x1c0\x1c0\x1c", Exchange()) == ExchangeReply(0, 0, 0)


def test_hexadecimal_replies_with_and_without_the_number_of_the_query():
    """The manual has the number first, the vendor's library reads the block from the first field."""
    for data in ("16\x1c0BAC\x1c", "0BAC\x1c", "0bac"):
        assert answered(data, ReadTlv()) == HexReply(b"\x0b\xac")
    assert answered("16\x1c", ReadTlv()) == HexReply(b"\x16")
    for data in ("11\x1c1\x1cFF\x1c3\x1c", "1\x1cFF\x1c3\x1c"):
        assert answered(data, Archived(12)) == ArchivedReply(1, b"\xff", 3)
    assert encode_reply(COMMANDS[0x78, 16], 0x20, HexReply(b"\x0b")).data == b"0B\x1c"


def test_a_check_without_the_systems_answer():
    asks = CheckCode(CODE, 0, 1, Decimal(1), 0, 0)
    assert answered("1\x1c3\x1c0\x1c15\x1c0\x1c1\x1c", asks) == CheckCodeReply(3, 0, 15, 0, 1)
    assert answered("1\x1c1\x1c0\x1c\x1c\x1c\x1c", asks) == CheckCodeReply(1, 0)
    assert answered("1\x1c1\x1c0", asks) == CheckCodeReply(1, 0)


def test_a_reply_to_something_else_is_none():
    with pytest.raises(WireError, match="00h does not answer add_item"):
        answer_to(WORKED[5][1], reply(STATUS_REPLY))
    with pytest.raises(WireError, match="begins with b'2'"):
        answered("2\x1c5\x1c", ShiftNumber())


def test_a_refusal_that_brings_data():
    with pytest.raises(DeviceRefusal) as refused:
        answered("10\x1c1\x1c", NotificationAnswer(1, b"\0"), error=0x60)
    assert refused.value.data == b"10\x1c1\x1c"


# --- values


def test_what_ends_empty_is_not_sent_but_for_what_has_no_default():
    assert encode_request(0x20, OpenDocument(2, 1)).data == b"2\x1c1\x1c"
    assert encode_request(0x20, OpenDocument(2, 1, taxation=0)).data == b"2\x1c1\x1c\x1c\x1c0\x1c"
    assert encode_request(0x20, WriteSetting(31, 2, "")).data == b"31\x1c2\x1c\x1c"
    assert encode_request(0x20, PostponeDocument()).data == b""
    assert encode_request(0x20, PrintText("a")).data == b"a\x1c"


def test_a_part_of_a_piece():
    part = AddItem("Вода", "", Part(1, 20), 300, 0)
    assert encode_request(0x20, part).data.split(b"\x1c")[2] == b"1/20"
    assert parse_request(encode_request(0x20, part))[1] == part
    with pytest.raises(WireError, match="20/20 is no part"):
        asked(0x42, "Вода", "", "20/20", "3.00", "0")


def test_a_cashier_with_an_inn():
    with_inn = OpenShift(Cashier("Васильева О.Е.", "112233445566"))
    assert encode_request(0x20, with_inn).data == "112233445566&Васильева О.Е.\x1c".encode("cp866")
    assert asked(0x23, "112233445566&Васильева О.Е.") == with_inn
    assert asked(0x23, "Рога & Копыта") == OpenShift(Cashier("Рога & Копыта"))
    with pytest.raises(WireError, match="read as an INN"):
        encode_request(0x20, OpenShift(Cashier("112233445566&Петров")))
    with pytest.raises(WireError, match="no INN"):
        encode_request(0x20, OpenShift(Cashier("Петров", "123")))


def test_letters_beyond_the_manuals_range():
    assert asked(0x40, "ё № ·") == PrintText("ё № ·")


def test_escapes_of_codes():
    dollar = ItemDetails(b"a$1Db" + GS)
    assert encode_request(0x20, dollar).data == b"a$241Db$1D\x1c"
    assert parse_request(encode_request(0x20, dollar))[1] == dollar
    assert asked(0x24, "price$") == ItemDetails(b"price$")
    assert asked(0x40, "$1D") == PrintText("$1D")  # texts know no escapes


@pytest.mark.parametrize(
    ("command", "fields", "field"),
    [
        (0x42, ["Чай", "", "1", "1.001", "0"], "price"),
        (0x42, ["Чай", "", "x", "1.00", "0"], "quantity"),
        (0x42, ["Чай", "", "1", "1e5", "0"], "price"),
        (0x42, ["Чай" * 90, "", "1", "1", "0"], "name"),
        (0x42, ["Чай", "", "1", "-1", "0"], "price"),
        (0x47, ["16", "1"], "type"),
        (0x10, ["320124", "101500"], "at"),
        (0x10, ["230124", "251500"], "at"),
        (0x30, ["2", "100"], "department"),
        (0x82, ["5"], "duration"),
        (0x40, [""], "text"),
        (0x40, ["a\x1fb"], "text"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(command, fields, field):
    frame = Request(0x20, command, "".join(each + "\x1c" for each in fields).encode("cp866"))
    with pytest.raises(WireError, match=f"\\.{field}: "):
        parse_request(frame)
    assert faulty_field(frame) == field
    assert faulty_field(request(ITEM)) is None


def test_what_one_version_of_ffd_does_not_have():
    v1_05, v1_2 = FfdVersion.V1_05, FfdVersion.V1_2
    with_address = CloseShift(Cashier("Петров"), address="Москва")
    assert encode_request(0x20, with_address, ffd=v1_2).data.count(b"\x1c") == 3
    with pytest.raises(WireError, match=r"address = 'Москва': only ФФД 1\.2 has it"):
        encode_request(0x20, with_address, ffd=v1_05)
    encode_request(0x20, CloseShift(Cashier("Петров")), ffd=v1_05)
    sums = Correction(Cashier("Петров"), 100, None, None, None, None, 0, date(2024, 1, 23), "б/н")
    with pytest.raises(WireError, match=r"cash = 100: only ФФД 1\.05 has it"):
        encode_request(0x20, sums, ffd=v1_2)
    opening = Correction(Cashier("Петров"), None, None, None, None, None, 0, date(2024, 1, 23), "б/н")
    data = encode_request(0x20, opening, ffd=v1_2).data
    assert data == "Петров\x1c\x1c\x1c\x1c\x1c\x1c0\x1c230124\x1cб/н\x1c".encode("cp866")
    row_of_vat = Correction(
        Cashier("Петров"), 100, None, None, None, None, 0, date(2024, 1, 23), "1", vat_20=Decimal(4)
    )
    assert encode_request(0x20, row_of_vat, ffd=v1_05).data.endswith(b"\x1c1\x1c\x1c4\x1c")
