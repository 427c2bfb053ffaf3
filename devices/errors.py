"""What can go wrong between the gateway and a device: one small tree (design.md, rule 10).

Every error has a stable `code` for machines, an English `detail` and a Russian `hint` for the person at the till.
"""

from __future__ import annotations

from collections.abc import Iterable

from devices.hints import joined
from protocols.ffd.faults import Fault


class GatewayError(Exception):
    """Root of everything this project raises on purpose."""

    code = "error"

    def __init__(self, detail: str, *, hint: str = "", code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint
        if code is not None:
            self.code = code


class LinkError(GatewayError):
    """Nothing came back, or the line broke: what the device did is unknown until it is asked."""

    code = "link_lost"


class ProtocolError(GatewayError):
    """Something came back that the protocol does not allow."""

    code = "protocol_error"


class DeviceError(GatewayError):
    """The device understood and said no. `number` is its own error number."""

    code = "device_error"

    def __init__(self, detail: str, *, number: int, command: str = "", hint: str = "", code: str | None = None) -> None:
        super().__init__(detail, hint=hint, code=code)
        self.number = number
        self.command = command


class Retryable(DeviceError):
    """The device is busy or not ready; the same command may be sent again later."""

    code = "device_busy"


class NeedsOperator(DeviceError):
    """Nothing goes on until a person acts: paper, cover, clock, a blocked drive."""

    code = "needs_operator"


class Rejected(DeviceError):
    """The device refuses this request for good; sending it again will not help."""

    code = "device_rejected"


class RequestError(GatewayError):
    """The caller's data cannot become this document on this register."""

    code = "request_invalid"


class Unmakeable(RequestError):
    """A register cannot make this document; `faults` are all the reasons, by pointer into the caller's body.

    As one error it bears the code of the first.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            "; ".join(f"{fault.pointer}: {fault.message}" if fault.pointer else fault.message for fault in self.faults),
            hint=joined((fault.pointer, fault.hint) for fault in self.faults),
            code=self.faults[0].code,
        )
