# `make run` and `make test` set up everything they need on a fresh Debian 12 machine.
VENV ?= .venv
PY := $(VENV)/bin/python
.DEFAULT_GOAL := help
