"""Parse Kubernetes objects into small frozen views: paths of fields live here, and nowhere above.

A view holds what the operator decides by. Reading one never fails: what lacks is empty.
"""
