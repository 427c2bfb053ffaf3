"""Shtrih-M: framings, commands, errors, statuses, settings tables, registers, and frames in words.

A command is a row in `commands`; driver and emulator read the same row, so each is tested against foreign frames.
"""
