"""Paper, pictures, barcodes, drawer and sound."""

from __future__ import annotations

from typing import Annotated

from protocols.atol.commands.base import Asks, Empty, row
from protocols.atol.fields import U8, Bcd2, Line, U16be, tail_bytes, tail_text
from protocols.atol.statuses import Mode
from protocols.rows import Effect
from protocols.wire import Message, message

Bytes94 = Annotated[bytes, tail_bytes(94, 1)]
Raster = Annotated[bytes, tail_bytes(246)]
#: 100 bytes of a QR code go with the command, the rest by `PrintBarcodeMore` (CRYS).
BarcodeData = Annotated[bytes, tail_bytes(238)]
MoreData = Annotated[bytes, tail_bytes(251)]
FieldText = Annotated[str, tail_text(241)]

#: 75h. UNCONFIRMED: A4J and DAN have 0 for a full cut, TC 4.
CUT_FULL, CUT_PARTIAL = 0, 1
#: C1h: more data follow; type 0 is QR, 1 EAN-13.
MORE_FOLLOWS = 0x80
QR, EAN13 = 0, 1
LEFT, CENTRE, RIGHT = 1, 2, 3


@message
class PrintLine(Asks[Empty]):
    """4Ch: a tab doubles the width of the next character."""

    text: Line


@message
class PrintField(Asks[Empty]):
    """87h (CRYS; LOG finds the text at the same place)."""

    flags: U8
    printer: U8
    font: U8
    multiplier: U8
    spacing: U8
    brightness: U8
    receipt_roll: U8
    journal_roll: U8
    format: U8
    reserved: U16be
    text: FieldText


@message
class PrintCliche(Asks[Empty]):
    pass


@message
class PrintFooter(Asks[Empty]):
    pass


@message
class Cut(Asks[Empty]):
    kind: U8


@message
class RepeatLast(Asks[Empty]):
    """95h: error AAh when there is none. Devices with a Z buffer print deferred Z reports by it (TC)."""


@message
class ClearLast(Asks[Empty]):
    pass


@message
class PrintDemo(Asks[Empty]):
    """82h. `kind`: 0 demonstration, 1 information (DAN: the port may fall to 4800 baud), 3 test run, 6 OFD."""

    parameter: U8
    kind: U8
    reserved: U8


@message
class PrintPicture(Asks[Empty]):
    """8Dh: of the register's memory. `offset` in pixels."""

    printer: U8
    number: U8
    offset: U16be


@message
class PrintRaster(Asks[Empty]):
    """8Eh: one row of pixels, `repeat` times."""

    printer: U8
    repeat: U16be
    offset: U16be
    raster: Raster


@message
class PrintBarcode(Asks[Empty]):
    """C1h as A4J and CRYS send it; DAN leaves `width` out."""

    type: U8
    alignment: U8
    width: U8
    version: U16be
    options: U16be
    correction: U8
    rows: U8
    columns: U8
    proportion: U16be
    pixel: U16be
    data: BarcodeData


@message
class PrintBarcodeMore(Asks[Empty]):
    """C2h. `more`: `MORE_FOLLOWS`, or 0 with the last."""

    more: U8
    data: MoreData


@message
class PicturesState(Asks["PicturesStateReply"]):
    """8Ch (LOG; the layout from CRYS)."""


@message
class PicturesStateReply(Message):
    """`last_open` 0: the last picture is complete."""

    free: U16be
    last: U8
    last_open: U8


@message
class PictureParameters(Asks["PictureParametersReply"]):
    """90h."""

    number: U8


@message
class PictureParametersReply(Message):
    """`width` in bytes."""

    width: U8
    height: U16be
    state: U8


@message
class OpenDrawer(Asks[Empty]):
    pass


@message
class PulseDrawer(Asks[Empty]):
    """85h: `on` and `pause` in hundredths of a second."""

    on: Bcd2
    pause: Bcd2
    repeats: U8


@message
class Beep(Asks[Empty]):
    pass


@message
class Sound(Asks[Empty]):
    """88h: `divider` is 65536 - 921600 / frequency, `duration` in hundredths of a second."""

    divider: U16be
    duration: U8


@message
class SendData(Asks[Empty]):
    """8Fh: to a port or straight to the printer."""

    port: U8
    data: Bytes94


ROWS = (
    row(0x4C, "print_line", "Печать строки", PrintLine, Empty, Effect.DEVICE),
    row(0x87, "print_field", "Печать поля", PrintField, Empty, Effect.DEVICE),
    row(0x6C, "print_cliche", "Печать клише чека", PrintCliche, Empty, Effect.DEVICE),
    row(0x73, "print_footer", "Печать нижней части чека", PrintFooter, Empty, Effect.DEVICE, Mode.X_REPORTS),
    row(0x75, "cut", "Отрезать чек", Cut, Empty, Effect.DEVICE),
    row(0x95, "repeat_last", "Повторная печать последнего документа", RepeatLast, Empty, Effect.DEVICE, timeout=20.0),
    row(0x97, "clear_last", "Очистка буфера последнего документа", ClearLast, Empty, Effect.DEVICE),
    row(0x82, "print_demo", "Демонстрационная печать", PrintDemo, Empty, Effect.DEVICE, Mode.CHOICE, timeout=20.0),
    row(0x8D, "print_picture", "Печать картинки по номеру", PrintPicture, Empty, Effect.DEVICE, timeout=20.0),
    row(0x8E, "print_raster", "Печать картинки с ПК", PrintRaster, Empty, Effect.DEVICE, timeout=20.0),
    row(0xC1, "print_barcode", "Печать штрихкода", PrintBarcode, Empty, Effect.DEVICE),
    row(0xC2, "print_barcode_more", "Печать штрихкода: добавление данных", PrintBarcodeMore, Empty, Effect.DEVICE),
    row(0x8C, "pictures_state", "Статус массива картинок", PicturesState, PicturesStateReply, Effect.READ),
    row(0x90, "picture_parameters", "Параметры картинки в массиве", PictureParameters, PictureParametersReply,
        Effect.READ),
    row(0x80, "open_drawer", "Открыть денежный ящик", OpenDrawer, Empty, Effect.DEVICE),
    row(0x85, "pulse_drawer", "Импульсное открытие денежного ящика", PulseDrawer, Empty, Effect.DEVICE),
    row(0x47, "beep", "Гудок", Beep, Empty, Effect.DEVICE),
    row(0x88, "sound", "Звуковой сигнал", Sound, Empty, Effect.DEVICE),
    row(0x8F, "send_data", "Передать данные в порт", SendData, Empty, Effect.DEVICE),
)  # fmt: skip
