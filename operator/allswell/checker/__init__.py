"""Run a list of monitors on the checker's own clock, keep every result, report changes.

The checker has no Kubernetes permission, no database address and no key to the archive; it knows
its own file, its targets and the collector. It is paid for once per monitor, so it imports little.
"""
