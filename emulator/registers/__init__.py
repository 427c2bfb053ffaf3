"""Emulated registers: what a shop needs of one (`base.Device`), and a package a family."""
