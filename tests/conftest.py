"""Puts this directory on the path, so that every test finds the shared helpers beside this file."""
