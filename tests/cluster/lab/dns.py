"""Serve the cluster's DNS: CoreDNS beside the kubelet, and names that tests add.

Pods ask it at the node's address. What neither the cluster nor a test has named does not exist.
"""

from pathlib import Path

from tests.cluster.lab.node import Node


def hosts(data: Path) -> Path:
    """Return the file of names that tests add: lines of an address and names, read each second."""
    return data / "node" / "hosts"


def define(node: Node) -> None:
    """Write down how it is started."""
    names = hosts(node.plan.paths.data)
    names.touch()
    text = f"""
.:53 {{
    errors
    cache 1
    hosts {names} {{
        ttl 1
        reload 1s
        fallthrough
    }}
    kubernetes cluster.local in-addr.arpa ip6.arpa {{
        kubeconfig {node.plan.paths.kubeconfig} {node.plan.paths.context}
        ttl 1
    }}
    template IN ANY . {{
        rcode NXDOMAIN
    }}
}}
"""
    program = str(node.plan.binary.with_name("dns"))
    command = [program, f"-conf={node.write('Corefile', text)}"]
    node.plan.daemon("dns").define(command, enter=node.plan.enter)


def start(node: Node) -> None:
    """Start it."""
    node.plan.daemon("dns").start()
