"""The configuration is checked whole: every fault at once, environment over file, command line over both."""

from pathlib import Path

import pytest

from gateway import config
from gateway.config import ConfigError

GOOD = """
data_dir = "/var/lib/fiscal-gateway"

[server]
host = "127.0.0.1"
port = 8321

[cashier]
name = "Иванова А. А."
inn = "500100732259"

[[registers]]
name = "kkt-1"
family = "shtrih"
link = "tcp:192.168.1.50:7778"
close_shift_at = "23:50"
timeouts = { connect = 2.0 }

[[scanners]]
name = "scan-1"
link = "serial:/dev/ttyACM1"
"""


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def faults(path: Path | None, overrides=None) -> list[tuple[str, str]]:
    with pytest.raises(ConfigError) as caught:
        config.load(path, overrides)
    return caught.value.faults


def test_the_designs_sample_is_accepted(write) -> None:
    settings = config.load(write(GOOD))
    register = settings.registers[0]
    assert (register.name, register.family, register.link) == ("kkt-1", "shtrih", "tcp:192.168.1.50:7778")
    assert (register.close_shift_at.hour, register.close_shift_at.minute) == (23, 50)
    assert register.shift == "auto"
    assert settings.cashier.inn == "500100732259"


def test_every_fault_at_once(write) -> None:
    text = """
    colour = "green"
    [server]
    port = 99999
    [cashier]
    name = "Иванова"
    inn = "500100732258"
    [[registers]]
    name = "касса"
    family = "shtrihh"
    link = "tcp:192.168.1.50"
    zone = "Europe/Moskva"
    timeouts = { patience = -1.0 }
    options = { enq = "none" }  # of no family
    [[registers]]
    name = "kkt-2"
    link = "emulated:shtrih?ffd=1.3"
    """
    places = {place for place, _ in faults(write(text))}
    assert places == {
        "colour",
        "server.port",
        "cashier.inn",
        "registers.0.name",
        "registers.0.family",
        "registers.0.link",
        "registers.0.zone",
        "registers.0.timeouts",
        "registers.0.options",
        "registers.1.link",
    }


def test_a_value_where_a_table_belongs_is_told_without_names_of_our_classes(write) -> None:
    found = faults(write("server = 5\nregisters = [3]\n[permit]\ncdn = 4\n"))
    assert found == [(place, "a table is expected") for place in ("server", "registers.0", "permit.cdn")]


def test_names_and_links_have_one_owner(write) -> None:
    one = '[[registers]]\nname = "{}"\nlink = "{}"\n'
    same_name = faults(write(one.format("a", "tcp:127.0.0.1:1") + one.format("a", "tcp:127.0.0.1:2")))
    assert "given twice: a" in same_name[0][1]
    same_link = faults(write(one.format("a", "tcp:127.0.0.1:1") + one.format("b", "tcp:127.0.0.1:1")))
    assert "two devices on one link" in same_link[0][1]
    both = faults(write(one.format("a", "tcp:127.0.0.1:1") * 2))
    assert "given twice: a" in both[0][1]
    assert "two devices on one link" in both[0][1]
    emulated = one.format("a", "emulated:shtrih") + one.format("b", "emulated:shtrih")
    assert len(config.load(write(emulated)).registers) == 2


def test_faults_between_settings_come_together_with_faults_of_single_ones(write) -> None:
    """A register without link, another with a wrong zone: neither hides the doubled name or the open port."""
    text = """
    trace_days = 0
    [server]
    host = "0.0.0.0"
    port = 99999
    [[registers]]
    name = "a"
    link = "tcp:127.0.0.1:1"
    zone = "Europe/Moskva"
    [[registers]]
    name = "b"
    [[registers]]
    name = "a"
    link = "tcp:127.0.0.1:1"
    shift = "sometimes"
    """
    found = faults(write(text))
    assert {place for place, _ in found} == {
        "trace_days",
        "server.port",
        "registers.0.zone",
        "registers.1.link",
        "registers.2.shift",
        "server",
        "configuration",
    }
    assert len(found) == 7
    words = dict(found)
    assert "loopback" in words["server"]
    assert "given twice: a" in words["configuration"]
    assert "two devices on one link" in words["configuration"]


@pytest.mark.parametrize(
    ("server", "word"),
    [
        ({"tls": "files"}, "both"),
        ({"tls": "files", "certificate": "a.pem"}, "both"),
        ({"certificate": "a.pem", "key": "b.pem"}, "both"),
        ({"tls": "local", "host": "0.0.0.0"}, "hosts"),
        ({"hosts": ["a b"]}, "no name"),
        ({"hosts": ["*.example.ru"]}, "no name"),
    ],
)
def test_tls_settings_go_together(server: dict[str, object], word: str) -> None:
    assert word in faults(None, {"server": server})[0][1]


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ("Kassa.local", "kassa.local"),
        ("kassa.local:8443", "kassa.local"),
        ("192.168.1.10:80", "192.168.1.10"),
        ("[fd00::5]:80", "fd00::5"),
        ("fd00::5", "fd00::5"),
    ],
)
def test_the_name_in_a_hosts_entry(entry: str, name: str) -> None:
    assert config.host_name(entry) == name
    assert config.load(None, {"server": {"hosts": [entry]}}).server.hosts == (entry,)


def test_only_loopback_without_tls() -> None:
    for host in ("0.0.0.0", "::", "192.168.1.10"):
        assert "loopback" in faults(None, {"server": {"host": host}})[0][1]
        insecure = {"server": {"host": host, "insecure_plain_http": True}}
        assert config.load(None, insecure).server.scheme == "http"
        secure = {"server": {"host": host, "tls": "local", "hosts": ["kassa.local"]}}
        assert config.load(None, secure).server.scheme == "https"
    assert "no address to listen on" in faults(None, {"server": {"host": "kassa.local"}})[0][1]
    for host in ("127.0.0.1", "127.1.2.3", "::1", "localhost"):
        assert config.load(None, {"server": {"host": host}}).server.host == host


@pytest.mark.parametrize("origin", ["x", "*", "https://shop.example.ru/", "https://Shop.example.ru", "shop.example.ru"])
def test_an_origin_is_written_as_browsers_send_it(origin: str) -> None:
    """Any other spelling would never match, and nobody would know why."""
    both = faults(None, {"server": {"host": "0.0.0.0", "origins": [origin]}})
    assert [place for place, _ in both] == ["server.origins.0", "server"]
    for good in ("https://shop.retailcrm.ru", "http://localhost:3000"):
        assert config.load(None, {"server": {"origins": [good]}}).server.origins == (good,)


def test_environment_over_file_and_command_line_over_both(write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(GOOD)
    monkeypatch.setenv("FISCAL_GATEWAY_SERVER__PORT", "8400")
    assert config.load(path).server.port == 8400
    assert config.load(path).server.host == "127.0.0.1"
    assert config.load(path, {"server": {"port": 8500}}).server.port == 8500
    monkeypatch.setenv("FISCAL_GATEWAY_SERVER__PORT", "many")
    assert faults(path)[0][0] == "server.port"


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, write) -> None:
    assert "cannot be read" in faults(tmp_path / "absent.toml")[0][1]
    assert "is not TOML" in faults(write("[server"))[0][1]
