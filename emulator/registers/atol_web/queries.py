"""What the register answers about itself, its shift and its drive (§4.5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from emulator.fiscal_drive import StoredDocument
from emulator.registers import till
from emulator.registers.atol_web.core import FORM_OF, Core, Handlers, fiscal_params
from emulator.registers.atol_web.shifts import DEPARTMENTS
from emulator.registers.refusals import Refusal
from protocols.atol_web import errors, words
from protocols.atol_web.fields import base64_text, rubles
from protocols.atol_web.queries import DOCUMENT_TYPES
from protocols.atol_web.till_tasks import LastFiscalParams, OfDocument, Plain
from protocols.ffd.enums import AgentKind, Operation, PaymentKind, Taxation
from protocols.ffd.tlv import Element
from protocols.fn.statuses import DriveWarning, Phase

#: The emulated model: what a real one of it says (a 58 or 80 mm desktop register of the fifth platform).
MODEL: Final[dict[str, Any]] = {
    "model": 69,
    "modelName": "АТОЛ 77Ф",
    "firmwareVersion": "5.8.100",
    "configurationVersion": "5.8.100",
    "receiptLineLength": 48,
    "receiptLineLengthPix": 576,
}
_EXECUTION: Final = "emulated"
_SHIFT: Final = timedelta(hours=24)
#: Our operation -> its name in totals.
_GROUPS: Final = {operation: word for word, (operation, correction) in words.RECEIPT_TYPES.items() if not correction}
_PHASES: Final = {
    Phase.SETUP: "init",
    Phase.READY: "configured",
    Phase.FISCAL: "fiscalMode",
    Phase.CLOSING: "postFiscalMode",
    Phase.CLOSED: "accessArchive",
}


def _moment(core: Core, at: datetime | None) -> str | None:
    return None if at is None else at.replace(tzinfo=core.now().tzinfo).isoformat(timespec="seconds")


def shift_state(core: Core) -> str:
    if not core.drive.shift_open:
        return "closed"
    return "expired" if core.drive.shift_expired else "opened"


def device_info(core: Core, task: Plain, name: str) -> Any:
    registered = core.drive.registration
    ffd = None if registered is None else str(registered.ffd)
    serial = "" if registered is None else registered.serial
    return {"deviceInfo": MODEL | {"serial": serial, "ffdVersion": ffd, "fnFfdVersion": str(core.drive.ffd)}}


def device_status(core: Core, task: Plain, name: str) -> Any:
    return {
        "deviceStatus": {
            "currentDateTime": core.now().isoformat(timespec="seconds"),
            "shift": shift_state(core),
            "blocked": core.drive.phase is not Phase.FISCAL,
            "coverOpened": core.printer.cover_open,
            "paperPresent": core.printer.paper_present,
            "fiscal": core.drive.registration is not None,
            "fnFiscal": core.drive.phase >= Phase.FISCAL,
            "fnPresent": True,
            "cashDrawerOpened": False,
        }
    }


def shift_status(core: Core, task: Plain, name: str) -> Any:
    drive = core.drive
    opened = drive.shift_opened_at
    return {
        "shiftStatus": {
            "state": shift_state(core),
            "number": drive.shift,
            "documentsCount": drive.receipt if drive.shift_open else 0,
            "expiredTime": _moment(core, opened + _SHIFT if opened is not None else None),
        }
    }


def shift_totals(core: Core, task: Plain, name: str) -> Any:
    counted = core.till
    return {
        "shiftTotals": {
            "shiftNumber": core.drive.shift,
            "cashDrawer": {"sum": rubles(counted[till.CASH])},
            "income": _cash(core, incoming=True),
            "outcome": _cash(core, incoming=False),
            "receipts": {
                word: {"sum": rubles(counted.paid(operation)), "payments": _payments(core, operation)}
                for operation, word in _GROUPS.items()
            },
        }
    }


def _cash(core: Core, *, incoming: bool) -> Any:
    count, total = till.shift_cash_count(incoming=incoming), till.shift_cash(incoming=incoming)
    return {"count": core.till[count], "sum": rubles(core.till[total])}


def _payments(core: Core, operation: Operation) -> Any:
    kinds = {kind: core.till[till.payment(operation, FORM_OF[kind])] for kind in PaymentKind}
    return {words.PAYMENT_KINDS.word(kind): rubles(amount) for kind, amount in kinds.items()}


#: Sums of the drive's whole life by kind of payment ("1.1136"; see `fiscal_drive.counters`).
_LIFE: Final = dict(zip(PaymentKind, (1136, 1138, 1218, 1219, 1220), strict=True))


def overall_totals(core: Core, task: Plain, name: str) -> Any:
    totals = core.drive.totals
    receipts = {
        word: {
            "sum": rubles(totals.get(f"{operation.code}.1201", 0)),
            "payments": {
                words.PAYMENT_KINDS.word(kind): rubles(totals.get(f"{operation.code}.{tag}", 0))
                for kind, tag in _LIFE.items()
            },
        }
        for operation, word in _GROUPS.items()
    }
    return {"overallTotals": {"receipts": receipts}}


def departments(core: Core, task: Plain, name: str) -> Any:
    return {
        "departmentSum": {
            f"department{number}": {
                word: rubles(core.till[till.department(operation, number)]) for operation, word in _GROUPS.items()
            }
            for number in DEPARTMENTS
        }
    }


def drawer(core: Core, task: Plain, name: str) -> Any:
    return {"cashDrawerStatus": {"cashDrawerOpened": False}, "counters": {"cashSum": rubles(core.till[till.CASH])}}


def _warnings(core: Core) -> dict[str, bool]:
    warnings = core.drive.warnings
    return {
        "memoryOverflow": bool(warnings & DriveWarning.MEMORY_90),
        "needReplacement": bool(warnings & DriveWarning.REPLACE_URGENTLY),
        "ofdTimeout": bool(warnings & DriveWarning.OFD_OVERDUE),
        "resourceExhausted": bool(warnings & DriveWarning.RESOURCE_30_DAYS),
        "criticalError": bool(warnings & DriveWarning.CRITICAL),
        "fnContainsKeysUpdaterServerUri": False,
    }


def fn_info(core: Core, task: Plain, name: str) -> Any:
    drive, resource = core.drive, core.drive.resource
    registered = drive.registration
    return {
        "fnInfo": {
            "serial": drive.number,
            "version": _EXECUTION,
            "execution": _EXECUTION,
            "numberOfRegistrations": drive.registrations_done,
            "registrationsRemaining": resource.registrations_left,
            "validityDate": None if resource.valid_until is None else f"{resource.valid_until:%Y-%m-%d}T00:00:00",
            "ffdVersion": None if registered is None else str(registered.ffd),
            "fnFfdVersion": str(drive.ffd),
            "livePhase": _PHASES[drive.phase],
            "warnings": _warnings(core),
        }
    }


def fn_status(core: Core, task: Plain, name: str) -> Any:
    drive = core.drive
    return {
        "fnStatus": {
            "fiscalDocumentNumber": drive.last_document,
            "fiscalReceiptNumber": drive.receipt,
            "warnings": _warnings(core),
        }
    }


def registration_info(core: Core, task: Plain, name: str) -> Any:
    known = core.registration
    taxations = [words.TAXATIONS.word(one) for one in Taxation if one.code & known.taxations]
    return {
        "organization": {
            "name": known.user_name,
            "vatin": known.inn,
            "email": known.sender_email,
            "address": known.address,
            "taxationTypes": taxations,
            "agents": [words.AGENTS.word(one) for one in AgentKind if one.code & known.agents],
        },
        "device": {
            "registrationNumber": known.registration_number,
            "fnsUrl": known.tax_site,
            "offlineMode": known.offline,
            "machineInstallation": known.printer_in_machine,
            "bso": known.bso,
            "encryption": known.encryption,
            "autoMode": known.automatic,
            "machineNumber": known.machine_number,
            "internet": known.internet,
            "service": known.services,
            "excise": known.excise,
            "gambling": known.gambling,
            "lottery": known.lottery,
            "marking": known.marking,
            "pawnShop": known.pawnshop,
            "insurance": known.insurance,
            "defaultTaxationType": taxations[0],
            "ofdChannel": "ethernet",
            "ffdVersion": str(known.ffd),
            "paymentsAddress": known.place,
        },
        "ofd": {"name": known.ofd_name, "vatin": known.ofd_inn, "host": "", "port": 0, "dns": ""},
        "ism": {"host": "", "port": 0},
    }


def ofd_status(core: Core, task: Plain, name: str) -> Any:
    backlog = core.drive.backlog
    calm = {"code": 0, "description": errors.error(0).text_ru}
    return {
        "status": {
            "notSentCount": backlog.count,
            "notSentFirstDocNumber": backlog.first or 0,
            "notSentFirstDocDateTime": _moment(core, backlog.first_at),
        },
        "errors": {"fnCommandCode": 0, "documentNumber": 0, "network": calm, "ofd": calm, "fn": calm},
    }


def ism_status(core: Core, task: Plain, name: str) -> Any:
    first = core.drive.marking.first
    return {
        "status": {
            "notSentCount": core.drive.marking.unsent,
            "notSentFirstDocNumber": 0 if first is None else first.number,
            "notSentFirstDocDateTime": _moment(core, None if first is None else first.at),
        }
    }


def licenses(core: Core, task: Plain, name: str) -> Any:
    return {"licenses": []}


def mcu(core: Core, task: Plain, name: str) -> Any:
    return {"mcu": {"partId": _EXECUTION, "partName": _EXECUTION, "sn": core.registered.serial}}


def document(core: Core, task: OfDocument, name: str) -> Any:
    """documentTLV has type and QR text beside the tags: one public model takes them out of there (KKTServiceLib)."""
    stored = core.drive.document(task.fiscal_document_number)
    if stored is None:
        raise Refusal(errors.FN_NO_DATA)
    head = {"fiscalDocumentType": DOCUMENT_TYPES[stored.code], "short": False}
    found: dict[str, Any] = {**head, "documentTLV": head | _tags(stored.elements)}
    return found | {"rawData": base64_text(stored.tlv)} if task.with_raw_data else found


def _tags(elements: tuple[Element, ...]) -> dict[str, Any]:
    """By number; what occurs several times is a list. UNCONFIRMED: how values are spelt; sums are kopecks here."""
    found: dict[str, Any] = {}
    for element in elements:
        key, value = str(element.tag), _value(element)
        if key not in found:
            found[key] = value
        elif isinstance(found[key], list):
            found[key].append(value)
        else:
            found[key] = [found[key], value]
    return found


def _value(element: Element) -> Any:
    match element.value:
        case tuple():
            return _tags(element.value)
        case bytes():
            return base64_text(element.value)
        case datetime():
            return element.value.isoformat()
        case _:
            return element.value


def last_params(core: Core, task: LastFiscalParams, name: str) -> Any:
    """Of the last document, or of the last receipt or correction."""
    for number in range(core.drive.last_document, 0, -1):
        stored: StoredDocument | None = core.drive.document(number)
        if stored is not None and (stored.operation or not task.for_receipt):
            return {"fiscalParams": fiscal_params(core, stored).json_values()}
    raise Refusal(errors.FN_NO_DATA)


HANDLERS: Handlers = {
    "getDeviceInfo": device_info,
    "getDeviceStatus": device_status,
    "getShiftStatus": shift_status,
    "getShiftTotals": shift_totals,
    "getOverallTotals": overall_totals,
    "getDepartmentSum": departments,
    "getCashDrawerStatus": drawer,
    "getFnInfo": fn_info,
    "getFnStatus": fn_status,
    "getRegistrationInfo": registration_info,
    "ofdExchangeStatus": ofd_status,
    "ismExchangeStatus": ism_status,
    "getLicenses": licenses,
    "getMcu": mcu,
    "getFnDocument": document,
    "getLastFiscalParams": last_params,
}
