"""Names of hosts: a customer's own, and the one that each page has under the domain of pages.

Names are compared as lower-case A-labels without a final dot. Everything that proves a name is
derived from the installation's key and the page's identity, so it can be neither guessed nor used
by anybody else.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address
from unicodedata import category, normalize

MOST = 253
MOST_LABEL = 63
PREFIX = "_allswell"
_SLUG = 40
_DIGEST = 12
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", re.ASCII)
_COUNTRY = 2
_REGISTRIES = frozenset(["ac", "co", "com", "edu", "go", "gov", "gv", "ne", "net", "or", "org"])
# Nobody can own a name under these (RFC 6761, RFC 6762, RFC 7686, RFC 9476).
IMPOSSIBLE = ("localhost", "local", "invalid", "onion", "arpa", "alt")
# Nobody can own these in public either; an installation that serves them says so by a suffix.
PRIVATE = ("internal", "test", "example", "example.com", "example.net", "example.org")


class HostnameRefused(ValueError):
    """The name cannot be a page's own; the sentence says why and what to write."""


@dataclass(frozen=True, slots=True)
class PageIdentity:
    """Whose page it is: another namespace of the same name, made later, is somebody else's."""

    namespace_uid: str
    name: str


@dataclass(frozen=True, slots=True)
class InstallationDomains:
    """The installation's own names: the domain of pages, and the hosts of the product itself."""

    pages_domain: str = ""
    hosts: Collection[str] = ()

    def has(self, host: str) -> bool:
        """Whether a host is one of them, or below one."""
        return any(is_under(host, own) for own in (self.pages_domain, *self.hosts) if own)


def normal(text: str) -> str:
    """A host name as it is compared; raises `Refused` for what is none.

    Letters beyond ASCII must be written as A-labels (`xn--…`): what two names look like is not what
    they are, and a manifest should say what they are.
    """
    host = text.strip().lower().removesuffix(".")
    if not host.isascii():
        raise HostnameRefused("write the name as A-labels (xn--…), as it stands in the DNS")
    if "*" in host:
        raise HostnameRefused("a wildcard is no host: write each name by itself")
    if _is_address(host):
        raise HostnameRefused("an address is no host name: write a name whose DNS you can change")
    if len(host) > MOST:
        raise HostnameRefused(f"a host name has at most {MOST} characters")
    labels = host.split(".")
    for label in labels:
        _check(label)
    if len(labels) == 1:
        raise HostnameRefused("write the full name, like status.example.com")
    return host


def _check(label: str) -> None:
    if len(label) > MOST_LABEL:
        raise HostnameRefused(f"between two dots there are at most {MOST_LABEL} characters")
    if _LABEL.fullmatch(label) is None:
        raise HostnameRefused(
            "a host name is made of a-z, 0-9 and hyphens, with dots between its parts"
        )
    if label[2:4] == "--" and not _is_real(label):
        raise HostnameRefused(f"{label} is no A-label: no name is written so")


def _is_real(label: str) -> bool:
    """Whether an A-label stands for a word, and is the one way to write it."""
    if not label.startswith("xn--"):
        return False
    try:
        word = label[4:].encode().decode("punycode")
        same = word.encode("punycode").decode() == label[4:]
    except UnicodeError:
        return False
    spoken = all(character == "-" or category(character)[0] in "LMN" for character in word)
    return same and spoken and not word.isascii() and normalize("NFKC", word).lower() == word


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        # 10.0.0.12 in any of the forms that a browser takes for an address.
        return host.rpartition(".")[2].isdigit()
    return True


def check(host: str, own: InstallationDomains, suffixes: Collection[str] | None = None) -> None:
    """Refuse a normal host that no customer may have. Raises `Refused`.

    `suffixes` are the domains that the installation allows; None allows all that are public.
    """
    if own.has(host):
        raise HostnameRefused(f"{host} belongs to this installation: write a name of your own")
    if any(is_under(host, end) for end in IMPOSSIBLE):
        raise HostnameRefused(f"nobody can own a name like {host}")
    allowed = suffixes is not None and any(is_under(host, end) for end in suffixes)
    if suffixes is not None and not allowed:
        raise HostnameRefused(f"this installation lets no page of this namespace have {host}")
    if not allowed and any(is_under(host, end) for end in PRIVATE):
        raise HostnameRefused(f"no public authority certifies a name like {host}")


def is_under(host: str, domain: str) -> bool:
    """Whether a host is a domain or below it."""
    return host == domain or host.endswith(f".{domain}")


def domain_of(host: str) -> str:
    """The domain that authorities count a name under.

    A guess, without a list of all registries: `co.uk` and the like are taken for a registry's own.
    """
    labels = host.split(".")
    is_registry = len(labels[-1]) == _COUNTRY and labels[-2] in _REGISTRIES
    return ".".join(labels[-3 if is_registry else -2 :])


def domain_trouble(pages_domain: str, product: Collection[str]) -> str:
    """Why pages cannot live under a domain; empty when they can.

    A page under the product's own domain could set cookies for it and spoil its reputation, and
    the other way round: the two stay apart.
    """
    try:
        normal(pages_domain)
    except HostnameRefused as problem:
        return str(problem)
    for host in product:
        if domain_of(pages_domain) == domain_of(host):
            return f"{pages_domain} and {host} are of one domain: dedicate another one to pages"
    return ""


def label(key: bytes, page: PageIdentity) -> str:
    """A page's own label under the domain of pages; it cannot be guessed."""
    slug = page.name[:_SLUG].rstrip("-")
    if slug[2:4] == "--":  # such labels are kept for names like xn--…
        slug = f"p{slug[: _SLUG - 1]}".rstrip("-")
    return f"{slug}-{_digest(key, 'address', page.namespace_uid, page.name)[:_DIGEST]}"


def token(key: bytes, page: PageIdentity, host: str) -> str:
    """What the TXT record of `challenge(host)` must hold to prove a name for a page."""
    return f"allswell={_digest(key, 'token', page.namespace_uid, page.name, host)[:32]}"


def challenge(host: str) -> str:
    """The name of the TXT record that proves a host."""
    return f"{PREFIX}.{host}"


def _digest(key: bytes, *words: str) -> str:
    made = hmac.new(key, "/".join(words).encode(), hashlib.sha256).digest()
    return base64.b32encode(made).decode().lower()
