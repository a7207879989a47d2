"""allswell: a status page service whose monitors and pages are Kubernetes manifests.

The rooms, from the bottom up: ``domain`` decides; ``kube``, ``probe``, ``store``, ``central`` and
``archive`` each speak with one thing outside; ``checker`` and ``controller`` are the programs;
``cli`` starts them. An import only ever points downwards.
"""
