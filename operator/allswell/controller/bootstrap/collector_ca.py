"""Make or find the collector's CA, and issue short certificates from it.

Only the CA is kept, in a Secret; the collector's own certificate lives in memory and is made anew
at each start and long before it ends. The CA's key never leaves the operator's namespace. Two
operators that start at once agree, for only one of them can create the Secret.
"""

import ssl
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from allswell.controller.bootstrap import generated_secret
from allswell.kube.client import Api
from allswell.kube.secret import SecretView

CA_LIFETIME = timedelta(days=3650)
LIFETIME = timedelta(days=30)
# Clocks differ.
VALID_BEFORE_NOW = timedelta(hours=1)
CERTIFICATE, KEY = "ca.crt", "ca.key"


class BadCollectorCA(Exception):
    """The Secret that should hold the CA does not."""


@dataclass(frozen=True, slots=True)
class CollectorCA:
    """A CA: its certificate and its key, both PEM."""

    certificate: str
    key: bytes


def make(now: datetime) -> CollectorCA:
    """Make a new CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "allswell collector CA")])
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _builder(name, name, key.public_key(), now, CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return CollectorCA(certificate.public_bytes(serialization.Encoding.PEM).decode(), _pem(key))


def server_context(ca: CollectorCA, hosts: tuple[str, ...], now: datetime) -> ssl.SSLContext:
    """Make a server's TLS context for these hosts. Raises `BadCollectorCA`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    renew(context, ca, hosts, now)
    return context


def renew(server: ssl.SSLContext, ca: CollectorCA, hosts: tuple[str, ...], now: datetime) -> None:
    """Load a new certificate into a server; connections that are open keep the old one."""
    certificate, key = issue(ca, hosts, now)
    # The module takes files only; memory is where /tmp is in the operator's pod.
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "server.pem"
        file.touch(mode=0o600)
        file.write_bytes(certificate + key)
        server.load_cert_chain(file)


def issue(ca: CollectorCA, hosts: tuple[str, ...], now: datetime) -> tuple[bytes, bytes]:
    """Issue a certificate for a server; return it and its key, both PEM.

    Raises `BadCollectorCA`.
    """
    try:
        issuer = x509.load_pem_x509_certificate(ca.certificate.encode())
        signer = serialization.load_pem_private_key(ca.key, None)
    except ValueError as error:
        raise BadCollectorCA(
            "the CA cannot be read; delete its Secret to have a new one"
        ) from error
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise BadCollectorCA("the CA's key is not one of ours; delete its Secret to have a new one")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "allswell collector")])
    names = x509.SubjectAlternativeName([_host(host) for host in hosts])
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    certificate = (
        _builder(name, issuer.subject, key.public_key(), now, LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(names, critical=False)
        .add_extension(usage, critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(signer, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM), _pem(key)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    lifetime: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - VALID_BEFORE_NOW)
        .not_valid_after(now + lifetime)
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _data(ca: CollectorCA) -> dict[str, bytes]:
    return {CERTIFICATE: ca.certificate.encode(), KEY: ca.key}


def read(secret: SecretView) -> CollectorCA:
    """Return the CA that a Secret keeps. Raises `BadCollectorCA`."""
    try:
        certificate, key = secret.value(CERTIFICATE).decode("ascii"), secret.value(KEY)
    except ValueError as error:
        raise BadCollectorCA("the CA's Secret cannot be read") from error
    if not certificate or not key:
        raise BadCollectorCA(f"the CA's Secret lacks {CERTIFICATE} or {KEY}")
    return CollectorCA(certificate, key)


async def get_or_create(api: Api, namespace: str, name: str, now: datetime) -> CollectorCA:
    """Return the CA of this installation, made if there is none.

    Raises `KubeError`, `BadCollectorCA`.
    """
    secret = await generated_secret.get_or_create_secret(
        api, namespace, name, lambda: _data(make(now))
    )
    return read(secret)
