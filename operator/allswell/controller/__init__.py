"""The program that makes what the manifests say true: handlers, reconcile and the collector.

It checks no target and renders no page. A handler holds no logic: it gathers, asks a pure function
what to do, and does that.
"""
