"""Byte streams to devices behind four awaitable calls (`base.Link`): serial, TCP, USB, in-process.

A new wire is a new file and a line in `parse`. Links know nothing of protocols; threads live in `threaded` alone.
"""
