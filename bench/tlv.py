"""What the TLV codec costs: one ФФД 1.05 receipt of 60 tags, beside a hand-written struct codec of it.

Run: `.venv/bin/python bench/tlv.py [--yandex PATH_OF_A_CHECKOUT_OF_YANDEX_OFD]`. All codecs take turns in every round,
so that a busy machine slows them alike; figures are medians, microseconds per receipt. yandex/ofd is read from the
given checkout, in memory with the one rename that Python 3.9 made necessary; it does not build the same bytes (its VLN
are always 6 or 8 bytes), and it yields dicts of floats.
"""

from __future__ import annotations

import argparse
import json
import struct
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from time import perf_counter
from types import ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from protocols.ffd.numbers import T
from protocols.ffd.tlv import Element, decode, encode

ROUNDS = 300
PER_ROUND = 20


def item(name: str, price: int, quantity: str, total: int, vat: int) -> Element:
    return Element(
        T.ITEM,
        (
            Element(T.ITEM_NAME, name),
            Element(T.UNIT_PRICE, price),
            Element(T.QUANTITY, Decimal(quantity)),
            Element(T.ITEM_SUM, total),
            Element(T.VAT_RATE, 1),
            Element(T.ITEM_VAT_SUM, vat),
            Element(T.ITEM_TYPE, 1),
            Element(T.PAYMENT_METHOD, 4),
        ),
    )


RECEIPT = (
    Element(
        T.RECEIPT,
        (
            Element(T.FN_NUMBER, "9999078902006495"),
            Element(T.KKT_REGISTRATION_NUMBER, "0000000001045782"),
            Element(T.USER_INN, "4705021744"),
            Element(T.FD_NUMBER, 3342),
            Element(T.DATE_TIME, datetime(2020, 9, 8, 12, 33)),  # noqa: DTZ001
            Element(T.FISCAL_SIGN, bytes.fromhex("31041f7d0f58")),
            Element(T.SHIFT_NUMBER, 7),
            Element(T.RECEIPT_NUMBER_IN_SHIFT, 196),
            Element(T.SETTLEMENT_SIGN, 1),
            Element(T.TOTAL_SUM, 811200),
            item("Ботинки мужские зимние, кожа, размер 43", 499000, "1", 499000, 83167),
            item("Сыр Российский весовой", 68900, "2.192", 151029, 25172),
            item("Шнурки плоские 120 см, пара", 15000, "3.000", 45000, 7500),
            item("Крем для обуви бесцветный, 75 мл", 38724, "3", 116171, 19362),
            Element(T.TAX_SYSTEM, 1),
            Element(T.CASH_SUM, 300000),
            Element(T.ELECTRONIC_SUM, 511200),
            Element(T.PREPAID_SUM, 0),
            Element(T.CREDIT_SUM, 0),
            Element(T.PROVISION_SUM, 0),
            Element(T.CASHIER, "Иванова Анна Андреевна"),
            Element(T.BUYER_CONTACT, "buyer@example.ru"),
            Element(T.SETTLEMENT_ADDRESS, "195253, г. Санкт-Петербург, шоссе Революции, д. 58"),
            Element(T.SETTLEMENT_PLACE, "Магазин «Обувь»".replace("«", '"').replace("»", '"')),
            Element(T.FNS_SITE, "www.nalog.gov.ru"),
            Element(T.SENDER_EMAIL, "shop@example.ru"),
            Element(T.VAT20_SUM, 135201),
            Element(T.FFD_VERSION, 2),
        ),
    ),
)

# --- the hand-written reference: no table, no fallback, no limits, tuples instead of objects ---
U8, U32, HEADER = struct.Struct("B"), struct.Struct("<I"), struct.Struct("<HH")
EPOCH, SECOND = datetime(1970, 1, 1), timedelta(seconds=1)  # noqa: DTZ001
BYTES_8 = {T.SETTLEMENT_SIGN, T.TAX_SYSTEM, T.VAT_RATE, T.ITEM_TYPE, T.PAYMENT_METHOD, T.FFD_VERSION}
WORDS_32 = {T.FD_NUMBER, T.SHIFT_NUMBER, T.RECEIPT_NUMBER_IN_SHIFT}
SUMS = {T.TOTAL_SUM, T.UNIT_PRICE, T.ITEM_SUM, T.ITEM_VAT_SUM, T.CASH_SUM, T.ELECTRONIC_SUM, T.PREPAID_SUM}
SUMS |= {T.CREDIT_SUM, T.PROVISION_SUM, T.VAT20_SUM}
PADDED = {T.FN_NUMBER: 16, T.KKT_REGISTRATION_NUMBER: 20, T.USER_INN: 12}
Pairs = list[tuple[int, Any]]


def _load_date(raw: bytes) -> datetime:
    return EPOCH + timedelta(seconds=U32.unpack(raw)[0])


def _load_sum(raw: bytes) -> int:
    return int.from_bytes(raw, "little")


def _load_quantity(raw: bytes) -> Decimal:
    return Decimal(int.from_bytes(raw[1:], "little")).scaleb(-raw[0])


def _save_sum(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8 or 1, "little")


def _save_quantity(value: Decimal) -> bytes:
    places = -value.as_tuple().exponent
    return U8.pack(places) + _save_sum(int(value.scaleb(places)))


LOAD: dict[int, Callable[[bytes], Any]] = dict.fromkeys(BYTES_8, lambda raw: U8.unpack(raw)[0])
LOAD |= dict.fromkeys(WORDS_32, lambda raw: U32.unpack(raw)[0])
LOAD |= dict.fromkeys(SUMS, _load_sum)
LOAD |= dict.fromkeys(PADDED, lambda raw: raw.decode("cp866").rstrip(" "))
LOAD |= {T.DATE_TIME: _load_date, T.QUANTITY: _load_quantity, T.FISCAL_SIGN: bytes}
SAVE: dict[int, Callable[[Any], bytes]] = dict.fromkeys(BYTES_8, U8.pack)
SAVE |= dict.fromkeys(WORDS_32, U32.pack)
SAVE |= dict.fromkeys(SUMS, _save_sum)
SAVE |= {tag: lambda value, size=size: value.ljust(size).encode("cp866") for tag, size in PADDED.items()}
SAVE |= {
    T.DATE_TIME: lambda value: U32.pack((value - EPOCH) // SECOND),
    T.QUANTITY: _save_quantity,
    T.FISCAL_SIGN: bytes,
}
LOAD, SAVE = {int(tag): f for tag, f in LOAD.items()}, {int(tag): f for tag, f in SAVE.items()}
TREES = {3, 1059}


def struct_decode(data: bytes) -> Pairs:
    at, found = 0, []
    while at < len(data):
        tag, length = HEADER.unpack_from(data, at)
        raw = data[at + 4 : at + 4 + length]
        if tag in TREES:
            found.append((tag, struct_decode(raw)))
        elif tag in LOAD:
            found.append((tag, LOAD[tag](raw)))
        else:
            found.append((tag, raw.decode("cp866")))
        at += 4 + length
    return found


def struct_encode(pairs: Pairs) -> bytes:
    out = bytearray()
    for tag, value in pairs:
        if tag in TREES:
            raw = struct_encode(value)
        elif tag in SAVE:
            raw = SAVE[tag](value)
        else:
            raw = value.encode("cp866")
        out += HEADER.pack(tag, len(raw)) + raw
    return bytes(out)


def pairs_of(elements: tuple[Element, ...]) -> Pairs:
    return [(e.tag, pairs_of(e.value) if isinstance(e.value, tuple) else e.value) for e in elements]


def count(elements: tuple[Element, ...]) -> int:
    return sum(1 + (count(e.value) if isinstance(e.value, tuple) else 0) for e in elements)


def load_yandex(checkout: Path) -> ModuleType:
    """Its protocol module; the checksum package it imports is not used by packing and is replaced by an empty one."""
    for name in ("crcmod", "crcmod.predefined"):
        sys.modules.setdefault(name, ModuleType(name))
    source = (checkout / "ofd" / "protocol.py").read_text(encoding="utf-8").replace(".tostring()", ".tobytes()")
    module = ModuleType("yandex_ofd_protocol")
    exec(compile(source, "yandex/ofd protocol.py", "exec"), module.__dict__)
    return module


def measure(jobs: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Median microseconds of each job; in every round each job runs a batch."""
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(ROUNDS):
        for name, job in jobs.items():
            start = perf_counter()
            for _ in range(PER_ROUND):
                job()
            taken[name].append((perf_counter() - start) / PER_ROUND * 1e6)
    return {name: median(times) for name, times in taken.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--yandex", type=Path, help="checkout of yandex/ofd to measure beside")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    data, pairs = encode(RECEIPT), pairs_of(RECEIPT)
    if not (decode(data) == RECEIPT and struct_encode(pairs) == data and struct_decode(data) == pairs):
        sys.exit("the codecs disagree; nothing to compare")
    jobs: dict[str, Callable[[], Any]] = {
        "decode": lambda: decode(data),
        "decode_struct": lambda: struct_decode(data),
        "encode": lambda: encode(RECEIPT),
        "encode_struct": lambda: struct_encode(pairs),
    }
    if options.yandex:
        theirs = load_yandex(options.yandex)
        document = theirs.DOCUMENTS[3].unpack(data[4:])
        jobs["decode_yandex"] = lambda: theirs.DOCUMENTS[3].unpack(data[4:])
        jobs["encode_yandex"] = lambda: theirs.pack_json({"receipt": document}, docs=theirs.DOCS_BY_NAME)
    us = measure(jobs)
    figures: dict[str, float] = {"tags": count(RECEIPT) - 1, "bytes": len(data)} | us
    for way in ("decode", "encode"):
        figures[f"{way}_to_struct"] = us[way] / us[f"{way}_struct"]
        if options.yandex:
            figures[f"{way}_to_yandex"] = us[way] / us[f"{way}_yandex"]
    if options.json:
        print(json.dumps({name: round(value, 3) for name, value in figures.items()}))
        return
    print(f"one receipt of {figures['tags']} tags, {figures['bytes']} bytes; medians of {ROUNDS} rounds")
    for way in ("decode", "encode"):
        line = (
            f"{way}: {us[way]:7.1f} µs   struct {us[way + '_struct']:6.1f} µs   ratio {figures[way + '_to_struct']:.2f}"
        )
        if options.yandex:
            line += f"   yandex/ofd {us[way + '_yandex']:6.1f} µs   ratio {figures[way + '_to_yandex']:.2f}"
        print(line)


if __name__ == "__main__":
    main()
