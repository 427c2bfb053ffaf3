"""`/api/v2` (§1.1): requests with answers in JSON, devices, settings, operations that pass the queue by."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from emulator.faults import PowerLoss
from emulator.registers.atol_web.devices import DeviceExists, NoDevice, PortBusy
from emulator.registers.atol_web.http import Api, Refused, answer, body_of, both
from protocols.atol_web import errors
from protocols.atol_web.commands import OPERATIONS
from protocols.atol_web.results import Accepted, NotAResult, Status, Subtask, read
from protocols.atol_web.server import MAPPING, TEMPLATE, ServerInfo, ServerSettings

_VERSION: Final = "1.0.4.0"
_DRIVER: Final = "10.10.7.0"

Do = Callable[[dict[str, Any]], Awaitable[Subtask]]


class Version2:
    """`do` carries a task out at once; `save` keeps the memory that devices and settings are in."""

    def __init__(self, api: Api, do: Do, save: Callable[[], None], now: Callable[[], datetime]) -> None:
        self._api = api
        self._do = do
        self._save = save
        self._now = now

    def routes(self) -> list[web.RouteDef]:
        api, at = self._api, "/api/v2"
        return [
            *both("GET", f"{at}/serverInfo", self.info),
            *both("GET", f"{at}/settings", self.settings),
            *both("PUT", f"{at}/settings", self.set_settings),
            *both("GET", f"{at}/utils/mapping", self.mapping),
            *both("GET", f"{at}/utils/deviceParametersStruct", self.template),
            *both("GET", f"{at}/devices", self.devices),
            *both("POST", f"{at}/devices", self.add_device),
            *both("GET", f"{at}/devices/{{id}}", self.device),
            *both("PUT", f"{at}/devices/{{id}}", self.change_device),
            *both("DELETE", f"{at}/devices/{{id}}", self.remove_device),
            *both("POST", f"{at}/setDefaultDevice", self.set_default),
            *both("POST", f"{at}/activateDevice", self.activate),
            *both("POST", f"{at}/deactivateDevice", self.deactivate),
            *both("POST", f"{at}/requests", api.call("http_add", self.add)),
            *both("GET", f"{at}/requests/{{uuid}}", api.call("http_result", self.result)),
            *both("DELETE", f"{at}/requests/{{uuid}}", api.call("http_cancel", self.cancel)),
            *both("GET", f"{at}/getRequestsQueueStatus", api.call("http_queue", self.queue)),
            *both("POST", f"{at}/operations/{{op}}", api.call("http_now", self.operation)),
        ]

    # --- the server

    async def info(self, request: web.Request) -> web.Response:
        at = self._now().isoformat(timespec="seconds")
        info = ServerInfo(server_version=_VERSION, driver_version=_DRIVER, os="linux", current_date_time=at)
        return answer(info.json_values())

    async def settings(self, request: web.Request) -> web.Response:
        return answer(self._api.devices.settings.json_values())

    async def set_settings(self, request: web.Request) -> web.Response:
        given = await _object(request)
        settings = _checked(lambda: read(ServerSettings, self._api.devices.settings.json_values() | given))
        self._api.devices.settings = settings
        self._save()
        return answer(settings.json_values())

    async def mapping(self, request: web.Request) -> web.Response:
        return answer(MAPPING)

    async def template(self, request: web.Request) -> web.Response:
        return answer(TEMPLATE)

    # --- devices

    async def devices(self, request: web.Request) -> web.Response:
        return answer([one.json_values() for one in self._api.devices.all()])

    async def device(self, request: web.Request) -> web.Response:
        return answer(_checked(lambda: self._api.devices.get(request.match_info["id"])).json_values())

    async def add_device(self, request: web.Request) -> web.Response:
        given = await _object(request)
        return self._kept(_checked(lambda: self._api.devices.add(given)), 201)

    async def change_device(self, request: web.Request) -> web.Response:
        given = await _object(request)
        return self._kept(_checked(lambda: self._api.devices.change(request.match_info["id"], given)))

    async def remove_device(self, request: web.Request) -> web.Response:
        _checked(lambda: self._api.devices.remove(request.match_info["id"]))
        self._save()
        return answer({})

    async def set_default(self, request: web.Request) -> web.Response:
        given = await _object(request)
        _checked(lambda: self._api.devices.make_default(str(given.get("id"))))
        self._save()
        return answer({})

    async def activate(self, request: web.Request) -> web.Response:
        return await self._activate(request, active=True)

    async def deactivate(self, request: web.Request) -> web.Response:
        return await self._activate(request, active=False)

    async def _activate(self, request: web.Request, *, active: bool) -> web.Response:
        """The device in the address, or in the body as 10.7.0.0 had it."""
        given = await _object(request) if request.can_read_body else {}
        name = request.query.get("deviceID") or given.get("deviceID")
        _checked(lambda: self._api.devices.activate(name, active=active))
        self._save()
        self._api.wake()
        return answer({})

    def _kept(self, device: Any, status: int = 200) -> web.Response:
        self._save()
        return answer(device.json_values(), status)

    # --- requests

    async def add(self, request: web.Request) -> web.Response:
        """UNCONFIRMED for a device that is not active: some say 403, some 409; here it is queued and waits."""
        given, device = await self._api.accept(request)
        queue = self._api.queue.status(device)
        accepted = Accepted(
            number=queue.number,
            uuid=given.uuid,
            is_blocked=queue.is_blocked,
            blocked_uuid=queue.blocked_uuid,
            block_reason=queue.block_reason,
        )
        return answer(accepted.json_values(), 201)

    async def result(self, request: web.Request) -> web.Response:
        return answer({"results": [step.subtask.both() for step in self._api.entry(request).steps]})

    async def cancel(self, request: web.Request) -> web.Response:
        self._api.cancel(request, 409)
        return answer({})

    async def queue(self, request: web.Request) -> web.Response:
        return answer(self._api.queue.status(self._active(request)).json_values())

    async def operation(self, request: web.Request) -> web.Response:
        task = OPERATIONS.get(request.match_info["op"])
        if task is None:
            raise Refused(404, f"Операция [{request.match_info['op']}] не поддерживается")
        self._active(request)
        try:
            ended = await self._do({"type": task})
        except PowerLoss as loss:
            self._api.fail(loss.seconds)
            raise ConnectionResetError("the power is gone") from None
        if ended.status is not Status.READY:
            raise Refused(400, ended.description, ended.code)
        return answer(ended.result)

    def _active(self, request: web.Request) -> str:
        """Refused 404, 403."""
        device = self._api.device_of(request)
        if self._api.devices.active != device:
            raise Refused(403, f"Устройство [{device}] не активно")
        return device


async def _object(request: web.Request) -> dict[str, Any]:
    body = await body_of(request)
    if not isinstance(body, dict):
        raise Refused(400, "Ошибка разбора JSON")
    return body


def _checked(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except NoDevice as error:
        raise Refused(404, f"Устройство [{error}] не найдено") from None
    except DeviceExists as error:
        raise Refused(409, f"Устройство [{error}] уже есть") from None
    except PortBusy:
        raise Refused(409, errors.error(errors.PORT_BUSY).text_ru, errors.PORT_BUSY) from None
    except NotAResult as error:
        field = str(error).partition(":")[0]
        raise Refused(400, f"Некорректное значение или тип поля '{field}'") from None
