"""Manifests: what people write, read once into frozen values that the rest of the house uses.

`monitor.read` and `page.read` take a decoded manifest (mappings, lists, scalars) and give a value
or raise `Invalid` with every problem found, each with its path and what to write instead. The
operator, the checker and the command line parse with these same functions.
"""
