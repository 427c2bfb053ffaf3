"""What is posted, and what a document made of it must say: two independent readings of one body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from hashlib import blake2b
from random import Random
from typing import Any, Final

RECEIPT, CORRECTION = 3, 31
OPERATIONS: Final = {"sell": 1, "sell_refund": 2, "buy": 3, "buy_refund": 4}
VAT: Final = {"vat22": 11, "vat10": 2, "vat0": 5, "none": 6}
METHODS: Final = {"full_payment": 4, "full_prepayment": 1, "prepayment": 2}
OBJECTS: Final = {"commodity": 1, "job": 3, "service": 4}
#: 1212 of a marked piece, and of the same before ФФД 1.2.
MARKED, UNMARKED = 33, 1
#: Every unit is a pair of these shoes; the serial number is made of the key. The tail is one that nobody can check.
GTIN: Final = "04600439931256"
_TAIL: Final = "\x1d91EE06\x1d92" + "A" * 44
TAXATION: Final = {"osn": 1, "usn_income": 2}
PAYMENTS: Final = {"cash": 1031, "electronic": 1081, "prepaid": 1215, "postpaid": 1216, "other": 1217}


#: What a correction of ФФД 1.05 can say: its command has no place for more.
_CORRECTED_OF_OLD: Final = (("sell", "buy"), ("vat10", "vat0", "none"))


def receipt(key: str, rng: Random) -> dict[str, Any]:
    """A receipt of one to four lines; its key is in the first line's name and in the buyer's address."""
    return _receipt(key, rng, rng.choices(list(OPERATIONS), (12, 3, 1, 1))[0], tuple(VAT))


def _receipt(key: str, rng: Random, operation: str, rates: tuple[str, ...]) -> dict[str, Any]:
    items = [
        {
            "name": f"Товар {key}" if number == 0 else f"Строка {number} {rng.randrange(1000)}",
            "price": f"{rng.randrange(1, 500_000) / 100:.2f}",
            "quantity": rng.choice(["1", "1", "2", "3", "0.354", "1.5"]),
            "vat": rng.choice(rates),
            "payment_method": rng.choice(list(METHODS)),
            "payment_object": rng.choice(list(OBJECTS)),
        }
        for number in range(rng.choice((1, 1, 2, 4)))
    ]
    if rng.random() < 0.3:
        items += [_unit(key, number, rng.choice(rates)) for number in range(rng.choice((1, 1, 3)))]
    return {
        "id": key,
        "operation": operation,
        "taxation": rng.choice(list(TAXATION)),
        "customer": {"email": address(key)},
        "items": items,
        "payments": _payments(sum(map(_line_sum, items)), operation, rng),
    }


def _unit(key: str, number: int, rate: str) -> dict[str, Any]:
    return {
        "name": f"Обувь {number}",
        "price": "4990.00",
        "quantity": "1",
        "vat": rate,
        "payment_method": "full_payment",
        "payment_object": "commodity_with_marking",
        "marking": {"code": f"01{GTIN}21{serial(key, number)}{_TAIL}"},
    }


def serial(key: str, number: int) -> str:
    """Thirteen characters that no other line of a run has."""
    return blake2b(f"{key}/{number}".encode(), digest_size=6).hexdigest() + str(number)


def _payments(total: int, operation: str, rng: Random) -> list[dict[str, str]]:
    # What leaves the drawer might not be in it: such receipts are paid by card.
    kinds = ["cash", "electronic", "prepaid", "other"] if operation == "sell" else ["electronic", "prepaid"]
    first = rng.choice(kinds)
    if total < 2 or rng.random() < 0.6:
        return [{"type": first, "sum": _text(total)}]
    second = rng.choice([kind for kind in kinds if kind != first])
    part = rng.randrange(1, total)
    return [{"type": first, "sum": _text(part)}, {"type": second, "sum": _text(total - part)}]


def correction(key: str, rng: Random, ffd: str) -> dict[str, Any]:
    operations, rates = _CORRECTED_OF_OLD if ffd == "1.05" else (tuple(OPERATIONS), tuple(VAT))
    body = _receipt(key, rng, rng.choice(operations), rates)
    total = sum(map(_line_sum, body["items"]))
    return body | {
        "operation": f"{body['operation']}_correction",
        "correction": {"kind": "self", "date": f"2026-0{rng.randrange(1, 10)}-1{rng.randrange(10)}", "number": key},
        "payments": [{"type": "electronic", "sum": _text(total)}],
    }


def address(key: str) -> str:
    return f"{key}@example.ru"


def _text(kopecks: int) -> str:
    return f"{kopecks // 100}.{kopecks % 100:02d}"


def kopecks(text: str) -> int:
    return int(Decimal(text) * 100)


def _line_sum(item: Mapping[str, Any]) -> int:
    exact = Decimal(item["price"]) * 100 * Decimal(item["quantity"])
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def cash(body: Mapping[str, Any]) -> int:
    """Kopecks by which a receipt changes the drawer (only sales are paid in cash here)."""
    return sum(kopecks(one["sum"]) for one in body["payments"] if one["type"] == "cash")


def key_of(document: Mapping[str, Any]) -> str | None:
    """The key of the receipt or correction that a document was made for; None for what nobody posted."""
    tags = _flat(document["tags"])
    basis = tags.get(1174)
    if basis is not None and (number := _flat(basis).get(1179)):
        return str(number)
    buyer = tags.get(1008)
    return str(buyer).partition("@")[0] if buyer else None


def differences(body: Mapping[str, Any], document: Mapping[str, Any], ffd: str) -> list[str]:
    """What the document says otherwise than the body; [] when it is as posted."""
    tags = _flat(document["tags"])
    wanted: dict[int, Any] = {
        1054: OPERATIONS[body["operation"].removesuffix("_correction")],
        1055: TAXATION[body["taxation"]],
        1020: sum(map(_line_sum, body["items"])),
        **dict.fromkeys(PAYMENTS.values(), 0),
    }
    for one in body["payments"]:
        wanted[PAYMENTS[one["type"]]] += kopecks(one["sum"])
    corrected = "correction" in body
    found = [
        f"{tag}: {tags.get(tag)!r} instead of {value!r}" for tag, value in wanted.items() if tags.get(tag) != value
    ]
    if document["code"] != (CORRECTION if corrected else RECEIPT):
        found.append(f"document {document['code']}")
    if corrected and ffd == "1.05":
        return found  # a correction of that time has no lines
    if tags.get(1008) != body["customer"]["email"]:
        found.append(f"1008: {tags.get(1008)!r}")
    lines = [_flat(tag["children"]) for tag in document["tags"] if tag["tag"] == 1059]
    posted = [
        {
            1030: item["name"],
            1079: kopecks(item["price"]),
            1023: Decimal(item["quantity"]),
            1043: _line_sum(item),
            1199: VAT[item["vat"]],
            1214: METHODS[item["payment_method"]],
            1212: OBJECTS.get(item["payment_object"], MARKED if ffd == "1.2" else UNMARKED),
            **_marks(item, ffd),
        }
        for item in body["items"]
    ]
    if len(lines) != len(posted):
        found.append(f"{len(lines)} lines instead of {len(posted)}")
    for number, (line, item) in enumerate(zip(lines, posted, strict=False)):
        line = line | {1023: Decimal(line.get(1023, 0))}
        if 1163 in line:
            ((line[1163],),) = ((one["value"] for one in line[1163]),)
        found += [f"line {number} {tag}: {line.get(tag)!r}" for tag, value in item.items() if line.get(tag) != value]
    return found


def tags_of(differences: Iterable[str]) -> set[int]:
    """Tags of the document's first level that `differences` names; 0 for what no tag says."""
    words = (one.partition(":")[0] for one in differences)
    return {int(word) if word.isdigit() else 1059 if "line" in word else 0 for word in words}


def _marks(item: Mapping[str, Any], ffd: str) -> dict[int, Any]:
    """What a line says of its code: the emulated register asks a marking system of its own, which likes them all."""
    code = item.get("marking", {}).get("code")
    if code is None:
        return {1162: None, 1163: None, 2106: None}
    cis = code.partition("\x1d")[0]
    if ffd == "1.2":
        return {1162: None, 1163: cis, 2102: 0, 2106: 15, 2108: 0}
    return {1162: f"444d{int(cis[2:16]):012x}{cis[18:].encode().hex()}", 1163: None, 2106: None}


def _flat(tags: list[dict[str, Any]]) -> dict[int, Any]:
    return {tag["tag"]: tag.get("value", tag.get("children")) for tag in tags}
