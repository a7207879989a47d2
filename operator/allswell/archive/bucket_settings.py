"""Read which bucket to use, and how, from environment variables."""

import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

STYLES = ("auto", "path", "virtual")
ENCRYPTIONS = ("AES256", "aws:kms")
_MIN_LENGTH, _MAX_LENGTH = 3, 63


@dataclass(frozen=True, slots=True)
class BucketSettings:
    """A bucket, and the credentials for it. Without keys the machine's own identity is used.

    `style` says whether the bucket stands in the path or in the host name: path, virtual, or auto,
    which is path where there is an endpoint, else virtual. `ca_file` holds the certificates of
    authorities as PEM, and only these are trusted. `encryption` is AES256 or aws:kms, the latter
    with `kms_key` or the bucket's default key.
    """

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""
    access_key_id: str = ""
    secret_access_key: str = field(default="", repr=False)
    style: str = "auto"
    ca_file: str = ""
    encryption: str = ""
    kms_key: str = ""


def read(variables: Mapping[str, str], prefix: str, problems: list[str]) -> BucketSettings | None:
    """Return the bucket of the variables that begin with `prefix`; None when none is named.

    What is wrong is added to `problems`.
    """
    values = {name: variables.get(f"{prefix}{name}", "").strip() for name in NAMES}
    if not values["BUCKET"]:
        needless = [name for name in NAMES if values[name] and name != "PREFIX"]
        problems += [f"{prefix}{name} needs {prefix}BUCKET" for name in needless]
        return None
    settings = BucketSettings(
        bucket=values["BUCKET"],
        prefix=values["PREFIX"],
        endpoint=values["ENDPOINT"],
        region=values["REGION"],
        access_key_id=_secret(variables, f"{prefix}ACCESS_KEY_ID", problems),
        secret_access_key=_secret(variables, f"{prefix}SECRET_ACCESS_KEY", problems),
        style=values["ADDRESSING"] or "auto",
        ca_file=values["CA_FILE"],
        encryption=values["ENCRYPTION"],
        kms_key=values["KMS_KEY"],
    )
    problems += [f"{prefix}{problem}" for problem in _problems(settings)]
    return settings


NAMES = (
    "BUCKET",
    "PREFIX",
    "ENDPOINT",
    "REGION",
    "ADDRESSING",
    "CA_FILE",
    "ENCRYPTION",
    "KMS_KEY",
)


def _problems(settings: BucketSettings) -> list[str]:
    problems = []
    name = settings.bucket
    if not _MIN_LENGTH <= len(name) <= _MAX_LENGTH or set(name) & set("/:@ \\"):
        problems.append("BUCKET: write the bucket's name alone, like results; 3 to 63 characters")
    parents = settings.prefix.strip("/").split("/")
    if settings.prefix and any(parent in ("", ".", "..") for parent in parents):
        problems.append("PREFIX: write names with / between them, like allswell/production")
    parts = urllib.parse.urlsplit(settings.endpoint)
    if settings.endpoint and (parts.scheme not in ("http", "https") or not parts.hostname):
        problems.append("ENDPOINT: write an address like https://s3.example.com")
    elif settings.endpoint and (parts.username or parts.query or parts.path.strip("/")):
        problems.append("ENDPOINT: write it without a path and without keys")
    if settings.style not in STYLES:
        problems.append(f"ADDRESSING: write one of {', '.join(STYLES)}")
    if settings.encryption and settings.encryption not in ENCRYPTIONS:
        problems.append(f"ENCRYPTION: write one of {', '.join(ENCRYPTIONS)}, or nothing")
    if settings.kms_key and settings.encryption != "aws:kms":
        problems.append("KMS_KEY goes with ENCRYPTION=aws:kms only")
    if bool(settings.access_key_id) != bool(settings.secret_access_key):
        problems.append("ACCESS_KEY_ID and SECRET_ACCESS_KEY: set both or none")
    if settings.ca_file and not Path(settings.ca_file).is_file():
        problems.append("CA_FILE names no file: write the path of a PEM file")
    return problems


def _secret(variables: Mapping[str, str], name: str, problems: list[str]) -> str:
    """Return a variable, or the content of the file that `<name>_FILE` names."""
    file = variables.get(f"{name}_FILE", "")
    if not file:
        return variables.get(name, "").strip()
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        problems.append(f"{name}_FILE cannot be read")
        return ""
