"""The collector's TLS: a CA that the operator keeps in a Secret, and short certificates from it.

Only the CA is kept; the collector's own certificate lives in memory and is made anew at each start
and long before it ends. The CA's key never leaves the operator's namespace. Two operators that
start at once agree, for only one of them can create the Secret.
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
from allswell.domain import base64_text
from allswell.kube import manifest
from allswell.kube.client import Api
from allswell.kube.manifest import Json

CA_LIFE = timedelta(days=3650)
LIFE = timedelta(days=30)
# Clocks differ.
EARLY = timedelta(hours=1)
CERTIFICATE, KEY = "ca.crt", "ca.key"


class BadCollectorCA(Exception):
    """The Secret that should hold the CA does not."""


@dataclass(frozen=True, slots=True)
class CollectorCA:
    """A CA: its certificate and its key, both PEM."""

    certificate: str
    key: bytes


def make(now: datetime) -> CollectorCA:
    """A new CA."""
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
    made = (
        _begun(name, name, key.public_key(), now, CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return CollectorCA(made.public_bytes(serialization.Encoding.PEM).decode(), _pem(key))


def context(authority: CollectorCA, hosts: tuple[str, ...], now: datetime) -> ssl.SSLContext:
    """What a server needs to speak for these hosts. Raises `BadAuthority`."""
    found = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    found.minimum_version = ssl.TLSVersion.TLSv1_2
    renew(found, authority, hosts, now)
    return found


def renew(
    server: ssl.SSLContext, authority: CollectorCA, hosts: tuple[str, ...], now: datetime
) -> None:
    """Give a server a new certificate; connections that are open keep the old one."""
    certificate, key = issue(authority, hosts, now)
    # The module takes files only; memory is where /tmp is in the operator's pod.
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "server.pem"
        file.touch(mode=0o600)
        file.write_bytes(certificate + key)
        server.load_cert_chain(file)


def issue(authority: CollectorCA, hosts: tuple[str, ...], now: datetime) -> tuple[bytes, bytes]:
    """A certificate for a server and its key, both PEM. Raises `BadAuthority`."""
    try:
        ca = x509.load_pem_x509_certificate(authority.certificate.encode())
        signer = serialization.load_pem_private_key(authority.key, None)
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
    by = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    made = (
        _begun(name, ca.subject, key.public_key(), now, LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(names, critical=False)
        .add_extension(usage, critical=False)
        .add_extension(by, critical=False)
        .sign(signer, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM), _pem(key)


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLY)
        .not_valid_after(now + life)
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def secret(authority: CollectorCA, namespace: str, name: str) -> dict[str, object]:
    """The manifest of the Secret that keeps a CA."""
    return generated_secret.secret(_data(authority), namespace, name)


def _data(authority: CollectorCA) -> dict[str, bytes]:
    return {CERTIFICATE: authority.certificate.encode(), KEY: authority.key}


def read(found: Json) -> CollectorCA:
    """The CA that a Secret keeps. Raises `BadAuthority`."""
    try:
        certificate, key = (
            base64_text.decode(manifest.text(found, "data", name)) for name in (CERTIFICATE, KEY)
        )
        authority = CollectorCA(certificate.decode("ascii"), key)
    except ValueError as error:
        raise BadCollectorCA("the CA's Secret cannot be read") from error
    if not certificate or not key:
        raise BadCollectorCA(f"the CA's Secret lacks {CERTIFICATE} or {KEY}")
    return authority


async def get_or_create(api: Api, namespace: str, name: str, now: datetime) -> CollectorCA:
    """The CA of this installation, made if there is none. Raises `KubeError`, `BadAuthority`."""
    return read(
        await generated_secret.get_or_create_secret(api, namespace, name, lambda: _data(make(now)))
    )
