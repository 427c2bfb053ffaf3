"""Commands of the table that this register answers with 37h, and why. Everything else it carries out."""

from __future__ import annotations

from collections.abc import Mapping

_CHIPS = "reads the chips of one model"
_SLIP = "there is no slip printer"
_DRAFT = "a draft of 2016 that later texts drop; FF4D and FF67 took its place"
_PAYMENT = "payment through the device, documented by its name only"

#: Command -> reason.
UNSUPPORTED: Mapping[str, str] = {
    "dump_start": _CHIPS,
    "dump_block": _CHIPS,
    "dump_stop": _CHIPS,
    "set_decimal_point": "money is in kopecks; the mode that allows the change never comes",
    "enter_serial": "made at the factory; the emulator numbers its registers itself",
    "set_service_password": "made at the factory",  # nosec B105 - no password
    "send_to_port": "there is no second port",
    "eject_slip": _SLIP,
    "continue_slip": _SLIP,
    "push_tlv": "no source says how its buffer is loaded",
    "tax_service_requisite": _DRAFT,
    "item_discounts": _DRAFT,
    "commodity_code": _DRAFT,
    "write_firmware": "there is no firmware",
    "start_online_payment": _PAYMENT,
    "online_payment_status": _PAYMENT,
    "online_payment_requisite": _PAYMENT,
    "mono_token": _PAYMENT,
}
