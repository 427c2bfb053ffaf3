"""Marked goods on the gateway's side: reading codes from pictures, and asking whether a unit may be sold."""
