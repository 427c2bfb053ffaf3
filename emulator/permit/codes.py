"""What the services of permit mode say of one code, made of the code itself, the book and a tester's own fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from emulator.marking.book import CodeFacts
from emulator.marking.keys import genuine
from emulator.marking.reading import bare, marked
from protocols.marking import Code, Kind, groups

#: Elements of the cryptographic tail; what stands before them (a block's price) stays in `cis`.
_TAIL: Final = frozenset({"91", "92", "93"})
#: Characters of a pack without its check code.
_PACK: Final = 25
#: Values of `errorCode`.
NOT_VALID, NOT_FOUND, WRONG_TAIL, NOT_SIGNED = 1, 10, 5, 6


def read(text: str) -> Code | None:
    """The code behind what a till sent; None for what is no marking code."""
    try:
        return marked(text.encode("latin-1"))
    except UnicodeEncodeError:
        return None


def online(text: str, code: Code | None, facts: CodeFacts, own: Mapping[str, Any], inn: str) -> dict[str, Any]:
    """An entry of `codes`, as the True API answers it; `own` fields win, those that are null are left out."""
    if code is None:
        return _with({"cis": text, "valid": False, "errorCode": NOT_VALID, "message": "Ошибка валидации КМ"}, own)
    verified = facts.found and facts.verified and not bare(code) and genuine(code.raw) is not False
    sold = facts.sold
    entry: dict[str, Any] = {
        "cis": shown(code),
        "valid": True,
        "printView": code.cis,
        "gtin": facts.gtin or code.gtin or "",
        "groupIds": _groups(code, facts),
        "verified": verified,
        "found": facts.found,
        "realizable": facts.found and facts.realizable,
        "utilised": facts.found and facts.utilised,
        "isBlocked": facts.blocked,
        "ogvs": ["RPN"] if facts.blocked else [],
        "isOwner": facts.owned_by(inn),
        "errorCode": 0 if verified else NOT_FOUND if not facts.found else WRONG_TAIL if bare(code) else NOT_SIGNED,
        "isTracking": False,
        "sold": sold,
        "packageType": "GROUP" if code.value("8005") else "UNIT",
        "producerInn": "",
    }
    if code.kind in {Kind.TOBACCO29, Kind.TOBACCO25} or code.value("8005"):
        entry["grayZone"] = facts.grey
    if entry["packageType"] == "GROUP":
        entry["packageQuantity"] = 10
    if facts.expires is not None:
        entry["expireDate"] = facts.expires.isoformat(timespec="milliseconds")
    mrp = code.mrp if facts.mrp is None else facts.mrp
    entry |= {name: value for name, value in (("mrp", mrp), ("smp", facts.smp)) if value is not None}
    if not facts.found:
        entry["message"] = "КМ не найден в ГИС МТ"
    return _with(entry, own)


def offline(text: str, code: Code | None, facts: CodeFacts, own: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of a black list: it knows what is blocked, and of everything else it says false."""
    gtin = "" if code is None else code.gtin or ""
    entry = {
        "cis": text,
        "found": False,
        "valid": False,
        "printView": text,
        "gtin": gtin,
        "groupIds": [],
        "verified": False,
        "realizable": False,
        "utilised": False,
        "isBlocked": facts.blocked,
        "isGreyGtin": facts.grey,
        "ogvs": [],
    }
    return _with(entry, {name: value for name, value in own.items() if name in {"isBlocked", "isGreyGtin", "sold"}})


def shown(code: Code) -> str:
    """`cis` of an online answer: the code as far as its cryptographic tail."""
    if code.kind in {Kind.TOBACCO29, Kind.TOBACCO25}:
        return code.text[:_PACK]
    kept = [f"\x1d{ai}{value}" for ai, value in code.elements if ai == "8005"]
    return code.cis + "".join(kept)


def _groups(code: Code, facts: CodeFacts) -> list[int]:
    if facts.groups is not None:
        return [*facts.groups]
    return [guess.id for guess in groups(code)][:1]


def _with(entry: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**entry, **own}.items() if value is not None}
