"""The marking system behind an emulated shop: what it knows of codes, and the servers that answer from it."""
