"""Viki Print and Пирит registers."""
