"""The program that checks: runs a list of monitors on its own clock, keeps results, reports.

It has no Kubernetes permission, no database address and no key to the archive; it knows its own
file, its targets and the collector. It is paid for once per monitor, so it imports little.
"""
