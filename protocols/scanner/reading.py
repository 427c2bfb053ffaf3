"""One scan, whatever wire it came by, and what can be said about it to a technician."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """How a scanner speaks."""

    SERIAL = "serial"
    KEYBOARD = "keyboard"
    HID_POS = "hid-pos"
    IMAGE = "image"


class Note(StrEnum):
    """What was seen while a scan was put together; the value is a stable code."""

    NO_SUFFIX = "no_suffix"
    TRUNCATED = "truncated"
    OVERLONG = "overlong"
    GLUED = "glued"
    UNGLUED = "unglued"
    EVENTS_LOST = "events_lost"
    UNKNOWN_KEYS = "unknown_keys"
    TYPED_BY_HAND = "typed_by_hand"
    NO_PREFIX = "no_prefix"
    NO_CODE = "no_code"
    CAPS_LOCK = "caps_lock"


#: Russian advice for the person who sets the scanner up.
ADVICE: Final[Mapping[str, str]] = {
    Note.NO_SUFFIX: "Сканер не шлёт суффикс: конец кода определён по паузе. Включите суффикс CR (Enter).",
    Note.TRUNCATED: "Код пришёл не целиком. Отсканируйте ещё раз; если повторяется, проверьте кабель и скорость.",
    Note.OVERLONG: "Слишком длинная посылка: это не код или скорость порта не та. Проверьте настройки порта и суффикс.",
    Note.GLUED: "Два кода слиплись в одну посылку. Отсканируйте по одному; включите суффикс CR и паузу между чтениями.",
    Note.UNGLUED: "Слипшиеся коды разделены по идентификатору AIM. Включите суффикс CR.",
    Note.EVENTS_LOST: "Система потеряла часть нажатий сканера. Отсканируйте ещё раз; переведите сканер в режим COM.",
    Note.UNKNOWN_KEYS: "Сканер нажимает клавиши, которых нет в раскладке US. Переведите сканер в раскладку США.",
    Note.TYPED_BY_HAND: "Похоже на ввод с клавиатуры, а не на сканер: между нажатиями большие паузы.",
    Note.NO_PREFIX: "Посылка пришла без настроенного префикса. Проверьте префикс сканера и настройку prefix.",
    Note.CAPS_LOCK: "Сканер пишет заглавные буквы клавишей CapsLock: код мог потерять регистр. Включите caps_lock.",
    Note.NO_CODE: "На снимке код не читается. Сфотографируйте один код крупно, резко и без бликов.",
}

#: Scans with one of these are not what is printed on the unit: never sell by them, ask to scan again.
SPOILING: Final = frozenset({Note.TRUNCATED, Note.OVERLONG, Note.GLUED, Note.EVENTS_LOST, Note.NO_CODE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One scan: `data` without prefix, suffix, NULs and AIM id; GS stays 1Dh.

    `symbology` is the AIM id when one was heard ("]d2"), `packets`
    are the chunks as the device sent them, `notes` values of `Note`.
    """

    data: bytes
    symbology: str | None = None
    packets: tuple[bytes, ...] = field(default=(), repr=False)
    notes: tuple[str, ...] = ()

    @property
    def spoilt(self) -> bool:
        """True when `data` is surely not the whole code, or more than one."""
        return not SPOILING.isdisjoint(self.notes)

    @property
    def advice(self) -> tuple[str, ...]:
        """A Russian sentence a note."""
        return tuple(ADVICE[note] for note in self.notes if note in ADVICE)
