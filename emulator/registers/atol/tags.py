"""Tags that a host writes by E8h and reads by E9h: where each belongs, in blocks."""

from __future__ import annotations

from typing import Final

from emulator.fiscal_drive.rules import DRIVE_TAGS
from emulator.registers.atol.core import AtolDraft, Core, Handlers
from emulator.registers.draft import put
from emulator.registers.refusals import Refusal
from protocols.atol import errors
from protocols.atol.commands import Empty
from protocols.atol.commands.receipts import MAX_BLOCK, ReadTag, ReadTagReply, WriteTag
from protocols.ffd.enums import DocumentCode
from protocols.ffd.tags import TAGS, presence
from protocols.ffd.tlv import Element, TlvError, decode, encode, find
from protocols.ffd.values import PaddedStr

_ITEM: Final = 1059
_DOCUMENTS: Final = (
    DocumentCode.RECEIPT,
    DocumentCode.CORRECTION,
    DocumentCode.SHIFT_OPEN,
    DocumentCode.SHIFT_CLOSE,
    DocumentCode.STATE_REPORT,
)
#: What commands of their own determine.
_OWN: Final = DRIVE_TAGS | {1020, 1031, 1081, 1215, 1216, 1217, 1054, 1209, _ITEM}
_OWN_OF_ITEM: Final = frozenset({1079, 1023, 1043, 1199, 1200, 1212, 1214})
#: Marking of ФФД 1.2 is in no source of this wire: the firmware does not know its tags.
MARKING: Final = frozenset({1163, 2000, 2003, 2102, 2105, 2106, 2107, 2110, 2115})
_LONGEST: Final = 2048


def _belongs_to_item(tag: int) -> bool:
    return tag in TAGS and _ITEM in TAGS[tag].parents


def _belongs_to_document(core: Core, tag: int) -> bool:
    return any(tag in presence(document, core.ffd) for document in _DOCUMENTS)


def write_tag(core: Core, request: WriteTag) -> Empty:
    """Blocks of one tag come in order; with the last it is written."""
    count, data = core.parts
    if not request.blocks or request.block >= request.blocks or (request.block and request.block != count):
        core.parts = (0, b"")
        raise Refusal(errors.WRONG_FORMAT)
    data = request.data if not request.block else data + request.data
    if len(data) > _LONGEST:
        core.parts = (0, b"")
        raise core.see_register_55(0x020A)
    if request.block + 1 < request.blocks:
        core.parts = (request.block + 1, data)
        return Empty()
    core.parts = (0, b"")
    _write(core, _element(data))
    return Empty()


def _element(data: bytes) -> Element:
    try:
        elements = decode(data)
    except TlvError:
        raise Refusal(errors.WRONG_FORMAT) from None
    if len(elements) != 1:
        raise Refusal(errors.WRONG_FORMAT)
    padded = _padded(elements[0])
    try:
        encode((padded,))
    except TlvError:
        raise Refusal(errors.of_drive(0x09)) from None
    return padded


def _padded(element: Element) -> Element:
    """Strings of fixed length at their own length, at any depth (UNCONFIRMED: some firmware may refuse instead)."""
    value = element.value
    if isinstance(value, tuple):
        return Element(element.tag, tuple(_padded(inner) for inner in value))
    return Element(element.tag, str(value)) if isinstance(value, PaddedStr) else element


def _write(core: Core, element: Element) -> None:
    tag, draft = element.tag, core.draft
    of_item, of_document = _belongs_to_item(tag), _belongs_to_document(core, tag)
    if tag in MARKING or tag in _OWN or not (of_item or of_document):
        raise Refusal(errors.WRONG_FIELD)
    where = core.begun_tags if draft is None else draft.tags
    if draft is not None and draft.item is not None:
        if not of_item:
            raise core.see_register_55(0x0208)
        where = draft.item
        if tag in _OWN_OF_ITEM:
            raise core.see_register_55(0x0205)
    elif not of_document:
        raise core.see_register_55(0x0207)
    # What is sent before a document is open stays until there is one: a host may think better of it.
    if draft is not None and not TAGS[tag].repeats and find(where, tag) is not None:
        raise core.see_register_55(0x0201)
    if draft is not None and tag == 1055:
        check_taxation(core, element)
    put(where, (element,))


def check_taxation(core: Core, element: Element) -> None:
    bits = element.value if isinstance(element.value, int) else 0
    if bits.bit_count() != 1 or bits & ~core.registration.taxations:
        raise core.see_register_55(0x0103)


def read_tag(core: Core, request: ReadTag) -> ReadTagReply:
    """Of what is being made, else of the registration (TC reads 1048, 1009 and their like so)."""
    if request.tag not in TAGS:
        raise Refusal(errors.WRONG_FIELD)
    element = next((found for found in (find(place, request.tag) for place in _places(core)) if found), None)
    if element is None:
        raise Refusal(errors.FN_NO_DATA)
    raw = encode((element,), limits=False)
    blocks = [raw[at : at + MAX_BLOCK] for at in range(0, len(raw), MAX_BLOCK)]
    if request.block >= len(blocks):
        raise Refusal(errors.WRONG_FIELD)
    return ReadTagReply(len(blocks), blocks[request.block])


def _places(core: Core) -> tuple[tuple[Element, ...], ...]:
    draft: AtolDraft | None = core.draft
    making = () if draft is None else (tuple(draft.item or ()), tuple(draft.tags))
    registered = core.drive.registration_document
    return (*making, tuple(core.begun_tags), () if registered is None else registered.elements)


HANDLERS: Handlers = {WriteTag: write_tag, ReadTag: read_tag}
