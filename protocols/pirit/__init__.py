"""Viki Print / Пирит: framing, commands, errors, statuses, VAT rows, settings, models, and frames in words.

A command is a row in `commands`; driver and emulator read the same row, so each is tested against foreign frames.
"""
