"""Certificates for 127.0.0.1, signed by themselves, together with their keys."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from ssl import CERT_REQUIRED, Purpose, SSLContext, create_default_context

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def a_certificate(
    path: Path,
    *,
    password: bytes = b"",
    lasts: timedelta = timedelta(hours=1),
    hsa_id: str = "",
) -> Path:
    """Both in one PEM file, which is its own authority as well. `hsa_id`: whose it is."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = [x509.NameAttribute(x509.NameOID.COMMON_NAME, path.stem)]
    if hsa_id:
        subject.append(x509.NameAttribute(x509.NameOID.SERIAL_NUMBER, hsa_id))
    name = x509.Name(subject)
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1000))
        .not_valid_after(now + lasts)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    sealed = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, sealed)
        + certificate.public_bytes(pem)
    )
    return path


def server_side(certificate: Path, *, asks_for: Path | None = None) -> SSLContext:
    """A server that shows the certificate, and wants another one of its client."""
    context = create_default_context(Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    if asks_for is not None:
        context.load_verify_locations(asks_for)
        context.verify_mode = CERT_REQUIRED
    return context
