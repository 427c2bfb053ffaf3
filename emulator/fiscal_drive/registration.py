"""How a register is registered: the data of documents 1 and 11 and what they permit later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from protocols.ffd.checks import registration_number
from protocols.ffd.enums import FfdVersion
from protocols.ffd.tlv import Element

#: Bits of 1290 (ФФД 1.2), which replaces the single flags of older versions.
USAGE_BITS = {
    "printer_in_machine": 1,
    "bso": 2,
    "internet": 5,
    "excise": 6,
    "marking": 8,
    "services": 9,
    "gambling": 10,
    "lottery": 11,
    "pawnshop": 12,
    "insurance": 13,
}
#: Every bit of 1057 / 1222.
ALL_AGENTS = 0x7F
#: Bits of the work-mode byte in archive records.
MODE_BITS = {"encryption": 0, "offline": 1, "automatic": 2, "services": 3, "bso": 4, "internet": 5}
#: Bits of the extended work-mode byte (ФФД 1.1 and later). UNCONFIRMED: general knowledge of drives.
EXTENDED_MODE_BITS = {
    "excise": 0,
    "gambling": 1,
    "lottery": 2,
    "printer_in_machine": 3,
    "marking": 4,
    "pawnshop": 5,
    "insurance": 6,
}
#: Single-flag tags, in the order registers write them, with the first and last ФФД that has them.
_FLAG_TAGS = (
    (1056, "encryption", FfdVersion.V1_05, FfdVersion.V1_2),
    (1002, "offline", FfdVersion.V1_05, FfdVersion.V1_2),
    (1001, "automatic", FfdVersion.V1_05, FfdVersion.V1_2),
    (1109, "services", FfdVersion.V1_05, FfdVersion.V1_1),
    (1110, "bso", FfdVersion.V1_05, FfdVersion.V1_1),
    (1108, "internet", FfdVersion.V1_05, FfdVersion.V1_1),
    (1126, "lottery", FfdVersion.V1_05, FfdVersion.V1_1),
    (1193, "gambling", FfdVersion.V1_05, FfdVersion.V1_1),
    (1207, "excise", FfdVersion.V1_05, FfdVersion.V1_1),
    (1221, "printer_in_machine", FfdVersion.V1_05, FfdVersion.V1_1),
)
_TEXT_TAGS = {
    1048: "user_name",
    1018: "inn",
    1009: "address",
    1187: "place",
    1037: "registration_number",
    1013: "serial",
    1017: "ofd_inn",
    1046: "ofd_name",
    1060: "tax_site",
    1117: "sender_email",
    1036: "machine_number",
    1188: "model_version",
    1021: "cashier",
    1203: "cashier_inn",
}
#: Every tag that a registration says itself in its report.
KNOWN_TAGS = frozenset(_TEXT_TAGS) | {tag for tag, *_ in _FLAG_TAGS} | {1057, 1062, 1189, 1190, 1209, 1290}


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Registration data. `taxations` is the bit sum of 1062; `ffd` is 1209 and 1189; texts are tags of `_TEXT_TAGS`.

    `internet`, `excise`, `marking`, `gambling` and `lottery` permit such documents, `agents` (1057, before ФФД 1.2)
    the kinds of agents.
    """

    ffd: FfdVersion
    inn: str
    registration_number: str
    serial: str
    user_name: str
    address: str
    place: str
    taxations: int
    cashier: str
    cashier_inn: str = ""
    ofd_inn: str = ""
    ofd_name: str = ""
    tax_site: str = "www.nalog.gov.ru"
    sender_email: str = ""
    machine_number: str = ""
    model_version: str = "001"
    automatic: bool = False
    offline: bool = False
    encryption: bool = False
    internet: bool = True
    services: bool = False
    bso: bool = False
    excise: bool = True
    marking: bool = True
    gambling: bool = True
    lottery: bool = True
    agents: int = ALL_AGENTS
    pawnshop: bool = False
    insurance: bool = False
    printer_in_machine: bool = False

    @property
    def usage_conditions(self) -> int:
        """Tag 1290."""
        return self._bits(USAGE_BITS)

    @property
    def mode(self) -> int:
        """The work-mode byte of archive records."""
        return self._bits(MODE_BITS)

    @property
    def extended_mode(self) -> int:
        """The second work-mode byte."""
        return self._bits(EXTENDED_MODE_BITS)

    def _bits(self, table: dict[str, int]) -> int:
        return sum(1 << bit for name, bit in table.items() if getattr(self, name))

    def with_mode(self, mode: int, extended: int | None = None) -> Registration:
        """The same registration with other work-mode bytes, as registers send them."""
        flags: dict[str, Any] = {name: bool(mode >> bit & 1) for name, bit in MODE_BITS.items()}
        if extended is not None:
            flags |= {name: bool(extended >> bit & 1) for name, bit in EXTENDED_MODE_BITS.items()}
        return replace(self, **flags)

    def with_tags(self, elements: Iterable[Element]) -> Registration:
        """The same registration changed by tags of a registration report; other tags are ignored."""
        changes: dict[str, Any] = {}
        flags = {tag: name for tag, name, _, _ in _FLAG_TAGS}
        for element in elements:
            if element.tag in _TEXT_TAGS:
                changes[_TEXT_TAGS[element.tag]] = str(element.value)
            elif element.tag in flags:
                changes[flags[element.tag]] = bool(element.value)
            elif element.tag == 1062 and isinstance(element.value, int):
                changes["taxations"] = element.value
            elif element.tag == 1057 and isinstance(element.value, int):
                changes["agents"] = element.value
            elif element.tag == 1290 and isinstance(element.value, int):
                changes |= {name: bool(element.value >> bit & 1) for name, bit in USAGE_BITS.items()}
            elif element.tag == 1209 and isinstance(element.value, int):
                changes["ffd"] = FfdVersion.of(element.value)
        return replace(self, **changes)

    def elements(self, drive_ffd: FfdVersion) -> tuple[Element, ...]:
        """Body of document 1 or 11 in the order registers write it; `drive_ffd` is 1190.

        1013 identifies the register, 1189 its ФФД, 1209 that of the document.
        """
        version = self.ffd.code
        parts = [
            Element(tag, int(getattr(self, name)))
            for tag, name, first, last in _FLAG_TAGS
            if first.code <= version <= last.code
        ]
        parts += [
            Element(1062, self.taxations),
            Element(1048, self.user_name),
            Element(1009, self.address),
            Element(1187, self.place),
            Element(1021, self.cashier),
        ]
        if self.agents and self.ffd is not FfdVersion.V1_2:
            parts.append(Element(1057, self.agents))
        optional = [(1203, self.cashier_inn), (1036, self.machine_number)]
        if not self.offline:
            optional += [(1017, self.ofd_inn), (1046, self.ofd_name), (1117, self.sender_email), (1060, self.tax_site)]
        parts += [Element(tag, text) for tag, text in optional if text]
        parts += [Element(1209, version), Element(1189, version), Element(1188, self.model_version)]
        if self.ffd is not FfdVersion.V1_05:
            parts.append(Element(1190, drive_ffd.code))
        if self.ffd is FfdVersion.V1_2:
            parts.append(Element(1290, self.usage_conditions))
        return (*parts, Element(1013, self.serial))

    def receipt_elements(self) -> tuple[Element, ...]:
        """What a register adds to every receipt from its registration; a tag the host gave itself wins."""
        texts = [(1060, self.tax_site), (1009, self.address), (1187, self.place), (1048, self.user_name)]
        if self.sender_email and not self.offline:
            texts.append((1117, self.sender_email))
        if self.machine_number and self.automatic:
            texts.append((1036, self.machine_number))
        return (*(Element(tag, text) for tag, text in texts if text), Element(1209, self.ffd.code))

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"ffd": self.ffd.code}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Registration:
        return cls(**(data | {"ffd": FfdVersion.of(data["ffd"])}))


def default_registration(ffd: FfdVersion, *, serial: str = "0000000012345678", ordinal: int = 1) -> Registration:
    """A shop with every tax system, selling anything: what an emulator is registered as when nothing else is said."""
    inn = "7701234560"
    return Registration(
        ffd=ffd,
        inn=inn,
        registration_number=registration_number(ordinal, inn, serial),
        serial=serial,
        user_name='ООО "Ромашка"',
        address="101000, г. Москва, ул. Мясницкая, д. 1",
        place="Магазин",
        taxations=0b110111,
        cashier="Администратор",
        ofd_inn="7709876545",
        ofd_name='ООО "Эмулятор ОФД"',
        sender_email="check@romashka.example",
    )
