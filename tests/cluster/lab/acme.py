"""Run a certificate authority: cert-manager, Pebble (an ACME server) and a DNS server for both.

They run on the machine beside a lab's node and end with the lab. Pebble asks at the node's own
address, port 80, as a public authority would; what answers there is `tests/cluster/ingress.py`.
"""

import hashlib
import json
import shutil
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.cluster.lab import build, images
from tests.cluster.lab.lifecycle import Lab
from tests.cluster.lab.processes import Daemon, Failed

SOURCE = Path(__file__).parents[1] / "acme"
PEBBLE = "github.com/letsencrypt/pebble/v2/cmd/pebble"
KINDS = {
    "github.com/cert-manager/cert-manager": "deploy/crds/*io_*.yaml",
    "sigs.k8s.io/gateway-api": "config/crd/standard/*io_[glhr]*s.yaml",
}
DNS_PORT, DNS_DESK, ACME_PORT, ACME_DESK = 8053, 8055, 14000, 15000
NAMESPACE = "cert-manager"
# Certificates that end within minutes, for the tests of their renewal.
SHORT = "short"
_SHORT_SECONDS = 150


def programs(cache: Path) -> Path:
    """Return the folder of ``cert-manager``, ``pebble`` and the rest, with ``crds``; build it."""
    title = "Building cert-manager and Pebble with Go, once (minutes)"
    here = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:6]
    return build.build_once(cache / "acme" / f"{build.fingerprint(SOURCE)}-{here}", title, _make)


def _make(go: str, folder: Path) -> None:
    packages = ["./...", PEBBLE, f"{PEBBLE}-challtestsrv"]
    build.compiled([go, "build", "-ldflags=-s -w", "-o", f"{folder}/", *packages], folder, SOURCE)
    (folder / "crds").mkdir()
    for module, files in KINDS.items():
        command = [go, "list", "-m", "-f", "{{.Dir}}", module]
        listed = subprocess.run(command, cwd=SOURCE, check=True, capture_output=True, text=True)
        for path in Path(listed.stdout.strip()).glob(files):
            shutil.copyfile(path, folder / "crds" / path.name)


@dataclass(frozen=True, slots=True)
class Authority:
    """The running parts. `crds` are files to apply, `bundle` is the PEM that Pebble's own address
    is trusted by (base64 of it is an issuer's `caBundle`)."""

    lab: Lab
    crds: Path
    bundle: str

    @property
    def directory(self) -> str:
        """Return the address for an issuer's `server`."""
        return f"https://{self.lab.machine_address}:{ACME_PORT}/dir"

    @property
    def nameserver(self) -> str:
        """Return the DNS server, as host:port; it knows what `record` was told, by UDP and TCP."""
        return f"{self.lab.machine_address}:{DNS_PORT}"

    def record(self, what: str, facts: Mapping[str, object]) -> None:
        """Tell the DNS server something: ``set-cname``, ``{"host": "a.example.", "target": …}``.

        The words are those of its management API: add-a, clear-a, set-cname, clear-cname, set-txt,
        clear-txt, add-caa, clear-caa, set-servfail, clear-servfail. Names end with a dot.
        """
        place = f"http://{self.lab.machine_address}:{DNS_DESK}/{what}"
        request = urllib.request.Request(place, data=json.dumps(facts).encode())
        with urllib.request.urlopen(request, timeout=5) as answer:
            answer.read()

    def root(self) -> str:
        """Return the root of what Pebble issues, as PEM; another one after each start of it."""
        context = ssl.create_default_context(cadata=self.bundle)
        place = f"https://{self.lab.machine_address}:{ACME_DESK}/roots/0"
        with urllib.request.urlopen(place, timeout=5, context=context) as answer:
            return str(answer.read().decode())

    def orders(self) -> int:
        """Return how many orders Pebble has taken since its start, whatever became of them."""
        return self.pebble.log.read_text(encoding="utf-8").count("Added order ")

    @property
    def pebble(self) -> Daemon:
        """Return Pebble, whose log has every request."""
        return self.lab.daemon("pebble")


def start(lab: Lab) -> Authority:
    """Start whatever of it does not run yet; the kinds of cert-manager must be there already."""
    programs_folder = programs(lab.paths.cache)
    folder = lab.paths.data / "acme"
    folder.mkdir(exist_ok=True)
    if not (folder / "authority.pem").exists():
        _keys(folder, lab.machine_address)
    for name, command in _commands(lab, programs_folder, folder).items():
        daemon = lab.daemon(name)
        if daemon.process is None:
            daemon.define(command)
            daemon.start()
    running = Authority(lab, programs_folder / "crds", (folder / "authority.pem").read_text())
    lab.load(images.solver(programs_folder, lab.paths.cache))
    _wait(running)
    return running


def _keys(folder: Path, address: str) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert(address)
    issued.private_key_pem.write_to_path(folder / "pebble.key")
    issued.cert_chain_pems[0].write_to_path(folder / "pebble.crt")
    authority.cert_pem.write_to_path(folder / "authority.pem")


def _commands(lab: Lab, programs_folder: Path, folder: Path) -> dict[str, list[str]]:
    address = lab.machine_address
    silent = ["http01", "https01", "tlsalpn01", "doh", "defaultIPv6"]
    dns = f"{address}:{DNS_PORT}"
    (folder / "pebble.json").write_text(json.dumps({"pebble": _pebble(folder, address)}))
    speed = ["env", "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0", "PEBBLE_AUTHZREUSE=0"]
    return {
        "acme-dns": [
            str(programs_folder / "pebble-challtestsrv"),
            f"-dnsserver={dns}",
            f"-management={address}:{DNS_DESK}",
            f"-defaultIPv4={lab.node_address}",
            *(f"-{name}=" for name in silent),
        ],
        "pebble": [
            *speed,
            str(programs_folder / "pebble"),
            f"-config={folder}/pebble.json",
            "-dnsserver",
            dns,
        ],
        "cert-manager": [
            str(programs_folder / "cert-manager"),
            f"-kubeconfig={lab.paths.kubeconfig}",
            f"-cluster-resource-namespace={NAMESPACE}",
            f"-solver-image={images.SOLVER}",
            f"-nameserver={dns}",
        ],
    }


def _pebble(folder: Path, address: str) -> dict[str, object]:
    return {
        "listenAddress": f"{address}:{ACME_PORT}",
        "managementListenAddress": f"{address}:{ACME_DESK}",
        "certificate": f"{folder}/pebble.crt",
        "privateKey": f"{folder}/pebble.key",
        "httpPort": 80,
        "tlsPort": 443,
        "retryAfter": {"authz": 1, "order": 1},
        "keyAlgorithm": "ecdsa",
        "profiles": {
            "default": {"description": "90 days", "validityPeriod": 90 * 86_400},
            SHORT: {"description": "minutes", "validityPeriod": _SHORT_SECONDS},
        },
    }


def _wait(running: Authority) -> None:
    until = time.monotonic() + 30
    while True:
        with suppress(OSError):
            running.root()
            return
        if time.monotonic() > until:
            raise Failed(f"Pebble does not answer:\n{running.pebble.last_log_lines()}")
        time.sleep(0.1)
