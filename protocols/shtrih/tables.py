"""Settings tables as a 2026 device has them (shtrih_m §7): names, types, ranges, defaults, what matters and why.

Fields that no source explains are there as reserved bytes, so that enumeration by 2Dh / 2Eh meets no hole. Values are
int for BIN fields, str for CHAR fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from protocols.shtrih.vat import VAT_ROWS

CASHIERS, HEADER, PAYMENTS, TAXES, DEPARTMENTS = 2, 4, 5, 6, 7
REGIONAL, STORAGE, OFD, EXCHANGE, INTERFACES, EMBEDDED = 17, 18, 19, 20, 21, 24

#: (table, field) of the settings that change a document or a dialogue.
AUTO_ZERO_CASH = (1, 2)
CUT = (1, 7)
TAX_BY_HOST = (1, 14)  # 0 the register computes the taxes, 1 the host does
PRINT_HEADER = (1, 17)
FORBID_ZERO = (1, 23)
INTERNET_SIGN = (1, 46)
PASSWORD = (2, 1)
CASHIER_NAME = (2, 2)
SKIP_PRINTING = (17, 7)  # 0 print, 1 skip one document, 2 never print
FFD = (17, 17)  # 1 = 1.0, 2 = 1.05, 3 = 1.1, 4 = 1.2
FFD_OF_CASHCORE = ((10, 38), (10, 29))  # the first that there is (javapos_shtrih; UNCONFIRMED by a second source)
EXTENDED_ANSWERS = (17, 36)
STRICT = (17, 35)  # 1 a correction without its basis (1174) is refused
REPLACE_VAT20 = (17, 71)  # 1 the register turns 20 % into 22 %, 2 it prints what was sent
MARKING_TIMEOUT = (19, 7)  # seconds (UNCONFIRMED unit) the ОИСМ may take to answer a request
OFD_BY_DEVICE = (21, 2)  # 0 the host carries messages (FF30…FF33), 1 the device itself
TCP_PORT = (21, 4)
TCP_TIMEOUT = (21, 16)  # seconds after which an idle connection is hung up, 0 never


@dataclass(frozen=True, slots=True)
class Field:
    """`size` bytes; BIN has `low`…`high`; `read_only` fields answer 7Ah to a write."""

    number: int
    name: str
    is_text: bool
    size: int
    low: int = 0
    high: int = 255
    default: int | str = 0
    read_only: bool = False

    def to_bytes(self, value: int | str) -> bytes:
        if isinstance(value, str):
            return value.encode("cp1251", "replace")[: self.size].ljust(self.size, b"\0")
        return value.to_bytes(self.size, "little")

    def from_bytes(self, raw: bytes) -> int | str:
        """A value as the wire carries it; ValueError when it is out of range."""
        if self.is_text:
            if len(raw) > self.size and raw[self.size :].strip(b"\0"):
                raise ValueError(f"{len(raw)} bytes in a field of {self.size}")
            return raw[: self.size].split(b"\0", 1)[0].decode("cp1251", "replace")
        value = int.from_bytes(raw, "little")
        if not self.low <= value <= self.high:
            raise ValueError(f"{value} is outside {self.low}…{self.high}")
        return value


@dataclass(frozen=True, slots=True)
class Table:
    """`defaults` overrides a field's default: (row, field) -> value."""

    number: int
    name: str
    rows: int
    fields: tuple[Field, ...]
    defaults: Mapping[tuple[int, int], int | str]

    def field(self, number: int) -> Field | None:
        return self.fields[number - 1] if 1 <= number <= len(self.fields) else None

    def default(self, row: int, field: int) -> int | str:
        return self.defaults.get((row, field), self.fields[field - 1].default)


def _bin(number: int, name: str, size: int = 1, low: int = 0, high: int = 255, default: int = 0) -> Field:
    return Field(number, name, False, size, low, high, default)  # noqa: FBT003


def _char(number: int, name: str, size: int, default: str = "") -> Field:
    return Field(number, name, True, size, default=default)  # noqa: FBT003


def _shown(field: Field) -> Field:
    return Field(field.number, field.name, field.is_text, field.size, field.low, field.high, field.default, True)  # noqa: FBT003


def _table(
    number: int,
    name: str,
    rows: int,
    fields: Iterable[Field],
    *,
    count: int = 0,
    defaults: Mapping[tuple[int, int], int | str] | None = None,
) -> Table:
    known = {field.number: field for field in fields}
    last = max(count, *known)
    whole = tuple(known.get(at) or _bin(at, f"Резерв {at}") for at in range(1, last + 1))
    return Table(number, name, rows, whole, defaults or {})


_U32 = 0xFFFFFFFF
_OPERATORS = 30
_PAYMENT_NAMES = {
    1: "НАЛИЧНЫМИ",
    2: "ЭЛЕКТРОННЫМИ",
    14: "ПРЕДВАРИТЕЛЬНАЯ ОПЛАТА (АВАНС)",
    15: "ПОСЛЕДУЮЩАЯ ОПЛАТА (КРЕДИТ)",
    16: "ИНАЯ ФОРМА ОПЛАТЫ",
}

_U32_SIZE = 4
#: Table 25 names its fields by tags of the registration report; sizes in bytes, those over 4 are text.
_REGISTRATION_TAGS = (
    ("1048", 128), ("1018", 17), ("1062", 1), ("1037", 21), ("1002", 1), ("1221", 1), ("1110", 1), ("1056", 1),
    ("1001", 1), ("1108", 1), ("1036", 20), ("1207", 1), ("1109", 1), ("1193", 1), ("1126", 1), ("1057", 1),
    ("1021", 64), ("1203", 17), ("1009", 128), ("1187", 128), ("1060", 64), ("1117", 64), ("1017", 17), ("1046", 128),
    ("1209", 1), ("1101", 1), ("1205", 4), ("1048_2", 128), ("1009_2", 128), ("1187_2", 128), ("1046_2", 128),
)  # fmt: skip

#: Fields of table 18 that only registration commands and the drive itself change; a host writes the others.
_MADE_BY_COMMANDS = frozenset({1, 2, 3, 4, 5, 6, 24})

_ROWS: tuple[Table, ...] = (
    _table(
        1,
        "ТИП И РЕЖИМ КАССЫ",
        1,
        (
            _bin(1, "Номер ККТ в магазине", 1, 1, 99, 1),
            _bin(2, "Автоматическое обнуление денежной наличности", 1, 0, 1),
            _bin(6, "Открывание денежного ящика", 1, 0, 1, 1),
            _bin(7, "Отрезка чека", 1, 0, 2, 2),
            _bin(14, "Начисление налогов", 1, 0, 3),
            _bin(16, "Печать налогов", 1, 0, 2, 2),
            _bin(17, "Печать заголовка чека", 1, 0, 1, 1),
            _bin(19, "Буферизация строк", 1, 0, 1, 1),
            _bin(20, "Печать чека по закрытию", 1, 0, 1, 1),
            _bin(23, "Запрет нулевого чека", 1, 0, 1),
            _bin(27, "Контроль времени", 1, 0, 1, 1),
            _bin(35, "Печать наименований типов оплаты", 1, 0, 1),
            _bin(39, "Печать клише после документа", 1, 0, 1),
            _bin(41, "Печать реквизитов QR", 1, 0, 1, 1),
            _bin(46, "Признак расчётов в интернет", 1, 0, 1),
            _bin(47, "Автоотключение, мин", 1, 0, 255),
        ),
        count=48,
    ),
    _table(
        CASHIERS,
        "ПАРОЛИ КАССИРОВ И АДМИНИСТРАТОРОВ",
        _OPERATORS,
        (_bin(1, "Пароль", 4, 0, 99999999), _char(2, "Имя", 64)),
        defaults={
            **{(row, 1): row for row in range(1, _OPERATORS + 1)},
            **{(row, 2): f"Кассир {row}" for row in range(1, 29)},
            (29, 2): "АДМИНИСТРАТОР",
            (30, 2): "СИСТ. АДМИНИСТРАТОР",
        },
    ),
    _table(
        HEADER,
        "ТЕКСТ В ЧЕКЕ",
        14,
        (_char(1, "Текст", 64),),
        defaults={(11, 1): "ДОБРО ПОЖАЛОВАТЬ!"},
    ),
    _table(
        PAYMENTS,
        "НАИМЕНОВАНИЯ ТИПОВ ОПЛАТЫ",
        16,
        (_char(1, "Наименование", 64),),
        defaults={(row, 1): _PAYMENT_NAMES.get(row, f"ТИП ОПЛАТЫ {row}") for row in range(1, 17)},
    ),
    _table(
        TAXES,
        "НАЛОГОВЫЕ СТАВКИ",
        len(VAT_ROWS),
        (_bin(1, "Величина налога", 2, 0, 10000), _char(2, "Название налога", 64)),
        defaults={
            **{(row.row, 1): row.rate for row in VAT_ROWS},
            **{(row.row, 2): row.name for row in VAT_ROWS},
        },
    ),
    _table(
        DEPARTMENTS,
        "НАИМЕНОВАНИЯ ОТДЕЛОВ",
        16,
        (_char(1, "Наименование", 64),),
        defaults={(row, 1): f"ОТДЕЛ {row}" for row in range(1, 17)},
    ),
    _table(
        3,
        "ПЕРЕВОД ВРЕМЕНИ",
        20,
        (
            _bin(1, "Разрешение перевода", 1, 0, 1),
            _bin(2, "Число", 1, 1, 31, 28),
            _bin(3, "Месяц", 1, 1, 12, 3),
            _char(4, "Время года", 15),
        ),
    ),
    _table(8, "НАСТРОЙКА ШРИФТОВ", 1, (_bin(at, f"Шрифт {at}", 1, 1, 11, 5) for at in range(1, 26))),
    _table(
        9,
        "ФОРМАТ ЧЕКА",
        17,
        (
            _bin(1, "Номер строки", 1, 1, 3, 1),
            _bin(2, "Смещение в строке", 1, 0, 63),
            _bin(3, "Размер", 1, 0, 63, 48),
            _bin(4, "Выравнивание", 1, 0, 1),
            _char(5, "Наименование", 30),
        ),
    ),
    _table(
        10,
        "СЛУЖЕБНАЯ",
        1,
        (
            _bin(10, "Ожидание ФН, с", 1, 0, 255, 30),
            _bin(12, "Не вещать UDP", 1, 0, 1),
            _bin(14, "Проверять состояние МГМ", 1, 0, 1),
            *(_bin(at, f"Перевод часов {at - 14}", 4, 0, _U32) for at in range(15, 20)),
        ),
    ),
    _table(11, "КОДИРОВАНИЕ QR", 1, (_bin(1, "Кодировать текст в UTF-8", 1, 0, 1, 1),), count=9),
    _table(12, "ВЕБ-ССЫЛКА", 1, (_char(at, f"Ссылка, строка {at}", 40) for at in range(1, 4))),
    _table(
        13,
        "ТЕРМОПЕЧАТЬ",
        1,
        (
            _bin(1, "Энергия печати", 2, 10, 500, 250),
            _bin(3, "Сопротивление", 2, 100, 2000, 210),
            _bin(5, "Шаг энергии печати", 2, 10, 200, 15),
            _bin(6, "Сдвиг области печати", 2, 0, 512, 16),
        ),
        count=7,
    ),
    _table(
        14,
        "СОСТОЯНИЕ SD КАРТЫ",
        1,
        (
            _shown(_bin(1, "Состояние")),
            _shown(_bin(2, "Размер кластера", 4, 0, _U32, 16)),
            _shown(_bin(3, "Всего секторов", 4, 0, _U32, 7_000_000)),
            _shown(_bin(4, "Свободно секторов", 4, 0, _U32, 6_900_000)),
        ),
    ),
    _table(
        15,
        "СЕРВЕР ТРАНЗАКЦИЙ",
        1,
        (
            _bin(1, "Режим передачи", 1, 0, 2),
            *(_bin(at, f"IP{at - 1}") for at in range(2, 6)),
            _bin(6, "Порт", 2, 0, 65535, 7779),
        ),
    ),
    _table(
        16,
        "СЕТЕВОЙ АДРЕС",
        1,
        (
            _bin(1, "Статический IP", 1, 0, 1),
            _bin(3, "IP1", default=192),
            _bin(4, "IP2", default=168),
            _bin(5, "IP3", default=137),
            _bin(6, "IP4", default=111),
            _bin(24, "Порт SOCKS5", 2, 1, 65535, 1080),
        ),
        count=24,
    ),
    _table(
        REGIONAL,
        "РЕГИОНАЛЬНЫЕ НАСТРОЙКИ",
        1,
        (
            _bin(3, "Режим исчисления скидок", 1, 0, 2, 2),  # 2: the host folds discounts into items
            _bin(7, "Не печатать документ", 1, 0, 3),
            _bin(10, "Печать данных ОФД", 1, 0, 1, 1),
            _bin(12, "Печать реквизитов", 4, 0, _U32, _U32),
            _char(13, "Наименование реквизита пользователя", 64),
            _bin(15, "Печатать отменённые документы", 1, 0, 1, 1),
            _bin(17, "Формат ФД", 1, 1, 4, 4),
            _char(19, "Название бонуса 1", 32),
            _char(20, "Название бонуса 2", 32),
            _bin(25, "Автопечать тегов", 1, 0, 1, 1),
            _bin(28, "Минимизация данных чека", 2, 0, 65535),
            _bin(35, "Строгий ФЛК", 1, 0, 1, 1),
            _bin(36, "Расширенные ответы на команды формирования ФД", 1, 0, 1),
            _bin(37, "Количество авансов", 1, 0, 255),
            _bin(40, "Способ выделения НДС", 1, 0, 1),
            _bin(41, "Принимать все коды товара", 2, 0, 7),
            _char(48, "Автопечать", 64),
            _char(51, "ЕГАИС: КПП", 9),
            _char(52, "ЕГАИС: касса", 12),
            _bin(61, "Проверять сохранение КМ в ФН", 1, 0, 1),
            _bin(64, "Соответствие налогов", 1, 0, 5),
            _bin(66, "Исправлять ошибочные КМ", 1, 0, 1),
            _bin(67, "Расширенный номер ККТ в магазине", 4, 1, 99999, 1),
            _bin(69, "Порог заполнения ФН", 1, 0, 100, 99),
            _bin(71, "Замена ставки 20% на 22%", 1, 0, 2, 1),
        ),
    ),
    _table(
        STORAGE,
        "ПАРАМЕТРЫ ФИСКАЛЬНОГО НАКОПИТЕЛЯ",
        1,
        tuple(
            _shown(field) if field.number in _MADE_BY_COMMANDS else field
            for field in (
                _char(1, "Серийный номер", 21),
                _char(2, "ИНН", 17),
                _char(3, "РНМ", 21),
                _char(4, "Номер ФН", 17),
                _bin(5, "Система налогообложения"),
                _bin(6, "Режим работы"),
                _char(7, "Пользователь", 128),
                _char(8, "Оператор", 64),
                _char(9, "Адрес", 128),
                _char(10, "Наименование ОФД", 128),
                _char(11, "Адрес ОФД", 64),
                _char(12, "ИНН ОФД", 17),
                _char(13, "Адрес сайта ФНС", 64),
                _char(14, "Место расчётов", 128),
                _char(15, "E-mail отправителя", 64),
                _bin(16, "Признак агента"),
                _char(17, "Пользователь, строка 2", 128),
                _char(18, "Адрес, строка 2", 128),
                _char(19, "Наименование ОФД, строка 2", 128),
                _char(20, "Место расчётов, строка 2", 128),
                _bin(21, "Расширенные признаки работы"),  # 16 = marking, one sample (UNCONFIRMED)
                _bin(22, "Код причины перерегистрации", 4, 0, _U32),
                _char(23, "ИНН кассира", 13),
                _bin(24, "Дней до блокировки"),
                _bin(25, "Часовая зона"),
            )
        ),
    ),
    _table(
        OFD,
        "ПАРАМЕТРЫ ОФД",
        1,
        (
            _char(1, "Сервер", 64, "127.0.0.1"),
            _bin(2, "Порт", 2, 0, 65535, 7790),
            _bin(3, "Таймаут чтения ответа, с", 2, 0, 65535, 30),
            _bin(4, "Задержка, мс", 2, 0, 65535, 0),
            _char(5, "Сервер КМ", 64),
            _bin(6, "Порт КМ", 2, 0, 65535),
            _bin(7, "Таймаут КМ 1", 2, 0, 65535, 15),
            _bin(8, "Таймаут КМ 2", 2, 0, 65535, 15),
            _char(9, "Сервер ОКП", 128),
            _bin(10, "Порт ОКП", 2, 0, 65535),
            _bin(11, "Таймаут ОКП", 2, 0, 65535, 15),
        ),
    ),
    _table(
        EXCHANGE,
        "СТАТУС ОБМЕНА ФН",
        1,
        tuple(
            _shown(field)
            for field in (
                _bin(1, "Состояние обмена"),
                _bin(2, "Состояние чтения"),
                _bin(3, "Количество сообщений", 2, 0, 0xFFFF),
                _bin(4, "Номер документа", 4, 0, _U32),
                _char(5, "Дата документа", 32),
                _bin(6, "Последний ответ ФН"),
                _bin(7, "Последний ответ ОФД"),
                *(_char(at, f"Журнал {at - 7}", 64) for at in range(8, 18)),
            )
        ),
    ),
    _table(
        INTERFACES,
        "СЕТЕВЫЕ ИНТЕРФЕЙСЫ",
        1,
        (
            _bin(1, "Режим PPP", 1, 0, 2),
            _bin(2, "Режим обмена с ОФД", 1, 0, 1, 1),
            _bin(3, "Сервер TCP", 1, 0, 1, 1),
            _bin(4, "Порт TCP", 2, 1, 65535, 7778),
            _char(7, "Имя сети WiFi", 64),
            _char(8, "Пароль WiFi", 64),
            _bin(9, "RNDIS", 1, 0, 2),
            _char(10, "Версия ПО WiFi", 32, "-"),
            _char(11, "Уровень сигнала WiFi", 16, "-"),
            _bin(16, "Таймаут TCP, с", 2, 0, 65535, 60),
        ),
        count=17,
    ),
    _table(
        22,
        "СЕТЕВОЙ АДРЕС WIFI",
        1,
        (_bin(1, "Статический IP", 1, 0, 1), *(_char(at, f"Адрес {at - 1}", 16) for at in range(2, 6))),
    ),
    _table(
        23,
        "УДАЛЁННЫЙ МОНИТОРИНГ",
        1,
        (
            _bin(3, "Период опроса, с", 2, 10, 65535, 600),
            _bin(4, "Период отправки, с", 2, 10, 65535, 120),
            _shown(_char(9, "Описание обновления 1", 64, "---")),
            _shown(_char(10, "Описание обновления 2", 64, "---")),
            _shown(_char(11, "UIN", 32)),
            _char(13, "Сервер", 64),
            _bin(14, "Порт", 2, 1, 65535, 4243),
            _char(15, "Лицензии функций", 128),
            _char(16, "Подпись лицензий", 128),
            _char(17, "Журнал", 32),
            _char(18, "Резерв 18", 120),
            _char(19, "Резерв 19", 4),
            _bin(21, "Таймаут соединения", 2, 1, 600, 10),
            _bin(22, "Таймаут простоя", 2, 10, 3600, 25),
            _bin(23, "Признаки", 4, 0, _U32, 1),
            _char(24, "Состояние", 32),
        ),
    ),
    _table(
        EMBEDDED,
        "ВСТРАИВАЕМАЯ И ИНТЕРНЕТ ТЕХНИКА",
        1,
        (
            _char(1, "Заводской номер автомата", 20),
            _bin(9, "Режим автоматического закрытия смены", 1, 0, 3),
            _bin(13, "Режим автоматического открытия смены", 1, 0, 2),
            _char(16, "Имя пользователя и пароль HTTP", 64),
        ),
    ),
    _table(
        25,
        "ФИСКАЛИЗАЦИЯ",
        1,
        (
            _char(at, tag, size) if size > _U32_SIZE else _bin(at, tag, size, 0, 256**size - 1)
            for at, (tag, size) in enumerate(_REGISTRATION_TAGS, start=1)
        ),
    ),
)

TABLES: Mapping[int, Table] = {table.number: table for table in _ROWS}
LAST_TABLE = max(TABLES)


def _with_holes() -> Mapping[int, Table]:
    """Enumeration ends at the first 5Dh, so numbers nobody uses hold a table of one reserved byte."""
    return {
        at: TABLES.get(at) or _table(at, f"РЕЗЕРВ {at}", 1, (_bin(1, "Резерв"),)) for at in range(1, LAST_TABLE + 1)
    }


ALL_TABLES: Mapping[int, Table] = _with_holes()
