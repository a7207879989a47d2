"""Parse manifests once into frozen values that every program uses.

`monitor.read` and `page.read` take a decoded manifest (mappings, lists, scalars) and give a value
or raise `InvalidManifest` with every problem, each with its path and what to write instead. The
operator, the checker and the command line parse with these same functions.
"""
