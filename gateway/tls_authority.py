"""The shop's own certificate authority: made in the data directory, good for this gateway's names only.

Its certificate is meant to be put into the trust stores of the shop's machines, so it is made harmless: a name
constraint limits it to private addresses, local names and the configured ones, it signs no further authority, and
server certificates only. Who steals its key can pretend to be this gateway, and nobody else.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.config import is_address
from gateway.private_files import write_private

DIRECTORY = "tls"
CA_FILE, CA_KEY_FILE, SERVER_FILE = "ca.pem", "ca.key", "server.pem"

CA_LIFE = timedelta(days=3650)
#: What browsers accept of a server certificate, and how long before its end a new one is made.
SERVER_LIFE = timedelta(days=397)
RENEW_BEFORE = timedelta(days=60)
#: Clocks of tills are wrong: certificates begin a day early.
EARLY = timedelta(days=1)

#: Always in the certificate: how programs on this machine call the gateway.
OWN_NAMES = ("localhost", "127.0.0.1", "::1")
#: Names that nobody can own on the Internet (RFC 6761, 6762, 8375; ICANN's `internal`).
LOCAL_DOMAINS = ("localhost", "local", "lan", "internal", "home.arpa")
PRIVATE_NETWORKS = (
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "::1/128", "fc00::/7", "fe80::/10"
)  # fmt: skip

_TITLE = "fiscal-gateway local CA"


def ca_file(data_dir: Path) -> Path:
    """Where the authority's certificate is, once it was made."""
    return data_dir / DIRECTORY / CA_FILE


def server_file(data_dir: Path) -> Path:
    """Where the server's key and certificates are, in one file so that they always fit each other."""
    return data_dir / DIRECTORY / SERVER_FILE


def ensure(data_dir: Path, names: Sequence[str], now: datetime) -> bool:
    """Make or renew what is missing, damaged, about to end, or made for other names. True: the server's is new.

    A new authority is made only where the old one cannot sign for `names` (then its certificate has to be trusted
    anew) or is about to end.
    """
    wanted = tuple(dict.fromkeys((*OWN_NAMES, *names)))
    loaded = _load_ca(data_dir)
    if loaded is None or _ends(loaded[0], now) or not _covers(loaded[0], wanted):
        loaded = _make_ca(data_dir, wanted, now)
    elif (kept := _load_server(data_dir)) is not None and _serves(kept, loaded[0], wanted, now):
        return False
    _make_server(data_dir, *loaded, wanted, now)
    return True


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 as people compare it: "AB:CD:…"."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def load_certificate(path: Path) -> x509.Certificate | None:
    """The first certificate of a PEM file; None when there is none."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None


def _load_ca(data_dir: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None:
    certificate, key = load_certificate(ca_file(data_dir)), _load_key(data_dir / DIRECTORY / CA_KEY_FILE)
    if certificate is None or key is None or certificate.public_key() != key.public_key():
        return None
    return certificate, key


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey | None:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        return None
    return key if isinstance(key, ec.EllipticCurvePrivateKey) else None


def _load_server(data_dir: Path) -> x509.Certificate | None:
    certificate, key = load_certificate(server_file(data_dir)), _load_key(server_file(data_dir))
    if certificate is None or key is None or certificate.public_key() != key.public_key():
        return None
    return certificate


def _ends(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_after_utc - now < RENEW_BEFORE or now < certificate.not_valid_before_utc


def _covers(ca: x509.Certificate, names: Sequence[str]) -> bool:
    try:
        permitted = ca.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    except x509.ExtensionNotFound:
        return False
    domains = [one.value for one in permitted if isinstance(one, x509.DNSName)]
    networks = [one.value for one in permitted if isinstance(one, x509.IPAddress)]
    return all(_within(name, domains, networks) for name in names)


def _within(name: str, domains: Sequence[str], networks: Sequence[object]) -> bool:
    if is_address(name):
        address = ipaddress.ip_address(name)
        nets = [net for net in networks if isinstance(net, ipaddress.IPv4Network | ipaddress.IPv6Network)]
        return any(address.version == net.version and address in net for net in nets)
    return any(name == domain or name.endswith("." + domain) for domain in domains)


def _serves(server: x509.Certificate, ca: x509.Certificate, names: Sequence[str], now: datetime) -> bool:
    if _ends(server, now):
        return False
    try:
        server.verify_directly_issued_by(ca)
        alternative = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return {str(name.value) for name in alternative} == set(names)


def _make_ca(
    data_dir: Path, names: Sequence[str], now: datetime
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    title = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{_TITLE} {now.astimezone(UTC):%Y-%m-%d %H:%M}")])
    permitted: list[x509.GeneralName] = [x509.DNSName(domain) for domain in LOCAL_DOMAINS]
    permitted += [x509.IPAddress(ipaddress.ip_network(network)) for network in PRIVATE_NETWORKS]
    for name in names:
        if is_address(name):
            permitted.append(x509.IPAddress(ipaddress.ip_network(name)))
        else:
            permitted.append(x509.DNSName(name))
    public = key.public_key()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(title)
        .issuer_name(title)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLY)
        .not_valid_after(now + CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.NameConstraints(permitted_subtrees=list(dict.fromkeys(permitted)), excluded_subtrees=None),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    # The certificate comes last: without it the key is taken for none at the next start.
    ca_file(data_dir).unlink(missing_ok=True)
    write_private(data_dir / DIRECTORY / CA_KEY_FILE, _pem(key))
    write_private(ca_file(data_dir), certificate.public_bytes(serialization.Encoding.PEM))
    return certificate, key


def _make_server(
    data_dir: Path, ca: x509.Certificate, ca_key: ec.EllipticCurvePrivateKey, names: Sequence[str], now: datetime
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    alternative: list[x509.GeneralName] = [
        x509.IPAddress(ipaddress.ip_address(name)) if is_address(name) else x509.DNSName(name) for name in names
    ]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fiscal-gateway")]))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLY)
        .not_valid_after(min(now + SERVER_LIFE, ca.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(alternative), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    write_private(server_file(data_dir), certificate.public_bytes(serialization.Encoding.PEM) + _pem(key))


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
