"""TLS on real sockets: who has the shop's authority gets in, nobody else does, and renewal needs no restart."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
import structlog
from aiohttp import web

from gateway import daemon, tls, tls_authority
from gateway.api.server import Server
from gateway.cli.client import NoDaemon, connect, find_address
from gateway.cli.serve import run
from gateway.config import ServerSettings, Settings
from gateway.listening import listening

LOCAL = ServerSettings(port=0, tls="local", hosts=("kassa.local",))


async def hello(request: web.BaseRequest) -> web.StreamResponse:
    return web.Response(text="hello")


@contextlib.asynccontextmanager
async def served(
    directory: Path, settings: ServerSettings = LOCAL, reload: asyncio.Event | None = None
) -> AsyncIterator[str]:
    runner = web.ServerRunner(Server(hello))
    await runner.setup()
    try:
        async with listening(
            runner, settings, directory, now=lambda: datetime.now(UTC), reload=reload or asyncio.Event()
        ) as url:
            yield url
    finally:
        await runner.cleanup()


def trusting(directory: Path) -> ssl.SSLContext:
    """A client that knows the shop's authority and no other."""
    return ssl.create_default_context(cafile=str(tls_authority.ca_file(directory)))


async def get(url: str, known: ssl.SSLContext | aiohttp.Fingerprint | bool, **options: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(url, ssl=known, **options) as answer:
        return await answer.text()


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def serial_seen(url: str, directory: Path) -> int:
    from cryptography import x509

    pem = ssl.get_server_certificate(("127.0.0.1", port_of(url)), ca_certs=str(tls_authority.ca_file(directory)))
    return x509.load_pem_x509_certificate(pem.encode()).serial_number


async def test_https_is_for_those_who_know_the_authority(tmp_path: Path) -> None:
    async with served(tmp_path) as url:
        assert url.startswith("https://127.0.0.1:")
        assert await get(url, trusting(tmp_path)) == "hello"
        assert await get(url.replace("127.0.0.1", "localhost"), trusting(tmp_path)) == "hello"
        assert await get(url, trusting(tmp_path), server_hostname="kassa.local") == "hello"
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await get(url, True)
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await get(url, trusting(tmp_path), server_hostname="bank.example.ru")


async def test_the_keys_are_private_and_the_authority_is_kept(tmp_path: Path) -> None:
    async with served(tmp_path):
        pass
    before = tls_authority.ca_file(tmp_path).read_bytes()
    for name in (tls_authority.CA_KEY_FILE, tls_authority.SERVER_FILE):
        assert stat.S_IMODE((tmp_path / tls_authority.DIRECTORY / name).stat().st_mode) == 0o600
    async with served(tmp_path, ServerSettings(port=0, tls="local", hosts=("kassa.local", "192.168.7.7", "till.lan"))):
        assert tls_authority.ca_file(tmp_path).read_bytes() == before


async def test_a_name_outside_the_constraint_makes_a_new_authority(tmp_path: Path) -> None:
    async with served(tmp_path):
        before = tls_authority.ca_file(tmp_path).read_bytes()
    async with served(tmp_path, ServerSettings(port=0, tls="local", hosts=("kassa.shop.example.ru",))) as url:
        assert tls_authority.ca_file(tmp_path).read_bytes() != before
        assert await get(url, trusting(tmp_path), server_hostname="kassa.shop.example.ru") == "hello"


async def test_the_authority_cannot_vouch_for_anybody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even with its stolen key: the name constraint is what clients refuse by."""
    tls_authority.ensure(tmp_path, ["kassa.local"], datetime.now(UTC))
    monkeypatch.setattr(tls_authority, "_covers", lambda *_: True)
    settings = ServerSettings(port=0, tls="local", hosts=("bank.example.ru",))
    async with served(tmp_path, settings) as url:
        with pytest.raises(aiohttp.ClientConnectorCertificateError, match="permitted subtree violation"):
            await get(url, trusting(tmp_path), server_hostname="bank.example.ru")


async def test_old_tls_is_refused(tmp_path: Path) -> None:
    async with served(tmp_path) as url:
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            old = trusting(tmp_path)
            old.set_ciphers("DEFAULT:@SECLEVEL=0")
            with pytest.warns(DeprecationWarning, match="deprecated"):
                old.minimum_version = old.maximum_version = version
            with pytest.raises(aiohttp.ClientConnectorError):
                await get(url, old)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            modern = trusting(tmp_path)
            modern.minimum_version = modern.maximum_version = version
            assert await get(url, modern) == "hello"


async def test_plain_http_on_the_tls_port_is_cut_without_noise(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(tmp_path) as url:
        for data in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x00" * 500, b"\x16\x03\x01\x02\x00\x01"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port_of(url))
            writer.write(data)
            writer.write_eof()
            async with asyncio.timeout(10):
                with contextlib.suppress(ConnectionError):
                    assert b"HTTP" not in await reader.read()
            writer.close()
        assert await get(url, trusting(tmp_path)) == "hello"
    assert [record for record in caplog.records if record.levelno >= logging.INFO] == []


async def test_a_handshake_that_never_comes_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.tls.HANDSHAKE_SECONDS", 0.05)
    async with served(tmp_path) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(url))
        async with asyncio.timeout(10):
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
        writer.close()


async def test_a_renewed_certificate_is_served_without_a_restart(tmp_path: Path) -> None:
    """From files: the old one stays while the new pair is unusable, and is replaced once it fits."""
    directory, other = tmp_path / "own", tmp_path / "other"
    tls_authority.ensure(directory, ["kassa.local"], datetime.now(UTC))
    tls_authority.ensure(other, ["kassa.local"], datetime.now(UTC))
    pem = tmp_path / "server.pem"
    pem.write_bytes(tls_authority.server_file(directory).read_bytes())
    settings = ServerSettings(port=0, tls="files", certificate=pem, key=pem)
    reload = asyncio.Event()
    async with served(tmp_path, settings, reload) as url:
        loop = asyncio.get_running_loop()
        first = find_address(tmp_path)[1]
        before = await loop.run_in_executor(None, serial_seen, url, directory)
        assert stat.S_IMODE(pem.stat().st_mode) == 0o600  # was readable by others
        pem.write_bytes(b"half of a file")
        reload.set()
        await asyncio.sleep(0)
        assert await loop.run_in_executor(None, serial_seen, url, directory) == before
        pem.write_bytes(tls_authority.server_file(other).read_bytes())
        reload.set()
        for _ in range(1000):
            if find_address(tmp_path)[1] != first:
                break
            await asyncio.sleep(0)
        assert await loop.run_in_executor(None, serial_seen, url, other) != before


def test_a_server_certificate_is_renewed_in_time_and_keeps_its_authority(tmp_path: Path) -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    assert tls_authority.ensure(tmp_path, ["kassa.local"], start)
    ca = tls_authority.ca_file(tmp_path).read_bytes()
    renewed = [
        day for day in range(1, 800) if tls_authority.ensure(tmp_path, ["kassa.local"], start + timedelta(days=day))
    ]
    assert renewed == [338, 676]
    assert tls_authority.ca_file(tmp_path).read_bytes() == ca
    certificate = tls_authority.load_certificate(tls_authority.server_file(tmp_path))
    assert certificate is not None
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc <= timedelta(days=398)


@pytest.mark.parametrize("victim", [tls_authority.CA_FILE, tls_authority.CA_KEY_FILE, tls_authority.SERVER_FILE])
@pytest.mark.parametrize("damage", [b"", b"-----BEGIN CERTIFICATE-----\nMII", None])
def test_damaged_files_are_made_again(tmp_path: Path, victim: str, damage: bytes | None) -> None:
    now = datetime.now(UTC)
    tls_authority.ensure(tmp_path, ["kassa.local"], now)
    path = tmp_path / tls_authority.DIRECTORY / victim
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    assert tls_authority.ensure(tmp_path, ["kassa.local"], now)
    assert not tls_authority.ensure(tmp_path, ["kassa.local"], now)
    tls._modern().load_cert_chain(tls_authority.server_file(tmp_path))


def test_unusable_files_are_told_by_name(tmp_path: Path) -> None:
    settings = ServerSettings(tls="files", certificate=tmp_path / "a.pem", key=tmp_path / "b.pem")
    with pytest.raises(tls.CertificateUnusable, match=r"a\.pem"):
        tls.Certificate(settings, tmp_path, lambda: datetime.now(UTC))


async def test_the_command_line_knows_its_own_daemon_by_itself(tmp_path: Path) -> None:
    """Whole daemon: address file, Host and Origin over TLS; and the same port with another certificate is refused."""
    settings = Settings.model_validate(
        {
            "server": {"port": 0, "tls": "local"},
            "data_dir": tmp_path,
            "registers": [{"name": "kkt-1", "family": "shtrih", "link": "emulated:shtrih"}],
        }
    )
    async with daemon.running(settings, on_fatal=lambda _: None) as gateway:
        async with connect(tmp_path) as client:
            assert (await client.get("/api/v1/version"))["emulated"] is True
        async with connect(tmp_path, gateway.url.replace("127.0.0.1", "localhost")) as client:
            assert await client.get("/api/v1/version")
        async with aiohttp.ClientSession() as session:
            for origin, status in ((gateway.url, 200), (gateway.url.replace("https", "http"), 403)):
                async with session.get(
                    gateway.url + "/health/live", ssl=trusting(tmp_path), headers={"Origin": origin}
                ) as answer:
                    assert answer.status == status
        address = tmp_path / "address"
        url, fingerprint = address.read_text().split()
        address.write_text(f"{url}\n{'00' * 32}\n")
        with pytest.raises(NoDaemon):
            async with connect(tmp_path) as client:
                await client.get("/api/v1/version")
        assert len(fingerprint) == 64


def test_the_loop_that_shops_run_on_speaks_tls_too(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """uvloop has a TLS of its own: the same answers, and the same silence about plain HTTP and garbage."""

    async def session() -> str:
        async with served(tmp_path) as url:
            for data in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x00" * 500):
                reader, writer = await asyncio.open_connection("127.0.0.1", port_of(url))
                writer.write(data)
                async with asyncio.timeout(10):
                    with contextlib.suppress(ConnectionError):
                        assert b"HTTP" not in await reader.read()
                writer.close()
            return await get(url, trusting(tmp_path))

    assert run(session()) == "hello"
    assert capfd.readouterr().err == ""


async def test_plain_http_beyond_loopback_is_warned_of_at_every_start(tmp_path: Path) -> None:
    settings = ServerSettings(port=0, host="0.0.0.0", insecure_plain_http=True)
    with structlog.testing.capture_logs() as events:
        async with served(tmp_path, settings) as url:
            assert url.startswith("http://127.0.0.1:")
            assert await get(url, True) == "hello"
    assert [one["event"].partition(":")[0] for one in events if one["log_level"] == "warning"] == [
        "insecure_plain_http"
    ]
