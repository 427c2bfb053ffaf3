"""Text, pictures, copies, drawer and beeper: 15…19, 34, 40, 41, 49, 55, 56, 67, 73, 80…82, 94, A1, A3."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from emulator.fiscal_drive import StoredDocument
from emulator.fiscal_drive.rules import REGISTRATIONS
from emulator.registers.pirit.core import Core, Handlers
from emulator.registers.pirit.state import told
from emulator.registers.refusals import Refusal
from emulator.registers.reports import print_report, turnover
from protocols.ffd.enums import DocumentCode
from protocols.pirit import errors, extended
from protocols.pirit.commands import Empty
from protocols.pirit.commands import printing as p
from protocols.pirit.commands.replies import NumberReply
from protocols.pirit.models import PICTURE_DOTS
from protocols.pirit.statuses import Barcode

_DETAILS: Final = 52
_TOO_LARGE: Final = 94
_NO_PICTURE: Final = 0x10
#: A logo is an escape byte and a BMP; nothing is known of a design but its size.
_LOGO_MARK: Final = b"\x1b"


def _put(core: Core, *lines: list[str]) -> Empty:
    """Into the open document: on paper with its end, before its items or after them."""
    draft = core.open_draft()
    if draft.fiscal:
        (draft.footer if draft.items else draft.header).extend(line[0] for line in lines)
    else:
        draft.lines.extend(lines)
    return Empty()


def print_text(core: Core, request: p.PrintText) -> Empty:
    return _put(core, [request.text])


def print_barcode(core: Core, request: p.PrintBarcode) -> Empty:
    return _put(core, [f"[{Barcode(request.type).name}: {request.data}]", "center"])


def print_detail(core: Core, request: p.PrintDetail) -> Empty:
    caption = told(core.setting(_DETAILS, request.code)) if request.code else ""
    lines = [request.line_1.removeprefix("&"), request.line_2, request.line_3, request.line_4]
    lines[0] = f"{caption} {lines[0]}".strip()
    return _put(core, *([line] for line in lines if line))


def _check_width(core: Core, width: int) -> None:
    if width > PICTURE_DOTS[core.model.paper[0]]:
        raise core.bad(_TOO_LARGE)


def print_bitmap(core: Core, request: p.PrintBitmap, payload: bytes) -> Empty:
    _check_width(core, request.width)
    return _put(core, [f"[картинка {request.width}×{request.height}]", "center"])


def print_png(core: Core, request: p.PrintPng, payload: bytes) -> Empty:
    _check_width(core, request.width)
    if request.width % 8:
        raise core.bad(extended.NONE)
    return _put(core, [f"[картинка {request.width}×{request.height}]", "center"])


def print_picture(core: Core, request: p.PrintPicture) -> Empty:
    if request.number not in core.memory.pictures.values():
        raise Refusal(_NO_PICTURE)
    return _put(core, [f"[картинка {request.number}]", "center"])


def load_logo(core: Core, request: p.LoadLogo, payload: bytes) -> Empty:
    if not payload.startswith(_LOGO_MARK):
        raise core.bad(extended.NONE)
    core.memory.logo = len(payload)
    return Empty()


def delete_logo(core: Core, request: p.DeleteLogo) -> Empty:
    core.memory.logo = 0
    return Empty()


def load_design(core: Core, request: p.LoadDesign, payload: bytes) -> Empty:
    core.memory.design = len(payload)
    return Empty()


def load_picture(core: Core, request: p.LoadPicture, payload: bytes) -> Empty:
    _check_width(core, request.width)
    kept = core.memory.pictures
    number = request.number or kept.get(request.id) or max(kept.values(), default=0) + 1
    core.memory.pictures = kept | {request.id: number}
    return Empty()


def find_picture(core: Core, request: p.FindPicture) -> NumberReply:
    return NumberReply(core.memory.pictures.get(request.id, 0))


def cut_document(core: Core, request: p.CutDocument) -> Empty:
    return Empty()


def _copy(core: Core, document: StoredDocument | None) -> Empty:
    if document is None:
        raise Refusal(errors.FN_NO_DATA)
    core.printer.copy(document.number)
    return Empty()


def _last(core: Core, codes: Iterable[DocumentCode]) -> StoredDocument | None:
    wanted = frozenset(codes)
    for number in range(core.drive.last_document, 0, -1):
        document = core.drive.document(number)
        if document is not None and document.code in wanted:
            return document
    return None


def print_archived(core: Core, request: p.PrintArchived) -> Empty:
    if request.document:
        return _copy(core, core.drive.document(request.document))
    made = [document for document in core.drive.documents() if document.code in REGISTRATIONS]
    core.printer.text(
        ["РЕГИСТРАЦИИ", "center", "bold"],
        *([f"ФД {document.number}", "=", f"{document.at:%d.%m.%Y %H:%M}"] for document in made),
    )
    return Empty()


def print_last_z_report(core: Core, request: p.PrintLastZReport) -> Empty:
    return _copy(core, _last(core, (DocumentCode.SHIFT_CLOSE,)))


def print_registration(core: Core, request: p.PrintRegistration) -> Empty:
    return _copy(core, _last(core, REGISTRATIONS))


def print_service_data(core: Core, request: p.PrintServiceData) -> Empty:
    print_report(core, "СЕРВИСНЫЕ ДАННЫЕ", turnover(core))
    return Empty()


def open_drawer(core: Core, request: p.OpenDrawer) -> Empty:
    core.memory.drawer_openings += 1
    return Empty()


def _says(reply: Any) -> Callable[[Core, Any], Any]:
    return lambda core, request: reply


HANDLERS: Handlers = {
    p.PrintText: print_text,
    p.PrintBarcode: print_barcode,
    p.PrintDetail: print_detail,
    p.PrintBitmap: print_bitmap,
    p.PrintPng: print_png,
    p.PrintPicture: print_picture,
    p.LoadLogo: load_logo,
    p.DeleteLogo: delete_logo,
    p.LoadDesign: load_design,
    p.LoadPicture: load_picture,
    p.FindPicture: find_picture,
    p.CutDocument: cut_document,
    p.PrintArchived: print_archived,
    p.PrintLastZReport: print_last_z_report,
    p.PrintRegistration: print_registration,
    p.PrintServiceData: print_service_data,
    p.OpenDrawer: open_drawer,
    p.DrawerState: _says(NumberReply(0)),  # it shuts by itself, as soon as it is looked at
    p.Beep: _says(Empty()),
}
