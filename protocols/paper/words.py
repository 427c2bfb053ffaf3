"""Russian words of the printed form, by tag value (FNS tables, printed form of tags 1054, 1055, 1199, 1212, 1214 …)."""

from __future__ import annotations

from types import MappingProxyType

from protocols.ffd.documents import UNITS as MEASURE_UNITS
from protocols.ffd.enums import Measure
from protocols.ffd.numbers import T

TITLES = MappingProxyType(
    {
        1: "ОТЧЕТ О РЕГИСТРАЦИИ",
        11: "ОТЧЕТ ОБ ИЗМЕНЕНИИ ПАРАМЕТРОВ РЕГИСТРАЦИИ",
        2: "ОТЧЕТ ОБ ОТКРЫТИИ СМЕНЫ",
        21: "ОТЧЕТ О ТЕКУЩЕМ СОСТОЯНИИ РАСЧЕТОВ",
        3: "КАССОВЫЙ ЧЕК",
        31: "КАССОВЫЙ ЧЕК КОРРЕКЦИИ",
        4: "БЛАНК СТРОГОЙ ОТЧЕТНОСТИ",
        41: "БЛАНК СТРОГОЙ ОТЧЕТНОСТИ КОРРЕКЦИИ",
        5: "ОТЧЕТ О ЗАКРЫТИИ СМЕНЫ",
        6: "ОТЧЕТ О ЗАКРЫТИИ ФИСКАЛЬНОГО НАКОПИТЕЛЯ",
        7: "ПОДТВЕРЖДЕНИЕ ОПЕРАТОРА",
    }
)

OPERATIONS = MappingProxyType({1: "ПРИХОД", 2: "ВОЗВРАТ ПРИХОДА", 3: "РАСХОД", 4: "ВОЗВРАТ РАСХОДА"})

TAXATIONS = MappingProxyType(
    {1: "ОСН", 2: "УСН доход", 4: "УСН доход - расход", 8: "ЕНВД", 16: "ЕСХН", 32: "ПСН"},
)

VAT = MappingProxyType(
    {
        1: "НДС 20%",
        2: "НДС 10%",
        3: "НДС 20/120",
        4: "НДС 10/110",
        5: "НДС 0%",
        6: "БЕЗ НДС",
        7: "НДС 5%",
        8: "НДС 7%",
        9: "НДС 5/105",
        10: "НДС 7/107",
        11: "НДС 22%",
        12: "НДС 22/122",
    }
)
#: Flat VAT tags of the receipt -> rate code.
VAT_TAGS = MappingProxyType(
    {
        T.VAT20_SUM: 1,
        T.VAT10_SUM: 2,
        T.VAT20_120_SUM: 3,
        T.VAT10_110_SUM: 4,
        T.VAT0_BASE_SUM: 5,
        T.NO_VAT_SUM: 6,
    }
)

METHODS = MappingProxyType(
    {
        1: "ПРЕДОПЛАТА 100%",
        2: "ПРЕДОПЛАТА",
        3: "АВАНС",
        4: "ПОЛНЫЙ РАСЧЕТ",
        5: "ЧАСТИЧНЫЙ РАСЧЕТ И КРЕДИТ",
        6: "ПЕРЕДАЧА В КРЕДИТ",
        7: "ОПЛАТА КРЕДИТА",
    }
)

OBJECTS = MappingProxyType(
    {
        1: "ТОВАР",
        2: "ПОДАКЦИЗНЫЙ ТОВАР",
        3: "РАБОТА",
        4: "УСЛУГА",
        5: "СТАВКА АЗАРТНОЙ ИГРЫ",
        6: "ВЫИГРЫШ АЗАРТНОЙ ИГРЫ",
        7: "ЛОТЕРЕЙНЫЙ БИЛЕТ",
        8: "ВЫИГРЫШ ЛОТЕРЕИ",
        9: "ПРЕДОСТАВЛЕНИЕ РИД",
        10: "ПЛАТЕЖ",
        11: "АГЕНТСКОЕ ВОЗНАГРАЖДЕНИЕ",
        12: "ВЫПЛАТА",
        13: "ИНОЙ ПРЕДМЕТ РАСЧЕТА",
        14: "ИМУЩЕСТВЕННОЕ ПРАВО",
        15: "ВНЕРЕАЛИЗАЦИОННЫЙ ДОХОД",
        16: "ИНЫЕ ПЛАТЕЖИ И ВЗНОСЫ",
        17: "ТОРГОВЫЙ СБОР",
        18: "ТУРИСТИЧЕСКИЙ НАЛОГ",
        19: "ЗАЛОГ",
        20: "РАСХОД",
        21: "ВЗНОСЫ НА ОПС ИП",
        22: "ВЗНОСЫ НА ОПС",
        23: "ВЗНОСЫ НА ОМС ИП",
        24: "ВЗНОСЫ НА ОМС",
        25: "ВЗНОСЫ НА ОСС",
        26: "ПЛАТЕЖ КАЗИНО",
        27: "ВЫДАЧА ДЕНЕЖНЫХ СРЕДСТВ",
        30: "АТНМ",
        31: "АТМ",
        32: "ТНМ",
        33: "ТМ",
    }
)

PAYMENTS = MappingProxyType(
    {
        T.CASH_SUM: "НАЛИЧНЫМИ",
        T.ELECTRONIC_SUM: "БЕЗНАЛИЧНЫМИ",
        T.PREPAID_SUM: "ПРЕДВАРИТЕЛЬНАЯ ОПЛАТА (АВАНС)",
        T.CREDIT_SUM: "ПОСЛЕДУЮЩАЯ ОПЛАТА (КРЕДИТ)",
        T.PROVISION_SUM: "ИНАЯ ФОРМА ОПЛАТЫ",
    }
)

AGENTS = MappingProxyType(
    {
        1: "БАНК. ПЛ. АГЕНТ",
        2: "БАНК. ПЛ. СУБАГЕНТ",
        4: "ПЛ. АГЕНТ",
        8: "ПЛ. СУБАГЕНТ",
        16: "ПОВЕРЕННЫЙ",
        32: "КОМИССИОНЕР",
        64: "АГЕНТ",
    }
)

CORRECTIONS = MappingProxyType({0: "САМОСТОЯТЕЛЬНАЯ ОПЕРАЦИЯ", 1: "ОПЕРАЦИЯ ПО ПРЕДПИСАНИЮ"})

FFD = MappingProxyType({0: "1.0", 1: "1.0", 2: "1.05", 3: "1.1", 4: "1.2"})

#: Tag 2108 -> unit; "other" says nothing on paper.
UNITS = MappingProxyType({m.code: "" if m is Measure.OTHER else unit for m, unit in MEASURE_UNITS.items()})

#: Lines of a receipt that are a label and a text, in the order of the paper.
RECEIPT_TEXTS = MappingProxyType(
    {
        T.BUYER_NAME: "ПОКУПАТЕЛЬ",
        T.BUYER_INN: "ИНН ПОКУПАТЕЛЯ",
        T.BUYER_ADDRESS: "АДРЕС ПОКУПАТЕЛЯ",
        T.BUYER_CONTACT: "ЭЛ. АДР. ПОКУПАТЕЛЯ",
        T.RECEIPT_EXTRA: "ДОП. РЕКВИЗИТ ЧЕКА",
    }
)

#: The same of an item and of what is nested in it.
ITEM_TEXTS = MappingProxyType(
    {
        T.ITEM_EXTRA: "ДОП. РЕКВ.",
        T.ORIGIN_COUNTRY_CODE: "КОД СТРАНЫ",
        T.CUSTOMS_DECLARATION_NUMBER: "ДТ",
        T.SUPPLIER_NAME: "ПОСТАВЩИК",
        T.SUPPLIER_INN: "ИНН ПОСТАВЩИКА",
        T.SUPPLIER_PHONE: "ТЛФ. ПОСТ.",
        T.AGENT_OPERATION: "ОПЕРАЦИЯ",
        T.PAYMENT_AGENT_PHONE: "ТЛФ. ПЛ. АГЕНТА",
        T.PAYMENT_OPERATOR_PHONE: "ТЛФ. ОП. ПР. ПЛАТЕЖА",
        T.TRANSFER_OPERATOR_NAME: "ОП. ПЕРЕВОДА",
        T.TRANSFER_OPERATOR_ADDRESS: "АДР. ОП. ПЕРЕВОДА",
        T.TRANSFER_OPERATOR_INN: "ИНН ОП. ПЕРЕВОДА",
        T.TRANSFER_OPERATOR_PHONE: "ТЛФ. ОП. ПЕРЕВОДА",
    }
)

#: Signs of a report: printed alone when they are set.
SIGNS = MappingProxyType(
    {
        T.AUTO_MODE: "АВТОМАТИЧЕСКИЙ РЕЖИМ",
        T.OFFLINE_MODE: "АВТОНОМНЫЙ РЕЖИМ",
        T.ENCRYPTION_SIGN: "ШИФРОВАНИЕ",
        T.INTERNET_ONLY_KKT: "ККТ ДЛЯ ИНТЕРНЕТ",
        T.SERVICES_SIGN: "РАСЧЕТЫ ЗА УСЛУГИ",
        T.BSO_SYSTEM_SIGN: "АС БСО",
        T.PRINTER_IN_MACHINE: "ПРИНТЕР В АВТОМАТЕ",
        T.LOTTERY_SIGN: "ПРОВЕДЕНИЕ ЛОТЕРЕИ",
        T.GAMBLING_SIGN: "ПРОВЕДЕНИЕ АЗАРТНЫХ ИГР",
        T.EXCISE_SIGN: "ПОДАКЦИЗНЫЕ ТОВАРЫ",
        T.FN_RESOURCE_EXHAUSTED: "РЕСУРС ФН МЕНЕЕ 30 ДНЕЙ",
        T.FN_URGENT_REPLACEMENT: "СРОЧНО ЗАМЕНИТЕ ФН",
        T.FN_MEMORY_FULL: "ПАМЯТЬ ФН ЗАПОЛНЕНА",
        T.OFD_TIMEOUT: "ПРЕВЫШЕНО ВРЕМЯ ОЖИДАНИЯ ОТВЕТА ОФД",
        T.BAD_MARKING_CODES_SIGN: "НЕКОРРЕКТНЫЕ КОДЫ МАРКИРОВКИ",
        T.BAD_REQUESTS_SIGN: "НЕКОРРЕКТНЫЕ ЗАПРОСЫ И УВЕДОМЛЕНИЯ",
    }
)

#: Tag 1290, bit -> condition of use.
USAGE = MappingProxyType(
    {
        1: "ПРИНТЕР В АВТОМАТЕ",
        2: "АС БСО",
        5: "ККТ ДЛЯ ИНТЕРНЕТ",
        6: "ПОДАКЦИЗНЫЕ ТОВАРЫ",
        8: "МАРКИРОВАННЫЕ ТОВАРЫ",
        9: "РАСЧЕТЫ ЗА УСЛУГИ",
        10: "ПРОВЕДЕНИЕ АЗАРТНЫХ ИГР",
        11: "ПРОВЕДЕНИЕ ЛОТЕРЕИ",
        12: "ЛОМБАРД",
        13: "СТРАХОВАНИЕ",
        14: "ВЕНДИНГ",
        15: "ОБЩЕСТВЕННОЕ ПИТАНИЕ",
        16: "ОПТОВАЯ ТОРГОВЛЯ",
    }
)

#: Tag 1205, bit -> reason (ФФД 1.1 and 1.2); tag 1101 in 1.05.
REASONS = MappingProxyType(
    {
        0: "ЗАМЕНА ФН",
        1: "ЗАМЕНА ОФД",
        2: "ИЗМ. НАИМЕНОВАНИЯ ПОЛЬЗОВАТЕЛЯ",
        3: "ИЗМ. АДРЕСА И (ИЛИ) МЕСТА РАСЧЕТОВ",
        4: "ПЕРЕВОД ИЗ АВТОНОМНОГО РЕЖИМА",
        5: "ПЕРЕВОД В АВТОНОМНЫЙ РЕЖИМ",
        6: "ИЗМ. ВЕРСИИ МОДЕЛИ ККТ",
        7: "ИЗМ. СИСТЕМ НАЛОГООБЛОЖЕНИЯ",
        8: "ИЗМ. НОМЕРА АВТОМАТА",
        9: "ПЕРЕВОД ИЗ АВТОМАТИЧЕСКОГО РЕЖИМА",
        10: "ПЕРЕВОД В АВТОМАТИЧЕСКИЙ РЕЖИМ",
        11: "ПЕРЕВОД В АС БСО",
        12: "ПЕРЕВОД ИЗ АС БСО",
        13: "ПЕРЕВОД ИЗ РЕЖИМА ИНТЕРНЕТ",
        14: "ПЕРЕВОД В РЕЖИМ ИНТЕРНЕТ",
        15: "ОТКАЗ ОТ АГЕНТСКИХ РАСЧЕТОВ",
        16: "ПЕРЕХОД К АГЕНТСКИМ РАСЧЕТАМ",
        17: "ОТКАЗ ОТ АЗАРТНЫХ ИГР",
        18: "ПЕРЕХОД К АЗАРТНЫМ ИГРАМ",
        19: "ОТКАЗ ОТ ЛОТЕРЕЙ",
        20: "ПЕРЕХОД К ЛОТЕРЕЯМ",
        21: "ИЗМ. ВЕРСИИ ФФД",
        31: "ИНЫЕ ПРИЧИНЫ",
    }
)
REASONS_105 = MappingProxyType(
    {1: "ЗАМЕНА ФН", 2: "ЗАМЕНА ОФД", 3: "ИЗМЕНЕНИЕ РЕКВИЗИТОВ", 4: "ИЗМЕНЕНИЕ НАСТРОЕК ККТ"}
)

#: Counters of shift and drive: sections, then lines (kopecks unless counted).
COUNTER_SECTIONS = MappingProxyType(
    {
        T.SHIFT_TOTALS: "ИТОГИ СМЕНЫ",
        T.FN_TOTALS: "ИТОГИ ФН",
        T.UNSENT_TOTALS: "ИТОГИ НЕПЕРЕДАННЫХ ФД",
        T.SELL_COUNTERS: "ПРИХОД",
        T.SELL_RETURN_COUNTERS: "ВОЗВРАТ ПРИХОДА",
        T.BUY_COUNTERS: "РАСХОД",
        T.BUY_RETURN_COUNTERS: "ВОЗВРАТ РАСХОДА",
        T.CORRECTION_COUNTERS: "ЧЕКИ КОРРЕКЦИИ",
        T.SELL_CORRECTION_COUNTERS: "КОРРЕКЦИЯ ПРИХОДА",
        T.BUY_CORRECTION_COUNTERS: "КОРРЕКЦИЯ РАСХОДА",
        T.SELL_RETURN_CORRECTION_COUNTERS: "КОРРЕКЦИЯ ВОЗВР. ПРИХОДА",
        T.BUY_RETURN_CORRECTION_COUNTERS: "КОРРЕКЦИЯ ВОЗВР. РАСХОДА",
    }
)
COUNTS = MappingProxyType(
    {
        T.RECEIPT_COUNT_ALL: "ЧЕКОВ ВСЕГО",
        T.RECEIPT_COUNT_BY_SIGN: "ЧЕКОВ",
        T.CORRECTION_OR_UNSENT_COUNT: "ЧЕКОВ КОРРЕКЦИИ",
        T.RECEIPT_COUNT_IN_SHIFT: "ЧЕКОВ ЗА СМЕНУ",
        T.FD_COUNT_IN_SHIFT: "ФД ЗА СМЕНУ",
        T.UNSENT_FD_COUNT: "НЕПЕРЕДАННЫХ ФД",
        T.FIRST_UNSENT_FD_NUMBER: "ПЕРВЫЙ НЕПЕРЕДАННЫЙ ФД",
        T.UNSENT_NOTIFICATION_COUNT: "НЕПЕРЕДАННЫХ УВЕДОМЛЕНИЙ",
        T.FN_VALIDITY_DAYS: "РЕСУРС КЛЮЧЕЙ ФП, ДНЕЙ",
    }
)
SUMS = MappingProxyType(
    {
        T.COUNTER_TOTAL_SUM: "ИТОГО",
        T.COUNTER_CASH_SUM: "НАЛИЧНЫМИ",
        T.COUNTER_ELECTRONIC_SUM: "БЕЗНАЛИЧНЫМИ",
        T.COUNTER_PREPAID_SUM: "АВАНСАМИ",
        T.COUNTER_CREDIT_SUM: "КРЕДИТАМИ",
        T.COUNTER_PROVISION_SUM: "ИНОЙ ФОРМОЙ",
        T.COUNTER_VAT20_SUM: "НДС 20%",
        T.COUNTER_VAT10_SUM: "НДС 10%",
        T.COUNTER_VAT20_120_SUM: "НДС 20/120",
        T.COUNTER_VAT10_110_SUM: "НДС 10/110",
        T.COUNTER_VAT0_SUM: "С НДС 0%",
        T.COUNTER_NO_VAT_SUM: "БЕЗ НДС",
    }
)
#: Texts of reports.
REPORT_TEXTS = MappingProxyType(
    {
        T.OFD_NAME: "ОФД",
        T.OFD_INN: "ИНН ОФД",
        T.MACHINE_NUMBER: "НОМЕР АВТОМАТА",
        T.KKT_VERSION: "ВЕРСИЯ ККТ",
    }
)
