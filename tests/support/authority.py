"""A certificate authority for the tests of certificate verification."""

import datetime as dt
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tableferry_sandbox.tds.certificate import Certificate, server_context


@dataclass(frozen=True)
class Authority:
    """Issues server certificates; ``pem`` is the authority's own certificate."""

    name: x509.Name
    key: rsa.RSAPrivateKey
    pem: bytes

    @classmethod
    def new(cls, name: str = "Test authority") -> "Authority":
        """Create an authority with a new key."""
        named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        own = _builder(named, named, key).add_extension(x509.BasicConstraints(True, 0), True)
        return cls(named, key, _pem(own.sign(key, hashes.SHA256())))

    @property
    def pem_name(self) -> str:
        """The name of its file, without the suffix."""
        return self.name.rfc4514_string().removeprefix("CN=").replace(" ", "-")

    def write(self, folder: Path) -> str:
        """Write its certificate to a file in ``folder``; returns the path."""
        path = folder / f"{self.pem_name}.pem"
        path.write_bytes(self.pem)
        return str(path)

    def certify(self, *hosts: str, days: int = 7) -> Certificate:
        """Issue a certificate for these host names; with a negative ``days`` it has expired."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        names = x509.SubjectAlternativeName([_name(host) for host in hosts])
        made = _builder(subject, self.name, key, days).add_extension(names, False)
        return Certificate(
            _pem(made.sign(self.key, hashes.SHA256())),
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )

    def context(self, *hosts: str) -> ssl.SSLContext:
        """Return the SSL context of a server with a new certificate."""
        return server_context(self.certify(*hosts))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, days: int = 7
) -> x509.CertificateBuilder:
    end = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - dt.timedelta(days=30))
        .not_valid_after(end)
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
