"""An emulated Viki Print / Пирит register: its line so far."""
