"""15…19, 34, 40, 41, 49, 55, 56, 67, 73, 80…82, 94, A1, A3: pictures, printing, drawer and beeper.

Commands of two stages first say how many bytes follow; the device answers ACK (or refuses with an ordinary reply),
takes the bytes and then answers as ever.
"""

from __future__ import annotations

from typing import Annotated

from protocols.pirit.commands.base import Asks, Empty, Line, row
from protocols.pirit.commands.replies import NumberReply
from protocols.pirit.fields import MaybeNumber, Number, number, optional, text
from protocols.rows import Effect
from protocols.wire import message

Size = Annotated[int, number(1, 65530)]
Dots = Annotated[int, number(1, 4096)]
Offset = Annotated[int, number(0, 3)]  # 0 left, 1 centre, 2 right
Line72 = Annotated[str, text(72)]


def _bitmap(width: int, height: int) -> int:
    """Bytes of a picture: rows of whole bytes, a bit a dot."""
    return -(-width // 8) * height


@message
class LoadLogo(Asks[Empty]):
    """1Bh and a monochrome BMP 576 dots wide and 8 to 220 high; 57 mm paper shows the left 400."""

    size: Size

    @property
    def payload_size(self) -> int:
        return self.size


@message
class DeleteLogo(Asks[Empty]):
    pass


@message
class LoadDesign(Asks[Empty]):
    size: Size

    @property
    def payload_size(self) -> int:
        return self.size


@message
class LoadPicture(Asks[Empty]):
    """`id`: up to 15 characters, on Punix up to 100."""

    width: Dots
    height: Dots
    offset: Offset
    id: Annotated[str, text(100)]
    number: MaybeNumber = None

    @property
    def payload_size(self) -> int:
        return _bitmap(self.width, self.height)


@message
class FindPicture(Asks[NumberReply]):
    """The picture's number, 0 when there is none."""

    id: Annotated[str, text(100)]


@message
class CutDocument(Asks[Empty]):
    pass


@message
class PrintText(Asks[Empty]):
    """In a service document. `attributes`: bits 0…3 the font, 4 double height, 5 double width."""

    text: Annotated[str, text(72, 1)]
    attributes: MaybeNumber = None


@message
class PrintBarcode(Asks[Empty]):
    """`caption`: 0 none, 1 above, 2 below, 3 both; of PDF417 the proportion in per cent. `type`: `statuses.Barcode`."""

    caption: Number
    width: Number
    height: Number
    type: Annotated[int, number(0, 9)]
    data: Annotated[str, text()]


@message
class PrintDetail(Asks[Empty]):
    """`code`: a caption of setting 52, 0 none. A single line that begins with & does not end its line."""

    code: Number
    attributes: Number
    line_1: Line72
    line_2: Line72 = ""
    line_3: Line72 = ""
    line_4: Line72 = ""


@message
class PrintBitmap(Asks[Empty]):
    width: Dots
    height: Dots
    offset: Offset

    @property
    def payload_size(self) -> int:
        return _bitmap(self.width, self.height)


@message
class PrintPicture(Asks[Empty]):
    """`offset` 3: as it was loaded."""

    offset: Offset
    number: Number


@message
class PrintPng(Asks[Empty]):
    """Greyscale or palette, its width a multiple of 8."""

    size: Size
    width: Dots
    height: Dots
    offset: Offset

    @property
    def payload_size(self) -> int:
        return self.size


@message
class PrintArchived(Asks[Empty]):
    """A document of the drive; 0 lists the registrations. Bit 0 of `flags`: do not cut."""

    document: Number
    flags: MaybeNumber = None


@message
class OpenDrawer(Asks[Empty]):
    """Milliseconds; 150 when left out."""

    pulse: Annotated[int | None, optional(number(50, 500))] = None


@message
class DrawerState(Asks[NumberReply]):
    """1 is open; registers for 57 mm always say 0."""


@message
class Beep(Asks[Empty]):
    """Milliseconds."""

    duration: Annotated[int, number(10, 2000)]


@message
class PrintServiceData(Asks[Empty]):
    pass


@message
class PrintLastZReport(Asks[Empty]):
    pass


@message
class PrintRegistration(Asks[Empty]):
    pass


_DEVICE = Effect.DEVICE

ROWS = (
    row(0x15, "load_logo", "Загрузить логотип", LoadLogo, Empty, effect=_DEVICE, timeout=20.0, two_stage=True),
    row(0x16, "delete_logo", "Удалить логотип", DeleteLogo, Empty, effect=_DEVICE),
    row(0x17, "load_design", "Загрузить дизайн чека", LoadDesign, Empty, effect=_DEVICE, timeout=20.0, two_stage=True),
    row(0x18, "load_picture", "Загрузить картинку", LoadPicture, Empty, effect=_DEVICE, timeout=20.0, two_stage=True,
        lines=Line.PIRITS),
    row(0x19, "find_picture", "Найти картинку", FindPicture, NumberReply, effect=Effect.READ, lines=Line.PIRITS),
    row(0x34, "cut_document", "Отрезать документ", CutDocument, Empty, effect=_DEVICE, timeout=10.0),
    row(0x40, "print_text", "Печать текста", PrintText, Empty, effect=Effect.DRAFT, silent=True),
    row(0x41, "print_barcode", "Печать штрих-кода", PrintBarcode, Empty, effect=Effect.DRAFT, silent=True),
    row(0x49, "print_detail", "Печать реквизита", PrintDetail, Empty, effect=Effect.DRAFT, silent=True),
    row(0x55, "print_bitmap", "Печать графики", PrintBitmap, Empty, effect=Effect.DRAFT, timeout=10.0, two_stage=True),
    row(0x56, "print_picture", "Печать загруженной картинки", PrintPicture, Empty, effect=Effect.DRAFT,
        lines=Line.PIRITS),
    row(0x67, "print_png", "Печать картинки PNG", PrintPng, Empty, effect=Effect.DRAFT, timeout=10.0, two_stage=True,
        lines=Line.PIRITS),
    row(0x73, "print_archived", "Печать документа из ФН", PrintArchived, Empty, effect=_DEVICE, timeout=20.0),
    row(0x80, "open_drawer", "Открыть денежный ящик", OpenDrawer, Empty, effect=_DEVICE),
    row(0x81, "drawer_state", "Состояние денежного ящика", DrawerState, NumberReply, effect=Effect.READ),
    row(0x82, "beep", "Звуковой сигнал", Beep, Empty, effect=_DEVICE),
    row(0x94, "print_service_data", "Печать сервисных данных", PrintServiceData, Empty, effect=_DEVICE, timeout=10.0),
    row(0xA1, "print_last_z_report", "Копия отчёта о закрытии смены", PrintLastZReport, Empty, effect=_DEVICE,
        timeout=10.0),
    row(0xA3, "print_registration", "Копия отчёта о регистрации", PrintRegistration, Empty, effect=_DEVICE,
        timeout=10.0),
)  # fmt: skip
