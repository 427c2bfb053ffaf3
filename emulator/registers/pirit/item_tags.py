"""Tags that commands bring beside those they are made for: 24 (of the next item), 57 and 31 (of the document)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from emulator.registers.pirit.core import Core, PiritDraft
from protocols.ffd.enums import FfdVersion
from protocols.ffd.tlv import Element
from protocols.marking import Kind, product_code, read
from protocols.pirit import extended
from protocols.pirit.commands.receipts import CloseDocument, DocumentTag, ItemDetails

#: Before a code of ФФД 1.2 that nobody checked.
_UNCHECKED: Final = b"@"
_ADDITIONAL: Final = 1192
INDUSTRY: Final = (1262, 1263, 1264, 1265)
OPERATION: Final = (1271, 1272, 1273)
PARTS: Final = frozenset((*INDUSTRY, *OPERATION))
_AGENT_TAGS: Final = frozenset({1005, 1016, 1026, 1044, 1057, 1073, 1074, 1075, 1171})
_TAGS_OF: Final[Mapping[FfdVersion, frozenset[int]]] = {
    FfdVersion.V1_05: _AGENT_TAGS | {_ADDITIONAL},
    FfdVersion.V1_2: PARTS | {_ADDITIONAL},
}


def details(core: Core, request: ItemDetails) -> tuple[list[Element], bytes | None, bool]:
    """Tags of the next item, its unchecked code, and whether that code is one that the register knows."""
    found: list[Element] = []
    code: bytes | None = None
    known = True
    if request.code:
        if core.ffd is FfdVersion.V1_2:
            if not request.code.startswith(_UNCHECKED):
                raise core.bad(81)
            read_code = read(request.code[1:])
            found.append(product_code(read_code))
        else:
            code = request.code
            read_code = read(code)
        known = read_code.kind is not Kind.UNKNOWN
    found += _agency(core, request)
    if request.additional:
        found.append(Element(1191, request.additional))
    if core.ffd is FfdVersion.V1_2:
        found += _industry(request)
    return list(core.fitting(found)), code, known


def _agency(core: Core, request: ItemDetails) -> Iterator[Element]:
    texts = {
        1005: request.operator_address,
        1016: request.operator_inn,
        1026: request.operator_name,
        1044: request.agent_operation,
    }
    numbers = {1073: request.agent_phones, 1074: request.receiver_phones, 1075: request.operator_phones}
    agent = (
        *(Element(tag, text) for tag, text in texts.items() if text),
        *(each for tag, phones in numbers.items() for each in _phones(tag, phones)),
    )
    supplier = (
        *_phones(1171, request.supplier_phones),
        *((Element(1225, request.supplier_name),) if request.supplier_name else ()),
    )
    if request.agent is None and (agent or supplier or request.supplier_inn):
        raise core.bad(79)
    if request.agent:
        yield Element(1222, request.agent)
    if agent:
        yield Element(1223, agent)
    if supplier:
        yield Element(1224, supplier)
    if request.supplier_inn:
        yield Element(1226, request.supplier_inn)


def _phones(tag: int, phones: str) -> Iterator[Element]:
    return (Element(tag, phone) for phone in phones.split(",") if phone)


def _industry(request: ItemDetails) -> list[Element]:
    parts = (
        (1262, request.federal_id),
        (1263, f"{request.base_date:%d.%m.%Y}" if request.base_date else ""),
        (1264, request.base_number),
        (1265, request.industry),
    )
    found = tuple(Element(tag, text) for tag, text in parts if text)
    return [Element(1260, found)] if found else []


def document_tag(core: Core, request: DocumentTag) -> Element:
    """The tag of a 57. Refusal 03 for one that this ФФД does not take, or a value that it cannot have."""
    tag, value = request.tag, request.value
    if tag not in _TAGS_OF[core.ffd] or not value:
        raise core.bad(71 if tag == _ADDITIONAL else extended.NONE)
    if tag == _ADDITIONAL and not request.caption:
        raise core.bad(71)
    try:
        element = Element(tag, _value(tag, value))
    except ValueError:
        raise core.bad(extended.NONE) from None
    return core.fitting((element,), 71 if tag == _ADDITIONAL else extended.NONE)[0]


def _value(tag: int, value: str) -> str | int | datetime:
    match tag:
        case 1057 | 1271:
            return int(value.lstrip("#"))
        case 1263:
            return f"{datetime.strptime(value, '%d%m%Y'):%d.%m.%Y}"  # noqa: DTZ007 — wall clock
        case 1273:
            return datetime.strptime(value, "%d%m%y%H%M" if len(value) > 6 else "%d%m%y")  # noqa: DTZ007
    return value


def assembled(draft: PiritDraft) -> list[Element]:
    """1261 and 1270 of the parts that 57 brought."""
    found = []
    for tag, parts in ((1261, INDUSTRY), (1270, OPERATION)):
        inner = tuple(draft.parts[part] for part in parts if part in draft.parts)
        if inner:
            found.append(Element(tag, inner))
    return found


def of_closing(core: Core, request: CloseDocument) -> list[Element]:
    """Tags that 31 brings. Citizenship 0 is none: the vendor's own client sends it with every receipt."""
    found = [
        Element(tag, text)
        for tag, text in (
            (1008, request.buyer),
            (1187, request.place),
            (1117, request.sender),
            (1036, request.automat),
        )
        if text
    ]
    if request.user_name or request.user_value:
        found.append(Element(1084, (Element(1085, request.user_name), Element(1086, request.user_value))))
    core.fitting(found)
    return found + list(buyer(core, request))


def buyer(core: Core, request: CloseDocument) -> tuple[Element, ...]:
    """1227 and 1228, in ФФД 1.2 inside 1256 with what else is known of the buyer."""
    known = [(1227, request.buyer_name), (1228, request.buyer_inn)]
    if core.ffd is FfdVersion.V1_2:
        born = request.buyer_birthday
        citizenship = request.buyer_citizenship
        known += [
            (1243, f"{born:%d.%m.%Y}" if born else ""),
            (1244, "" if citizenship.strip("0") == "" else citizenship),
            (1245, request.buyer_document_code),
            (1246, request.buyer_document),
            (1254, request.buyer_address),
        ]
    found = tuple(Element(tag, text) for tag, text in known if text)
    if core.ffd is FfdVersion.V1_2 and found:
        found = (Element(1256, found),)
    return core.fitting(found, 86)
