"""Which bucket is meant and how it is spoken to, from environment variables."""

import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

STYLES = ("auto", "path", "virtual")
ENCRYPTIONS = ("AES256", "aws:kms")
_SHORTEST, _LONGEST = 3, 63


@dataclass(frozen=True, slots=True)
class BucketSettings:
    """Which bucket, and how to get in. Without keys the machine's own identity is used.

    `style` says whether the bucket stands in the path or in the host name: path, virtual, or auto,
    which is path where there is an endpoint, else virtual. `ca_file` holds PEM of authorities, and
    none other is believed. `encryption` is AES256 or aws:kms, the latter with `kms_key` or the
    bucket's default key.
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


def read(variables: Mapping[str, str], names: str, problems: list[str]) -> BucketSettings | None:
    """The bucket of the variables that begin with `names`; None when none is named.

    What is wrong is added to `problems`.
    """
    given = {name: variables.get(f"{names}{name}", "").strip() for name in NAMES}
    if not given["BUCKET"]:
        lonely = [name for name in NAMES if given[name] and name != "PREFIX"]
        problems += [f"{names}{name} needs {names}BUCKET" for name in lonely]
        return None
    found = BucketSettings(
        bucket=given["BUCKET"],
        prefix=given["PREFIX"],
        endpoint=given["ENDPOINT"],
        region=given["REGION"],
        access_key_id=_secret(variables, f"{names}ACCESS_KEY_ID", problems),
        secret_access_key=_secret(variables, f"{names}SECRET_ACCESS_KEY", problems),
        style=given["ADDRESSING"] or "auto",
        ca_file=given["CA_FILE"],
        encryption=given["ENCRYPTION"],
        kms_key=given["KMS_KEY"],
    )
    problems += [f"{names}{problem}" for problem in _wrong(found)]
    return found


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


def _wrong(it: BucketSettings) -> list[str]:
    problems = []
    if not _SHORTEST <= len(it.bucket) <= _LONGEST or set(it.bucket) & set("/:@ \\"):
        problems.append("BUCKET: write the bucket's name alone, like results; 3 to 63 characters")
    if any(part in ("", ".", "..") for part in it.prefix.strip("/").split("/")) and it.prefix:
        problems.append("PREFIX: write names with / between them, like allswell/production")
    parts = urllib.parse.urlsplit(it.endpoint)
    if it.endpoint and (parts.scheme not in ("http", "https") or not parts.hostname):
        problems.append("ENDPOINT: write an address like https://s3.example.com")
    elif it.endpoint and (parts.username or parts.query or parts.path.strip("/")):
        problems.append("ENDPOINT: write it without a path and without keys")
    if it.style not in STYLES:
        problems.append(f"ADDRESSING: write one of {', '.join(STYLES)}")
    if it.encryption and it.encryption not in ENCRYPTIONS:
        problems.append(f"ENCRYPTION: write one of {', '.join(ENCRYPTIONS)}, or nothing")
    if it.kms_key and it.encryption != "aws:kms":
        problems.append("KMS_KEY goes with ENCRYPTION=aws:kms only")
    if bool(it.access_key_id) != bool(it.secret_access_key):
        problems.append("ACCESS_KEY_ID and SECRET_ACCESS_KEY: set both or none")
    if it.ca_file and not Path(it.ca_file).is_file():
        problems.append("CA_FILE names no file: write the path of a PEM file")
    return problems


def _secret(variables: Mapping[str, str], name: str, problems: list[str]) -> str:
    """A variable, or the content of the file that `<name>_FILE` names."""
    file = variables.get(f"{name}_FILE", "")
    if not file:
        return variables.get(name, "").strip()
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        problems.append(f"{name}_FILE cannot be read")
        return ""
