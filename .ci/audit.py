"""`make audit`: bandit over our code, pip-audit over what is installed.

pip-audit calls it a success when the advisory service knows none of the packages, which is what a package mirror
without advisories answers. That is no audit: it is said loudly, and only real findings fail.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PACKAGES = ("protocols", "devices", "emulator", "gateway")
#: Of no registry: our own.
OURS = {"fiscal-gateway"}
SECONDS = 300


def verdict(report: Mapping[str, Any] | None, errors: str) -> tuple[int, str]:
    """Exit status and words for a report of `pip-audit -f json` (None: there is none)."""
    if report is None:
        return 0, f"NOT AUDITED: no advisory service answered. {errors.strip()[-300:]}"
    asked = [one for one in report.get("dependencies", []) if one["name"] not in OURS]
    found = [(one, hole) for one in asked for hole in one.get("vulns", [])]
    unknown = [one["name"] for one in asked if "skip_reason" in one]
    lines = [
        f"{one['name']} {one['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no version yet'}"
        for one, hole in found
    ]
    if not asked or len(unknown) == len(asked):
        lines.append("NOT AUDITED: the advisory service that answered knows none of the packages installed")
    elif unknown:
        lines.append(f"NOT AUDITED: {len(unknown)} of {len(asked)} packages, {', '.join(unknown[:10])}")
    else:
        lines.append(f"pip-audit: {len(asked)} packages, {len(found)} known vulnerabilities")
    return (1 if found else 0), "\n".join(lines)


def main() -> int:
    """0: nothing found, as far as could be asked."""
    here = Path(sys.executable).parent
    command = [here / "bandit", "-q", "-c", "pyproject.toml", "-r", *PACKAGES]
    bandit = subprocess.run(command, capture_output=True, text=True, check=False)
    # Its warnings are of its own comments (a nosec that another version does not need), not of the code.
    print(bandit.stdout + bandit.stderr if bandit.returncode else "bandit: nothing found", file=sys.stderr)
    command = [here / "pip-audit", "--skip-editable", "--progress-spinner", "off", "--timeout", "10", "-f", "json"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
        report, errors = json.loads(asked.stdout), asked.stderr
    except subprocess.TimeoutExpired:
        report, errors = None, f"no answer in {SECONDS} s"
    except ValueError:
        report, errors = None, asked.stderr
    status, words = verdict(report, errors)
    print(words, file=sys.stderr)
    return 1 if bandit.returncode or status else 0


if __name__ == "__main__":
    raise SystemExit(main())
