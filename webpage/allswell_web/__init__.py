"""The program that shows: a read-only web application that serves every page, by host.

It writes nothing, has no Kubernetes permission and never speaks to a checker. It states nothing
about a time that nobody has observed.
"""
