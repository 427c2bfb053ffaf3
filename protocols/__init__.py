"""Bytes <-> values, shared by drivers and emulator. No I/O, no clock, no asyncio.

construct stays behind these packages: their functions take and answer frozen dataclasses.
"""
