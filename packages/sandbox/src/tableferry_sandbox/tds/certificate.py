"""Makes the self-signed TLS certificate of a sandbox server."""

import datetime as dt
import functools
import ipaddress
import ssl
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

_VALID = dt.timedelta(days=30)


@dataclass(frozen=True)
class Certificate:
    """A certificate and its private key, both in PEM."""

    certificate_pem: bytes
    key_pem: bytes


def self_signed(host: str) -> Certificate:
    """Make a certificate for ``host``, ``localhost`` and the loopback addresses.

    It is its own CA: a client that verifies uses ``certificate_pem`` as its CA file. The key is
    RSA, as in SQL Server's own fallback certificate: old clients support nothing else.
    """
    key = _key()
    # python-tds compares the host with the common name before the alternative names.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
    now = dt.datetime.now(dt.UTC)
    names: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.IPAddress(ipaddress.ip_address("::1")),
        x509.DNSName("127.0.0.1"),  # some clients compare an IP address with the DNS names
    ]
    if host not in {"localhost", "127.0.0.1", "::1"}:
        names.append(_alternative_name(host))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Certificate(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def server_context(
    certificate: Certificate, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
) -> ssl.SSLContext:
    """Return the SSL context for TLS inside TDS, which offers one version of it.

    TLS 1.2 by default: TDS 7.4 cannot carry the messages that TLS 1.3 sends after its handshake,
    and SQL Server offers TLS 1.3 with TDS 8.0 only.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if version < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers("ALL:@SECLEVEL=0")  # OpenSSL 3 has no older version otherwise
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = version
        context.maximum_version = version
    with tempfile.TemporaryDirectory(prefix="tableferry-") as folder:
        pem = Path(folder) / "server.pem"
        pem.touch(mode=0o600)
        pem.write_bytes(certificate.key_pem + certificate.certificate_pem)
        context.load_cert_chain(pem)
    return context


@functools.cache
def _key() -> rsa.RSAPrivateKey:
    """Make one key per process: generating it takes longer than the rest of a server's start."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _alternative_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
