"""The command line: `python -m fuzzing …`, see the package."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fuzzing import contract, garbage, guided
from fuzzing.registry import TARGETS


def main() -> int:
    words = sys.argv[1:]
    if words and words[0].isdigit():
        words = ["guided", *words]
    parser = argparse.ArgumentParser(prog="python -m fuzzing", description="Hostile input, for a long time.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("guided", help="coverage-guided (what a bare number of seconds means)")
    run.add_argument("seconds", type=int)
    run.add_argument("targets", nargs="*", metavar="TARGET", choices=[[], *TARGETS], default=[])
    again = commands.add_parser("repeat", help="one saved input again")
    again.add_argument("target", choices=TARGETS)
    again.add_argument("file", type=Path)
    kept = commands.add_parser("keep", help="small inputs of long runs into the committed corpus")
    kept.add_argument("targets", nargs="*", metavar="TARGET")
    api = commands.add_parser("schemathesis", help="the whole OpenAPI document against a running daemon")
    api.add_argument("examples", nargs="?", type=int, default=50)
    ports = commands.add_parser("garbage", help="nonsense at every port of a running shop")
    ports.add_argument("connections", nargs="?", type=int, default=3000)
    asked = parser.parse_args(words)
    if asked.command == "guided":
        return 1 if guided.run(asked.seconds, asked.targets or TARGETS) else 0
    if asked.command == "repeat":
        TARGETS[asked.target].run(asked.file.read_bytes())
        print(f"{asked.target}: nothing is wrong with {asked.file}")
    if asked.command == "schemathesis":
        return contract.main(asked.examples)
    if asked.command == "garbage":
        return garbage.main(asked.connections)
    if asked.command == "keep":
        guided.keep(asked.targets or TARGETS)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
