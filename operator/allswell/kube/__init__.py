"""Speak with the Kubernetes API: names, labels, manifests, views and server-side apply.

A manifest is a pure function from our value to a dict, one per kind. The room decides nothing
about monitors, keeps no state, and does not know when it is called: handlers live in
``controller``.
"""
