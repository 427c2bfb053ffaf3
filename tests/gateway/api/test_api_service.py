from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from api_world import World, a_body, gateway_world
from openapi_spec_validator import OpenAPIV31SpecValidator

from gateway.api import problems
from gateway.config import ADMIN_TOKEN_FILE
from gateway.receipts.fault_codes import FAULT_CODES

RECEIPTS = "/api/v1/receipts"
ORDER = "/api/v1/orders/{number}"


async def operations(world: World) -> list[tuple[str, str, dict[str, Any]]]:
    _, document, _ = await world.get("/openapi.json", token=None)
    return [(m.upper(), path, op) for path, methods in document["paths"].items() for m, op in methods.items()]


def example(path: str) -> str:
    return path.replace("{id}", "1001").replace("{name}", "kkt-1").replace("{number}", "1001")


async def test_the_document_is_valid_openapi_31(world: World) -> None:
    status, document, _ = await world.get("/openapi.json", token=None)
    assert status == 200
    assert document["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(document).validate()
    referred = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert referred <= set(document["components"]["schemas"])


async def test_every_call_of_the_design_is_there(world: World) -> None:
    actions = (
        "open-shift close-shift x-report cash-in cash-out open-drawer print-text set-clock recover diagnose release"
    )
    wanted = {
        ("POST", RECEIPTS), ("GET", RECEIPTS), ("POST", "/api/v1/corrections"), ("GET", f"{RECEIPTS}/{{id}}"),
        ("GET", f"{RECEIPTS}/{{id}}/tags"),
        ("GET", f"{RECEIPTS}/{{id}}/picture.png"), ("GET", f"{RECEIPTS}/{{id}}/trace"),
        *(("POST", f"{RECEIPTS}/{{id}}/{what}") for what in ("cancel", "retry", "resolve", "reprint")),
        ("GET", "/api/v1/registers"), ("GET", "/api/v1/registers/{name}"),
        *(("POST", f"/api/v1/registers/{{name}}/{action}") for action in actions.split()),
        ("GET", "/api/v1/events"), ("GET", "/api/v1/version"),
        ("GET", "/health/live"), ("GET", "/health/ready"), ("GET", "/metrics"), ("GET", "/openapi.json"),
        ("GET", "/docs"),
        ("GET", "/api/v1/scanners"), ("GET", "/api/v1/scanners/{name}/events"),
        ("POST", "/api/v1/scanners/{name}/claim"),
        *((method, ORDER) for method in ("PUT", "GET")),
        *(("POST", f"{ORDER}/{what}") for what in ("events", "plan", "scans")),
    }  # fmt: skip
    found = {(method, path) for method, path, _ in await operations(world)}
    assert wanted <= found


async def test_every_call_asks_for_its_scope_and_no_other(world: World) -> None:
    secrets = {"receipts": world.receipts, "devices": world.devices}
    for method, path, operation in await operations(world):
        scope = operation["x-scope"]
        assert scope in {None, "receipts", "devices", "admin"}
        without = (await world.call(method, example(path), token=None))[0]
        assert (without == 401) == (scope is not None), path
        assert (operation["security"] == []) == (scope is None)
        for name, secret in secrets.items():
            if path == "/api/v1/events" and name == scope:
                continue  # it would stay open
            status, problem, _ = await world.call(method, example(path), token=secret)
            refused = status == 403 and problem["code"] == "scope_missing"
            assert refused == (scope not in {None, name}), (method, path, name)


async def test_no_get_changes_anything(world: World) -> None:
    await world.post(f"{RECEIPTS}?wait=60", a_body())
    await world.post("/api/v1/registers/kkt-1/x-report?wait=60")

    async def memory() -> tuple[Any, ...]:
        journal = world.shop.journal
        return (
            await journal.get("1001"),
            await journal.last_event(),
            await journal.tokens(),
            list(world.till.documents),
        )

    before = await memory()
    for method, path, _ in await operations(world):
        if method == "GET" and path != "/api/v1/events":
            status, _, _ = await world.get(example(path))
            assert status in {200, 404, 503}, path  # 503: the register was not read yet
    assert await memory() == before


async def test_every_call_survives_nonsense(world: World) -> None:
    for method, path, _ in await operations(world):
        if path == "/api/v1/events":
            continue
        for body in (None, [], {"x": "\ud800"}, {"id": None}):
            for name in ("%00", "..", "%F0%9F%98%80", "a" * 300):
                address = re.sub(r"\{\w+\}", name, path)
                if address.endswith("/../events"):
                    continue  # on the way it becomes /api/v1/events
                status, _, _ = await world.call(method, address, json=body)
                assert status < 500, (method, address, body)


async def test_docs_load_only_from_here(world: World) -> None:
    status, page, headers = await world.get("/docs", token=None)
    assert status == 200
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    links = re.findall(r'(?:src|href)="([^"]+)"', page.decode())
    assert len(links) == 4
    for link in links:
        assert link.startswith("/docs/")
        status, body, headers = await world.get(link, token=None)
        assert (status, len(body) > 50) == (200, True), link
    assert (await world.get("/docs/index.html", token=None))[0] == 404


async def test_health_version_metrics(world: World) -> None:
    assert (await world.get("/health/live", token=None))[0] == 200
    await world.post(f"{RECEIPTS}?wait=60", a_body())
    status, ready, _ = await world.get("/health/ready", token=None)
    assert (status, ready["registers"]["kkt-1"]) == (200, "connected")
    status, version, _ = await world.get("/api/v1/version")
    assert (status, set(version)) == (200, {"name", "version", "api", "emulated"})
    status, text, _ = await world.get("/metrics")
    assert status == 200
    assert b'fiscal_gateway_http_answers_total{route="/api/v1/receipts",status="201"} 1.0' in text
    assert b'fiscal_gateway_register_connected{register="kkt-1"} 1.0' in text


async def test_metrics_without_token_when_configured(tmp_path: Path) -> None:
    async with gateway_world(tmp_path, metrics_open=True) as world:
        assert (await world.get("/metrics", token=None))[0] == 200


async def test_tokens_are_made_listed_and_revoked(world: World) -> None:
    status, made, _ = await world.post("/api/v1/tokens", {"name": "Касса", "scope": "receipts,devices"})
    assert status == 201
    assert (await world.get(RECEIPTS, token=made["token"]))[0] == 200
    assert (await world.get("/api/v1/registers", token=made["token"]))[0] == 200
    status, listed, _ = await world.get("/api/v1/tokens")
    assert status == 200
    assert made["token"] not in json.dumps(listed)
    assert made["id"] in {token["id"] for token in listed["tokens"]}
    assert (await world.call("DELETE", f"/api/v1/tokens/{made['id']}"))[0] == 200
    assert (await world.get(RECEIPTS, token=made["token"]))[0] == 401
    assert (await world.call("DELETE", f"/api/v1/tokens/{made['id']}"))[0] == 404
    status, problem, _ = await world.post("/api/v1/tokens", {"name": "x", "scope": "root"})
    assert [(fault["pointer"], fault["code"]) for fault in problem["errors"]] == [("/scope", "unknown_value")]


async def test_the_admin_token_is_private_kept_and_never_stored_in_clear(tmp_path: Path) -> None:
    async with gateway_world(tmp_path) as world:
        first = world.admin
        assert stat.S_IMODE((tmp_path / ADMIN_TOKEN_FILE).stat().st_mode) == 0o600
    async with gateway_world(tmp_path) as world:
        assert world.admin == first
        assert (await world.get("/api/v1/tokens"))[0] == 200
        _, listed, _ = await world.get("/api/v1/tokens")
        admin = next(token for token in listed["tokens"] if token["name"] == "admin")
        await world.call("DELETE", f"/api/v1/tokens/{admin['id']}")
    async with gateway_world(tmp_path) as world:
        assert (await world.get("/api/v1/tokens"))[0] == 401
    assert first.encode() not in everything_but_the_admin_file(tmp_path)


def everything_but_the_admin_file(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.iterdir() if path.name != ADMIN_TOKEN_FILE)


async def test_a_problems_type_leads_to_its_documentation(world: World) -> None:
    _, problem, _ = await world.get(f"{RECEIPTS}/none")
    address, _, code = problem["type"].partition("#")
    status, page, _ = await world.get(address, token=None)
    assert status == 200
    assert f"| `{code}` | 404 |" in page.decode()


def test_the_page_of_errors_is_current() -> None:
    page = Path(__file__).parents[3] / "docs" / "errors.md"
    assert page.read_text(encoding="utf-8") == problems.markdown()


def test_every_problem_has_its_row_in_the_documentation() -> None:
    page = problems.markdown()
    for code, kind in problems.TABLE.items():
        assert f"| `{code}` | {kind.status} |" in page
        assert kind.step, code
        # the cause, and behind it the next step
        assert re.search("[а-яё]{3,}.*[:.,] .*[а-яё]{3,}.*[.]$", kind.hint), code


@pytest.mark.parametrize(
    "package",
    [
        "gateway/receipts",
        "gateway/orders",
        "gateway/api",
        "protocols/ffd",
        "devices/registers",
        "devices/registers/shtrih",
    ],
)
def test_every_fault_code_raised_is_documented(package: str) -> None:
    known = set(FAULT_CODES) | set(problems.TABLE)
    for path in (Path(__file__).parents[3] / package).glob("*.py"):
        source = path.read_text(encoding="utf-8")
        named = r'(?:PydanticCustomError\(|Problem\(|Rejected\(|_scan_refused\(|Fault\([^,()]+,)\s*"([a-z_0-9]+)"'
        raised = re.findall(named, source)
        assert set(raised) - {"left_out"} <= known, path.name  # left_out is a warning
