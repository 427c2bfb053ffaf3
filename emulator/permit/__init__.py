"""Emulated services of permit mode: the CDN of the True API, the local module ЛМ ЧЗ, ТС ПИоТ."""
