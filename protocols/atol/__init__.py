"""ATOL registers of the "2.5" platform: low-level protocols 2 and 3, tasks, commands, errors, statuses, words.

A command is a row in `commands`; driver and emulator read the same row, so each is tested against foreign frames.
Sources named in this package: A4J is the Java client kurbatov/atol4j, TC the kiosk software
AlexObukhoff/TerminalClient, DAN a Delphi driver by A. Dokshin, CRYS the ATOL 3 driver of a Java till
(ru.crystals.pos.fiscalprinter.atol3), VEND the firmware of a vending controller (AtolProtocol.h, with a dump of a
Казначей ФА), LOG a decoder of the vendor's driver logs. They share no code.
"""
