"""Issue the keys of a lab: one CA, a certificate for each server, a kubeconfig for each client.

They live as long as the lab and are worth nothing beyond it.
"""

import base64
import json
from dataclasses import dataclass
from pathlib import Path

import trustme

MASTERS = "system:masters"
# Go refuses a certificate whose list of names is empty, which is what a user's would be.
_NOBODY = "client.invalid"


@dataclass(frozen=True, slots=True)
class KeyIssuer:
    """Issues what one lab needs into one folder."""

    authority: trustme.CA
    folder: Path
    server: str
    context: str

    def authority_file(self) -> None:
        """Write the authority's certificate: ``ca.crt``."""
        self.authority.cert_pem.write_to_path(self.folder / "ca.crt")

    def certificate(self, name: str, *names: str, who: str | None = None, group: str = "-") -> None:
        """Write ``name.crt`` and ``name.key`` for host names and addresses, or for a user."""
        certificate = self.authority.issue_cert(
            *(names or [_NOBODY]), common_name=who, organization_name=group
        )
        certificate.private_key_pem.write_to_path(self.folder / f"{name}.key")
        certificate.cert_chain_pems[0].write_to_path(self.folder / f"{name}.crt")

    def kubeconfig(self, name: str, who: str, group: str = "-") -> None:
        """Write ``name.kubeconfig``, which speaks for a user."""
        certificate = self.authority.issue_cert(_NOBODY, common_name=who, organization_name=group)
        user = {
            "client-certificate-data": _text(certificate.cert_chain_pems[0]),
            "client-key-data": _text(certificate.private_key_pem),
        }
        cluster = {
            "server": self.server,
            "certificate-authority-data": _text(self.authority.cert_pem),
        }
        path = self.folder / f"{name}.kubeconfig"
        path.touch(mode=0o600)
        path.write_text(json.dumps(_kubeconfig(self.context, cluster, user)), encoding="utf-8")


def _text(pem: trustme.Blob) -> str:
    return base64.b64encode(pem.bytes()).decode()


def _kubeconfig(
    context: str, cluster: dict[str, str], user: dict[str, str]
) -> dict[str, str | list[dict[str, object]]]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "clusters": [{"name": context, "cluster": cluster}],
        "users": [{"name": context, "user": user}],
        "contexts": [{"name": context, "context": {"cluster": context, "user": context}}],
    }


def issue(folder: Path, *, address: str, port: int, context: str) -> KeyIssuer:
    """Write all that the control plane needs, and return the desk for more."""
    desk = KeyIssuer(trustme.CA(), folder, f"https://{address}:{port}", context)
    desk.authority_file()
    kubernetes = ("kubernetes.default.svc", "kubernetes.default", "kubernetes", "10.96.0.1")
    desk.certificate("kube-apiserver", "localhost", *{"127.0.0.1", address}, *kubernetes)
    desk.certificate("service-accounts", who="service-accounts")
    desk.certificate("kubelet-client", who="kube-apiserver-kubelet-client", group=MASTERS)
    desk.kubeconfig("admin", "allswell-test", MASTERS)
    for part in ("kube-controller-manager", "kube-scheduler"):
        desk.kubeconfig(part, f"system:{part}")
    return desk
