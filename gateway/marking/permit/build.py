"""Permit mode put together from the configuration. The services' clients are loaded where permit mode is on."""

from __future__ import annotations

import random
import ssl
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from gateway.marking.permit.emergency import Emergency
from gateway.marking.permit.policy import Policy
from gateway.marking.permit.service import Permit
from gateway.marking.permit.settings import LocalSettings, PermitSettings, PiotSettings, on_this_machine
from gateway.marking.permit.sources import Service

if TYPE_CHECKING:
    from gateway.marking.permit.transport import Transport


def build(
    settings: PermitSettings,
    *,
    now: Callable[[], datetime],
    rng: random.Random,
    program_version: str,
    transport: Transport | None = None,
) -> Permit | None:
    """None when permit mode is off. `transport` replaces the sockets of all services."""
    if not settings.enabled:
        return None
    from gateway.marking.permit.cdn import Cdn
    from gateway.marking.permit.transport import HttpTransport

    online: Service | None = None
    token = None
    if settings.piot is not None:
        online = _piot(settings.piot, program_version, transport)
    elif settings.cdn is not None:
        token = settings.cdn.api_key.get_secret_value()
        online = Cdn(
            settings.cdn.address,
            token,
            transport or HttpTransport(proxied=not on_this_machine(settings.cdn.address)),
            rng=rng,
        )
    local = None if settings.local is None else _local(settings.local, token, now, transport)
    return Permit(online, local, Policy.of(settings.no_answer), Emergency(), now=now)


def _local(
    settings: LocalSettings, token: str | None, now: Callable[[], datetime], transport: Transport | None
) -> Service:
    from gateway.marking.permit.local import LocalModule
    from gateway.marking.permit.transport import HttpTransport

    return LocalModule(
        settings.address,
        settings.user,
        settings.password.get_secret_value(),
        transport or HttpTransport(),
        version=settings.version,
        token=token if settings.initialise else None,
        now=now,
    )


def _piot(settings: PiotSettings, program_version: str, transport: Transport | None) -> Service:
    from gateway.marking.permit.piot import Piot
    from gateway.marking.permit.transport import HttpTransport

    client = {
        "name": settings.name,
        "version": program_version,
        "id": settings.id,
        "token": settings.token.get_secret_value(),
    }
    return Piot(settings.address, client, transport or HttpTransport(tls=_tls(settings)), version=settings.version)


def _tls(settings: PiotSettings) -> ssl.SSLContext | None:
    """The service makes its own certificate, whose names fit nothing."""
    if settings.certificate is None and not on_this_machine(settings.address):
        return None
    context = ssl.create_default_context(cafile=settings.certificate)
    context.check_hostname = False
    if settings.certificate is None:
        context.verify_mode = ssl.CERT_NONE
    return context
