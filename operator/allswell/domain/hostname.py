"""Normalize and check customers' host names, and derive each page's own under the pages domain.

Host names are compared as lower-case A-labels without a final dot. Everything that verifies a host
name is derived from the installation's key and the page's identity, so nobody else can guess or
use it.
"""

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address

MAX_LENGTH = 253
MAX_LABEL_LENGTH = 63
CHALLENGE_PREFIX = "_allswell"
_MAX_SLUG_LENGTH = 40
_DIGEST_LENGTH = 12
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", re.ASCII)
_COUNTRY_CODE_LENGTH = 2
_REGISTRY_LABELS = frozenset(
    ["ac", "co", "com", "edu", "go", "gov", "gv", "ne", "net", "or", "org"]
)
# Nobody can own a name under these (RFC 6761, RFC 6762, RFC 7686, RFC 9476).
RESERVED_DOMAINS = ("localhost", "local", "invalid", "onion", "arpa", "alt")
# Nobody can own these in public either; an installation that serves them allows them by a suffix.
PRIVATE_DOMAINS = ("internal", "test", "example", "example.com", "example.net", "example.org")


class HostnameRefused(ValueError):
    """A host name that no page can have; the text gives the reason and what to write instead."""


@dataclass(frozen=True, slots=True)
class PageIdentity:
    """Identify a page by its namespace's UID and its name.

    A namespace of the same name that is made later has another UID: its pages are other pages.
    """

    namespace_uid: str
    name: str


@dataclass(frozen=True, slots=True)
class InstallationDomains:
    """The installation's own names: the pages domain, and the hosts of the product itself."""

    pages_domain: str = ""
    hosts: Collection[str] = ()

    def contains(self, host: str) -> bool:
        """Tell whether a host is one of them, or below one."""
        return any(is_under(host, domain) for domain in (self.pages_domain, *self.hosts) if domain)


def normalize(text: str) -> str:
    """Return a host name as it is compared. Raises `HostnameRefused` for what is not a host name.

    Letters beyond ASCII must be written as A-labels (`xn--…`): two names that look the same need
    not be the same, and a manifest should show which one is meant.
    """
    host = text.strip().lower().removesuffix(".")
    if not host.isascii():
        raise HostnameRefused("write the name as A-labels (xn--…), as it stands in the DNS")
    if "*" in host:
        raise HostnameRefused("a wildcard is not a host name: list each name by itself")
    if _is_address(host):
        raise HostnameRefused(
            "an IP address is not a host name: write a name whose DNS records you can change"
        )
    if len(host) > MAX_LENGTH:
        raise HostnameRefused(f"a host name has at most {MAX_LENGTH} characters")
    labels = host.split(".")
    for label in labels:
        _check_label(label)
    if len(labels) == 1:
        raise HostnameRefused("write the full name, like status.example.com")
    return host


def _check_label(label: str) -> None:
    if len(label) > MAX_LABEL_LENGTH:
        raise HostnameRefused(f"between two dots there are at most {MAX_LABEL_LENGTH} characters")
    if _LABEL.fullmatch(label) is None:
        raise HostnameRefused(
            "a host name is made of a-z, 0-9 and hyphens, with dots between its parts"
        )
    if label[2:4] == "--" and not _is_canonical_a_label(label):
        raise HostnameRefused(f"{label} is not a valid A-label")


def _is_canonical_a_label(label: str) -> bool:
    """Tell whether an A-label stands for a word, and is the only way to write it."""
    if not label.startswith("xn--"):
        return False
    try:
        word = label[4:].encode().decode("punycode")
        round_trips = word.encode("punycode").decode() == label[4:]
    except UnicodeError:
        return False
    is_word = all(
        character == "-" or unicodedata.category(character)[0] in "LMN" for character in word
    )
    is_normal = unicodedata.normalize("NFKC", word).lower() == word
    return round_trips and is_word and not word.isascii() and is_normal


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        # 10.0.0.12 in any of the forms that a browser takes for an address.
        return host.rpartition(".")[2].isdigit()
    return True


def check(host: str, domains: InstallationDomains, suffixes: Collection[str] | None = None) -> None:
    """Refuse a normalized host name that no customer may have. Raises `HostnameRefused`.

    `suffixes` are the domains that the installation allows; None allows all that are public.
    """
    if domains.contains(host):
        raise HostnameRefused(f"{host} belongs to this installation: write a name of your own")
    if any(is_under(host, domain) for domain in RESERVED_DOMAINS):
        raise HostnameRefused(f"nobody can own a name like {host}")
    is_allowed = suffixes is not None and any(is_under(host, suffix) for suffix in suffixes)
    if suffixes is not None and not is_allowed:
        raise HostnameRefused(
            f"this installation does not allow {host} for pages of this namespace"
        )
    if not is_allowed and any(is_under(host, domain) for domain in PRIVATE_DOMAINS):
        raise HostnameRefused(f"no public authority certifies a name like {host}")


def is_under(host: str, domain: str) -> bool:
    """Tell whether a host is a domain or below it."""
    return host == domain or host.endswith(f".{domain}")


def registered_domain(host: str) -> str:
    """Return the domain that certificate authorities count a host name under.

    This is a guess without a list of all registries: `co.uk` and the like are taken for a
    registry's own.
    """
    labels = host.split(".")
    is_registry = len(labels[-1]) == _COUNTRY_CODE_LENGTH and labels[-2] in _REGISTRY_LABELS
    return ".".join(labels[-3 if is_registry else -2 :])


def pages_domain_problem(pages_domain: str, product_hosts: Collection[str]) -> str:
    """Return why pages cannot live under a domain; empty when they can.

    A page under the product's own domain could set cookies for it and spoil its reputation, and
    the other way round: the two stay apart.
    """
    try:
        normalize(pages_domain)
    except HostnameRefused as problem:
        return str(problem)
    for host in product_hosts:
        if registered_domain(pages_domain) == registered_domain(host):
            return (
                f"{pages_domain} and {host} are under the same registered domain:"
                " dedicate another one to pages"
            )
    return ""


def page_label(key: bytes, page: PageIdentity) -> str:
    """Return a page's own label under the pages domain; it cannot be guessed without the key."""
    slug = page.name[:_MAX_SLUG_LENGTH].rstrip("-")
    if slug[2:4] == "--":  # such labels are reserved for names like xn--…
        slug = f"p{slug[: _MAX_SLUG_LENGTH - 1]}".rstrip("-")
    digest = _digest(key, "address", page.namespace_uid, page.name)
    return f"{slug}-{digest[:_DIGEST_LENGTH]}"


def verification_token(key: bytes, page: PageIdentity, host: str) -> str:
    """Return what the TXT record `challenge_name(host)` must hold to verify a host for a page."""
    return f"allswell={_digest(key, 'token', page.namespace_uid, page.name, host)[:32]}"


def challenge_name(host: str) -> str:
    """Return the name of the TXT record that verifies a host."""
    return f"{CHALLENGE_PREFIX}.{host}"


def _digest(key: bytes, *words: str) -> str:
    digest = hmac.new(key, "/".join(words).encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode().lower()
