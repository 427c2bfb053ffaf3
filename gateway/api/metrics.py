"""What Prometheus asks: answers by route, commits of the journal, state of the registers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from gateway.jobs.register import RegisterSnapshot
from gateway.orders.attention import TOLD
from gateway.scanners import Hub, ScannerSnapshot, State
from gateway.shop import Shop

CONTENT_TYPE = CONTENT_TYPE_LATEST


_OF_REGISTER: Mapping[str, tuple[str, Callable[[RegisterSnapshot], float | None]]] = {
    "connected": ("The link is up", lambda s: s.connected),
    "queued": ("Jobs waiting", lambda s: s.queued),
    "ofd_unsent_documents": ("Documents the OFD has not confirmed", lambda s: s.ofd.unsent if s.ofd else None),
    "drive_days_left": ("Days of the fiscal drive", lambda s: s.drive.days_left if s.drive else None),
    "emulated": ("The register is an emulator", lambda s: s.emulated),
}


_OF_SCANNER: Mapping[str, tuple[str, Callable[[ScannerSnapshot], float]]] = {
    "scans": ("Scans, repeats left out", lambda s: s.counts.scans),
    "faults": ("Scans that no code could be read from", lambda s: s.counts.faults),
    "repeats": ("Scans folded into the one before", lambda s: s.counts.repeats),
    "claimed": ("Scans given to a caller", lambda s: s.counts.claimed),
    "connections": ("Times it was opened", lambda s: s.counts.connections),
}


class _ShopCollector(Collector):
    """Reads everything at the moment of the scrape: the hot path only counts in a dict."""

    def __init__(self, shop: Shop, scanners: Hub, counts: Mapping[tuple[str, int], int], version: str) -> None:
        self._shop = shop
        self._scanners = scanners
        self._counts = counts
        self._version = version

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("fiscal_gateway", "The program", value={"version": self._version})
        answered = CounterMetricFamily("fiscal_gateway_http_answers", "Answers", labels=["route", "status"])
        for (route, status), count in sorted(self._counts.items()):
            answered.add_metric([route, str(status)], count)
        yield answered
        yield from self._registers()
        yield from self._of_scanners()
        yield from self._of_orders()
        yield CounterMetricFamily("fiscal_gateway_journal_commits", "Commits", value=self._shop.journal.commits)

    def _registers(self) -> Iterator[Metric]:
        for name, (text, read) in _OF_REGISTER.items():
            family = GaugeMetricFamily(f"fiscal_gateway_register_{name}", text, labels=["register"])
            for register, handle in self._shop.registers.items():
                value = read(handle.snapshot)
                if value is not None:
                    family.add_metric([register], float(value))
            yield family

    def _of_orders(self) -> Iterator[Metric]:
        totals = self._shop.journal.order_totals()
        yield GaugeMetricFamily("fiscal_gateway_orders_held_rubles", "Money held", value=totals.held / 100)
        yield GaugeMetricFamily(
            "fiscal_gateway_orders_waiting", "Orders with a document to come", value=float(totals.waiting)
        )
        alarms = GaugeMetricFamily("fiscal_gateway_orders_attention", "Orders by alarm", labels=["code"])
        for code in TOLD:
            alarms.add_metric([code], sum(count for codes, count in totals.alarms if code in codes))
        yield alarms

    def _of_scanners(self) -> Iterator[Metric]:
        known = self._scanners.snapshots
        connected = GaugeMetricFamily("fiscal_gateway_scanner_connected", "The device is open", labels=["scanner"])
        for one in known:
            connected.add_metric([one.name], float(one.state is State.CONNECTED))
        yield connected
        for name, (text, read) in _OF_SCANNER.items():
            family = CounterMetricFamily(f"fiscal_gateway_scanner_{name}", text, labels=["scanner"])
            for one in known:
                family.add_metric([one.name], read(one))
            yield family


def exposition(shop: Shop, scanners: Hub, counts: Mapping[tuple[str, int], int], version: str) -> bytes:
    """The page of `/metrics`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_ShopCollector(shop, scanners, counts, version))
    return generate_latest(registry)
