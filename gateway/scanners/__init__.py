"""Scanners: one task each, one stream of scans, and a till program that is given each scan exactly once."""

from gateway.scanners.hub import Hub, Watched
from gateway.scanners.model import Fault, Scan, ScannerSnapshot, State

__all__ = ["Fault", "Hub", "Scan", "ScannerSnapshot", "State", "Watched"]
