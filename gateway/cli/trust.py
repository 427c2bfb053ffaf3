"""`fiscal-gateway trust`: the local authority shown, exported, put into the machine's trust stores and taken out."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess  # nosec B404 - trust stores are changed by their own programs
from pathlib import Path
from typing import Any

from gateway.cli import output
from gateway.cli.remote import data_directory
from gateway.tls_authority import ca_file, fingerprint, load_certificate
from gateway.trust_stores import Store, hindrance, stores


def trust(
    config: Path | None,
    data_dir: Path | None,
    *,
    export: Path | None,
    install: bool,
    remove: bool,
    as_json: bool,
) -> None:
    """Show the authority and how to trust it; with `install` or `remove` do what can be done. Exit 1 on a failure."""
    if install and remove:
        output.fail("--install or --remove, not both", status=output.EXIT_USAGE, as_json=as_json, code="usage")
    path = ca_file(data_directory(config, data_dir, as_json=as_json))
    certificate = load_certificate(path)
    if certificate is None:
        output.fail(
            f'no local authority at {path}; set [server] tls = "local" and start the gateway once, as its user',
            hint='Своего сертификата ещё нет: включите tls = "local" в настройках и запустите шлюз.',
            as_json=as_json,
            code="no_local_authority",
        )
    if export is not None:
        try:
            export.write_bytes(path.read_bytes())
        except OSError as error:
            output.fail(f"cannot write {export}: {error.strerror}", as_json=as_json, code="file")
    done = [_store(store, path, act=install or remove, remove=remove) for store in stores(Path.home())]
    answer: dict[str, Any] = {
        "certificate": str(export or path),
        "sha256": fingerprint(certificate),
        "valid_until": certificate.not_valid_after_utc,
        "stores": done,
    }
    if as_json:
        output.emit_json(answer)
    else:
        _show(answer, act=install or remove, remove=remove)
    if any(one["state"] == "failed" for one in done):
        raise SystemExit(output.EXIT_REFUSED)


def _store(store: Store, ca: Path, *, act: bool, remove: bool) -> dict[str, Any]:
    commands = store.commands(ca, remove=remove)
    why = hindrance(store, {store.needs: shutil.which(store.needs)}, root=_is_root())
    answer = {
        "store": store.name,
        "title": store.title,
        "commands": [shlex.join(command) for command in commands],
        "state": "by_hand" if why or not act else "done",
        "why": why,
    }
    if act and not why:
        for command in commands:
            # Fixed commands of our own table: no shell, and of the caller only the file's name.
            result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 # nosec B603
            if result.returncode:
                return {**answer, "state": "failed", "why": (result.stderr or result.stdout).strip()[-300:]}
    return answer


def _is_root() -> bool:
    return not hasattr(os, "geteuid") or os.geteuid() == 0


def _show(answer: dict[str, Any], *, act: bool, remove: bool) -> None:
    output.emit(f"Сертификат: {answer['certificate']}")
    output.emit(f"SHA-256:    {answer['sha256']}")
    output.emit(
        f"Действует до {answer['valid_until']:%d.%m.%Y}. Сверьте отпечаток, прежде чем доверять ему на другой машине."
    )
    if not act:
        output.emit("Чтобы доверять шлюзу, выполните (или fiscal-gateway trust --install):")
    for store in answer["stores"]:
        match store["state"]:
            case "done":
                output.emit(f"✓ {store['title']}: {'удалён' if remove else 'установлен'}")
            case "failed":
                output.emit(f"✗ {store['title']}: {store['why']}")
            case _:
                output.emit(f"• {store['title']}" + (f" — {store['why']}" if store["why"] else ""))
                for command in store["commands"]:
                    output.emit(f"    {command}")
