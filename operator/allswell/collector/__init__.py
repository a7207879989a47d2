"""Take checkers' reports and heartbeats, and write the central database.

It imports neither `kube` nor kopf: `allswell up` runs it without Kubernetes.
"""
