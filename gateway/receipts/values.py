"""The annotated types of the schema: each one is a validator, a canonical spelling and its JSON Schema."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from gateway.receipts.money import kopecks, quantity
from gateway.receipts.text import text
from protocols.ffd import checks
from protocols.ffd.arithmetic import rubles
from protocols.ffd.limits import FRACTION, PAPER_LINE, largest, longest
from protocols.ffd.numbers import T
from protocols.marking import LONGEST_INPUT, Code, CodeError, Kind, parse
from protocols.marking.gs1 import check_digit_fits
from protocols.marking.notices import refusal

_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})").fullmatch
_RUSSIAN_DATE = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})").fullmatch
_EMAIL_TEXT = text(longest(T.BUYER_CONTACT))
_KEY = re.compile(r"[A-Za-z0-9._:-]{1,128}").fullmatch
_NAME = re.compile(r"[A-Za-z0-9._:-]{1,64}").fullmatch
_DIGITS = re.compile(r"[0-9]+").fullmatch


def _string(value: object) -> str:
    if type(value) is not str:
        raise PydanticCustomError("wrong_type", "a JSON string is expected")
    return value


def _flag(value: object) -> bool:
    if type(value) is not bool:
        raise PydanticCustomError("wrong_type", "true or false is expected")
    return value


def _inn(value: object) -> str:
    return _checked(_string(value), "inn_invalid", checks.inn_fault)


def _buyer_inn(value: object) -> str:
    # ffd_documents.md 6: 1226 and 1228 may say "no Russian INN" with twelve zeros
    return _checked(_string(value), "inn_invalid", lambda inn: checks.inn_fault(inn, may_be_absent=True))


def _checked(value: str, code: str, fault_of: Callable[[str], str | None]) -> str:
    fault = fault_of(value)
    if fault is not None:
        raise PydanticCustomError(code, "{fault}", {"fault": fault})
    return value


def as_date(value: object) -> date:
    """A date as 2026-01-31 or 31.01.2026; PydanticCustomError otherwise."""
    given = _string(value)
    try:
        if match := _ISO_DATE(given):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _RUSSIAN_DATE(given):
            return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        pass
    raise PydanticCustomError("date_format", "a date is written 2026-01-31")


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(_string(value))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise PydanticCustomError("date_format", "a moment is written 2026-01-31T12:00:00+03:00, with its zone")
    return moment


def _email(value: object) -> str:
    return _checked(_EMAIL_TEXT(value), "email_format", checks.email_fault)


def _phone(value: object) -> str:
    return _checked(_string(value), "phone_format", checks.phone_fault)


def _key(value: object) -> str:
    if _KEY(_string(value)) is None:
        raise PydanticCustomError("key_format", "1 to 128 characters of A-Z a-z 0-9 . _ : -")
    return str(value)


def _name(value: object) -> str:
    if _NAME(_string(value)) is None:
        raise PydanticCustomError("name_format", "1 to 64 characters of A-Z a-z 0-9 . _ : -")
    return str(value)


def _digits(length: int, *, exact: bool = True) -> Any:
    def check(value: object) -> str:
        given = _string(value)
        if _DIGITS(given) is None or len(given) > length or (exact and len(given) != length):
            raise PydanticCustomError("digits_format", "{length} digits are expected", {"length": length})
        return given

    return check


#: Ten digits, as it is printed.
MAX_SIGN: Final = 10**10 - 1


def _sign(value: object) -> str:
    """The digits; of a number, all ten that are printed."""
    given = f"{value:010}" if type(value) is int and 0 <= value <= MAX_SIGN else value
    told: str = _digits(10, exact=False)(given)
    return told


def _whole(low: int, high: int) -> Any:
    def check(value: object) -> int:
        if type(value) is not int:
            raise PydanticCustomError("wrong_type", "a whole number is expected")
        if not low <= value <= high:
            raise PydanticCustomError("out_of_range", "{low} to {high} is expected", {"low": low, "high": high})
        return value

    return check


class _Text(str):
    """The code that will be sold; `came` is what the caller sent, which the normal form keeps."""

    __slots__ = ("came",)
    came: str


class _Bytes(bytes):
    came: bytes


def _marking_text(value: object) -> str:
    given = _string(value)
    code = _understood(given).text
    if code == given:
        return given
    mended = _Text(code)
    mended.came = given
    return mended


def _readable_text(value: object) -> str:
    given = _string(value)
    _understood(given)
    return given


def _packed(value: object) -> bytes:
    try:
        return base64.b64decode(_string(value), validate=True)
    except ValueError as error:
        raise PydanticCustomError("base64_format", "not Base64") from error


def _marking_bytes(value: object) -> bytes:
    given = _packed(value)
    code = _understood(given).raw
    if code == given:
        return given
    mended = _Bytes(code)
    mended.came = given
    return mended


def marking_code(given: str | bytes) -> Code:
    """The code, mended where that is provable; CodeError for a pallet's label besides what `parse` refuses."""
    code = parse(given)
    if code.kind is Kind.TRANSPORT:
        raise refusal("marking_code_not_sold")
    return code


def _understood(given: str | bytes) -> Code:
    try:
        return marking_code(given)
    except CodeError as fault:
        raise PydanticCustomError(fault.code, "{detail}", {"detail": fault.detail, "hint": fault.hint}) from fault


def _gtin(value: object) -> str:
    given = _string(value)
    if len(given) not in {8, 12, 13, 14} or not check_digit_fits(given):
        raise PydanticCustomError("gtin_invalid", "a GTIN has 8, 12, 13 or 14 digits, the last one checks the others")
    return given.zfill(14)


def _text_as_it_came(code: str) -> str:
    return code.came if isinstance(code, _Text) else code


def _base64(code: bytes) -> str:
    return base64.b64encode(code.came if isinstance(code, _Bytes) else code).decode("ascii")


def _quantity_text(number: Decimal) -> str:
    return format(number, "f")


class Checked:
    """Annotation: `check` makes the value or raises, `spell` writes it into the normal form, `schema` documents it.

    pydantic's own PlainValidator would put a Python call into the serialisation of every field.
    """

    def __init__(
        self, check: Callable[[object], Any], schema: dict[str, Any], spell: Callable[[Any], str] | None = None
    ) -> None:
        self.check = check
        self.schema = schema
        self.spell = spell

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        spelled = None
        if self.spell is not None:
            spelled = core_schema.plain_serializer_function_ser_schema(
                self.spell, return_schema=core_schema.str_schema()
            )
        return core_schema.no_info_plain_validator_function(self.check, serialization=spelled)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(self.schema)


def printed(limit: int, *, blank: bool = False) -> Checked:
    """A text of 1 (or 0) to `limit` characters."""
    schema: dict[str, Any] = {"type": "string", "maxLength": limit}
    return Checked(text(limit, blank=blank), schema if blank else {"minLength": 1, **schema})


def _pattern(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": pattern}


def whole(low: int, high: int) -> Checked:
    """An integer within bounds."""
    return Checked(_whole(low, high), {"type": "integer", "minimum": low, "maximum": high})


def text_of(tag: int) -> Checked:
    """A text as long as the tag holds."""
    return printed(longest(tag))


def digits_of(tag: int, *, exact: bool = True) -> Checked:
    """As many digits as the tag holds, or fewer where not `exact`."""
    length = longest(tag)
    return Checked(_digits(length, exact=exact), _pattern(rf"^\d{{{length if exact else f'1,{length}'}}}$"))


_MONEY_SCHEMA: dict[str, Any] = {
    "description": "rubles: a decimal string (preferred) or a number, two decimal places at most",
    "examples": ["1350.49"],
    "anyOf": [{"type": "string", "pattern": r"^\d+(\.\d+)?$"}, {"type": "number", "minimum": 0}],
}
_QUANTITY_SCHEMA: dict[str, Any] = {
    "description": "greater than zero, six decimal places at most",
    "examples": ["1", "0.396"],
    "anyOf": [{"type": "string", "pattern": r"^\d+(\.\d+)?$"}, {"type": "number", "exclusiveMinimum": 0}],
}

Money = Annotated[int, Checked(kopecks, _MONEY_SCHEMA, rubles)]
Quantity = Annotated[Decimal, Checked(quantity, _QUANTITY_SCHEMA, _quantity_text)]
Flag = Annotated[bool, Checked(_flag, {"type": "boolean"})]
Key = Annotated[str, Checked(_key, _pattern(r"^[A-Za-z0-9._:-]{1,128}$"))]
Name = Annotated[str, Checked(_name, _pattern(r"^[A-Za-z0-9._:-]{1,64}$"))]
Inn = Annotated[str, Checked(_inn, _pattern(r"^(\d{10}|\d{12})$"))]
BuyerInn = Annotated[str, Checked(_buyer_inn, _pattern(r"^(\d{10}|\d{12})$"))]
Email = Annotated[str, Checked(_email, {"type": "string", "format": "email", "maxLength": longest(T.BUYER_CONTACT)})]
_PHONE_SCHEMA: dict[str, Any] = {"type": "string", "maxLength": longest(T.SUPPLIER_PHONE), "examples": ["+79991234567"]}
Phone = Annotated[str, Checked(_phone, _PHONE_SCHEMA)]
Date = Annotated[date, Checked(as_date, {"type": "string", "format": "date"})]
Moment = Annotated[datetime, Checked(_moment, {"type": "string", "format": "date-time"})]
CountryCode = Annotated[str, digits_of(T.ORIGIN_COUNTRY_CODE, exact=False)]
BodyId = Annotated[str, digits_of(T.FOIV_ID)]
DocumentKind = Annotated[str, digits_of(T.BUYER_ID_DOC_CODE)]
DriveNumber = Annotated[str, digits_of(T.FN_NUMBER)]
_SIGN_SCHEMA: dict[str, Any] = {
    "description": "ФП: its digits as printed, or the number as this API writes it",
    "examples": ["0123456789", 123456789],
    "anyOf": [{"type": "string", "pattern": r"^\d{1,10}$"}, {"type": "integer", "minimum": 0, "maximum": MAX_SIGN}],
}
SignDigits = Annotated[str, Checked(_sign, _SIGN_SCHEMA)]
Gtin = Annotated[str, Checked(_gtin, _pattern(r"^\d{8,14}$"))]
Byte = Annotated[int, whole(0, largest(T.OPERATION_ID))]
Minutes = Annotated[int, whole(0, 480)]
DocumentNumber = Annotated[int, whole(1, largest(T.FD_NUMBER))]
Fraction = Annotated[int, whole(*FRACTION)]
_MARKING_SCHEMA: dict[str, Any] = {
    "type": "string",
    "minLength": 1,
    "maxLength": LONGEST_INPUT,
    "description": "as the scanner read it, GS is U+001D; what provably damaged it is undone, with a warning",
}
MarkingText = Annotated[str, Checked(_marking_text, _MARKING_SCHEMA, _text_as_it_came)]
#: As it came, but understood: what an order keeps. Its receipt mends it, as one posted directly, and warns of it.
ReadableText = Annotated[str, Checked(_readable_text, _MARKING_SCHEMA)]
_PACKED_SCHEMA: dict[str, Any] = {"type": "string", "contentEncoding": "base64"}
MarkingBytes = Annotated[bytes, Checked(_marking_bytes, _PACKED_SCHEMA, _base64)]
#: As they came: what is wrong with one is told beside the others, by `marking_code`.
ScannedText = Annotated[str, Checked(_string, _MARKING_SCHEMA)]
ScannedBytes = Annotated[bytes, Checked(_packed, _PACKED_SCHEMA)]
PaperLine = Annotated[str, printed(PAPER_LINE, blank=True)]
Text64 = Annotated[str, printed(64)]
Text128 = Annotated[str, printed(128)]
Text256 = Annotated[str, printed(256)]
