"""The server's list of devices: all of them mean the one register that is there, and one at a time has it open."""

from __future__ import annotations

from typing import Any, Final

from emulator.registers.atol_web.memory import AtolWebMemory
from protocols.atol_web.results import NotAResult, read
from protocols.atol_web.server import Device, ServerSettings

#: What an address may say instead of an id.
DEFAULT: Final = "default"


class NoDevice(Exception):
    """There is no device of this id."""


class DeviceExists(Exception):
    """There is one already."""


class PortBusy(Exception):
    """Another device has the register open."""


class Devices:
    """Kept in the register's memory; the caller saves it."""

    def __init__(self, memory: AtolWebMemory, name: str) -> None:
        self._memory = memory
        if not memory.devices:
            self._keep(Device(id=name[:16], name="ККТ", is_active=True, is_default=True))

    @property
    def settings(self) -> ServerSettings:
        return read(ServerSettings, self._memory.settings)

    @settings.setter
    def settings(self, settings: ServerSettings) -> None:
        self._memory.settings = settings.json_values()

    @property
    def active(self) -> str | None:
        """The device that has the register."""
        return next((one.id for one in self.all() if one.is_active), None)

    def all(self) -> list[Device]:
        return [read(Device, kept) for kept in self._memory.devices.values()]

    def get(self, name: str | None) -> Device:
        """By id; None or "default": the default one. NoDevice."""
        for one in self.all():
            if one.id == name or (name in {None, "", DEFAULT} and one.is_default):
                return one
        raise NoDevice(name or DEFAULT)

    def add(self, given: Any) -> Device:
        """NotAResult, DeviceExists. A new device is not active."""
        device = read(Device, given)
        if device.id in self._memory.devices or device.id == DEFAULT:
            raise DeviceExists(device.id)
        return self._keep(device.model_copy(update={"is_active": False, "is_default": not self._memory.devices}))

    def change(self, name: str, given: Any) -> Device:
        """What is said of it; its id and state are not for a PUT to change. NoDevice, NotAResult."""
        known = self.get(name)
        if not isinstance(given, dict):
            raise NotAResult("a device is a JSON object")
        fixed = {"id": known.id, "isActive": known.is_active, "isDefault": known.is_default}
        return self._keep(read(Device, known.json_values() | given | fixed))

    def remove(self, name: str) -> None:
        gone = self.get(name)
        self._memory.devices = {key: kept for key, kept in self._memory.devices.items() if key != gone.id}

    def make_default(self, name: str) -> None:
        chosen = self.get(name)
        for one in self.all():
            self._keep(one.model_copy(update={"is_default": one.id == chosen.id}))

    def activate(self, name: str | None, *, active: bool) -> Device:
        """NoDevice, PortBusy."""
        device = self.get(name)
        if active and self.active not in {None, device.id}:
            raise PortBusy(device.id)
        return self._keep(device.model_copy(update={"is_active": active}))

    def _keep(self, device: Device) -> Device:
        self._memory.devices = self._memory.devices | {device.id: device.json_values()}
        return device
