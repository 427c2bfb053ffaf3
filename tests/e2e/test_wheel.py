"""The wheel carries all it needs: installed outside the checkout, it makes documents and draws them."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = ("protocols", "devices", "emulator", "gateway")


def run(*arguments: object, cwd: Path) -> str:
    done = subprocess.run([str(one) for one in arguments], cwd=cwd, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh virtual environment with our wheel; what we depend on is lent by the environment of the tests."""
    outside = tmp_path_factory.mktemp("outside")
    source = outside / "source"
    source.mkdir()
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, source)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", outside, source, cwd=outside)
    shutil.rmtree(source)
    venv.create(outside / "venv", symlinks=True)
    python = outside / "venv" / "bin" / "python"
    (wheel,) = outside.glob("*.whl")
    run(*pip, "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=outside)
    # A directory named in a .pth file has no .pth files of its own read, so the checkout stays out of sight.
    (site,) = outside.glob("venv/lib/python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return outside


def test_nothing_comes_from_the_checkout(installed: Path) -> None:
    names = ", ".join(PACKAGES)
    code = f"import {names}; print(*(m.__file__ for m in ({names})), sep='\\n')"
    found = run(installed / "venv" / "bin" / "python", "-c", code, cwd=installed).splitlines()
    assert [Path(one).is_relative_to(installed) for one in found] == [True] * len(PACKAGES)


def test_the_demo_runs_from_the_wheel(installed: Path) -> None:
    """Migrations, the table of tags and the fonts are read on the way."""
    gateway = installed / "venv" / "bin" / "fiscal-gateway"
    told = json.loads(run(gateway, "demo", "--exit", "--json", "--data-dir", installed / "shop", cwd=installed))
    assert [receipt["state"] for receipt in told["receipts"]] == ["done"] * 14 + ["failed"]
    assert "КАССОВЫЙ ЧЕК" in run(gateway, "demo", "--exit", cwd=installed)


def test_pictures_and_pages_are_in_the_wheel(installed: Path) -> None:
    """The font of the paper, and what /docs is made of."""
    code = """
import asyncio, sys
import aiohttp
from gateway import config, daemon, logs

async def main(directory):
    settings = config.load(None, {
        "data_dir": directory, "server": {"port": 0}, "log_level": "error",
        "registers": [{"name": "kkt-1", "link": "emulated:shtrih"}],
    })
    logs.set_up(settings.log_level)
    async with daemon.running(settings, on_fatal=print) as gateway, aiohttp.ClientSession() as session:
        token = {"Authorization": "Bearer " + gateway.token_file.read_text().strip()}
        body = {"operation": "sell", "taxation": "osn", "items": [{"name": "Чай", "price": "1", "quantity": 1,
            "vat": "vat22", "payment_method": "full_payment", "payment_object": "commodity"}],
            "payments": [{"type": "cash", "sum": "1"}]}
        async with session.post(gateway.url + "/api/v1/receipts?wait=60", json={**body, "id": "a"}, headers=token) as r:
            print(r.status)
        for path in ("/api/v1/receipts/a/picture.png", "/docs", "/docs/errors", "/docs/swagger-ui-bundle.js"):
            async with session.get(gateway.url + path, headers=token) as r:
                print(r.status, len(await r.read()) > 300)

asyncio.run(main(sys.argv[1]))
"""
    python = installed / "venv" / "bin" / "python"
    said = run(python, "-c", code, installed / "pictures", cwd=installed).splitlines()
    assert said == ["201"] + ["200 True"] * 4


def test_the_emulator_is_a_console_script_too(installed: Path) -> None:
    assert "shtrih" in run(installed / "venv" / "bin" / "fiscal-emulator", "--help", cwd=installed)


def test_what_is_imported_is_declared_and_nothing_else() -> None:
    declared = {_normal(re.split(r"[^A-Za-z0-9._-]", line)[0]) for line in PROJECT["project"]["dependencies"]}
    providers = packages_distributions()
    imported = set()
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    imported |= {name.name.split(".")[0] for name in node.names}
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    imported.add(str(node.module).split(".")[0])
                elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("find_spec", "import_module")):
                    # a family's modules are named by its folder: the package before it is written out all the same
                    name = node.args[0].values[0] if isinstance(node.args[0], ast.JoinedStr) else node.args[0]
                    imported.add(str(ast.literal_eval(name)).split(".")[0])
    foreign = imported - set(sys.stdlib_module_names) - set(PACKAGES)
    used = {_normal(name) for module in foreign for name in providers.get(module, [f"nobody provides {module}"])}
    # Windows has no zone database of its own: zoneinfo finds tzdata by itself. pydantic pins its core exactly.
    # pylibdmtx asks for distutils, which setuptools has where Python has it no more.
    assert used - {"pydantic-core"} == declared - {"tzdata", "setuptools"}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
