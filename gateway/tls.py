"""The server's side of TLS: one context whose certificate is renewed while connections go on."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from cryptography import x509

from devices.errors import GatewayError
from gateway import tls_authority
from gateway.config import WILDCARDS, ServerSettings, host_name
from gateway.private_files import mend

log = structlog.get_logger(__name__)

#: How often files are looked at without being told (SIGHUP).
CHECK_SECONDS = 3600.0
#: Who has not finished the handshake by then is cut.
HANDSHAKE_SECONDS = 5.0
#: A certificate from files cannot be renewed by us: from here on it is warned of.
WARN_BEFORE = timedelta(days=14)


class CertificateUnusable(GatewayError):
    """The certificate or its key cannot be used."""

    code = "certificate_unusable"


class Certificate:
    """`context` is for the listening socket: new connections get the certificate that `refresh` found last."""

    def __init__(self, settings: ServerSettings, data_dir: Path, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._data_dir = data_dir
        self._now = now
        self._loaded = b""
        self.context = _modern()
        #: SHA-256 of the server's certificate, hexadecimal: how the command line knows its own daemon.
        self.fingerprint = ""
        self.refresh()

    def refresh(self) -> bool:
        """True when another certificate is in use now. CertificateUnusable leaves the old one in use."""
        if self._settings.tls == "local":
            try:
                if tls_authority.ensure(self._data_dir, local_names(self._settings), self._now()):
                    log.info("made a new server certificate", names=local_names(self._settings))
            except OSError as error:
                raise _unusable(f"cannot keep the local certificate in {self._data_dir}: {error}") from error
            certificate = key = tls_authority.server_file(self._data_dir)
        else:
            assert self._settings.certificate is not None
            assert self._settings.key is not None
            certificate, key = self._settings.certificate, self._settings.key
        if mend(key):
            log.warning("the key could be read by others: its rights were corrected", file=str(key))
        return self._load(certificate, key)

    def _load(self, certificate: Path, key: Path) -> bool:
        try:
            content = certificate.read_bytes() + key.read_bytes()
            digest = hashlib.sha256(content).digest()
            if digest == self._loaded:
                return False
            # Tried first on a context of its own: a wrong pair must not spoil the one in use.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=_no_password)
            first = x509.load_pem_x509_certificate(content)
            self.context.load_cert_chain(certificate, key, password=_no_password)
        except (OSError, ValueError) as error:
            raise _unusable(f"{certificate} and {key} cannot be used: {error}") from error
        self._loaded = digest
        self.fingerprint = tls_authority.fingerprint(first).replace(":", "").lower()
        left = first.not_valid_after_utc - self._now()
        if left < WARN_BEFORE:
            log.warning("the server certificate ends soon", file=str(certificate), days=left.days)
        return True

    @contextlib.asynccontextmanager
    async def watched(self, changed: Callable[[], None], reload: asyncio.Event) -> AsyncIterator[None]:
        """While inside, refreshed now and then, and at once when `reload` is set; `changed` hears of each new one."""
        task = asyncio.create_task(self._watch(changed, reload))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _watch(self, changed: Callable[[], None], reload: asyncio.Event) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CHECK_SECONDS):
                    await reload.wait()
            reload.clear()
            try:
                if self.refresh():
                    changed()
                    log.info("the server certificate was replaced", fingerprint=self.fingerprint)
            except CertificateUnusable as error:
                log.error("the new certificate is not taken, the old one stays", detail=error.detail)


def local_names(settings: ServerSettings) -> list[str]:
    """What the local certificate is made for besides this machine's own loopback."""
    names = [host_name(entry) for entry in settings.hosts]
    if settings.host not in WILDCARDS:
        names.append(settings.host)
    return list(dict.fromkeys(names))


def _modern() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # TLS 1.3's suites are all good; of 1.2's only those with forward secrecy and authenticated encryption.
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_NO_TICKET
    context.set_alpn_protocols(["http/1.1"])
    return context


def _no_password() -> str:
    """Without this OpenSSL would ask on the terminal and wait."""
    return ""


def _unusable(why: str) -> CertificateUnusable:
    return CertificateUnusable(
        f"{why}; correct [server] certificate and key",
        hint="Сертификат шлюза негоден: проверьте файлы certificate и key в настройках.",
    )
