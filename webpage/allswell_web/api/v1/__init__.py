"""The page's own document, version 1: what Statuspage's shape has no words for.

States are ours, uptime comes with its coverage, and every day of the bars is told. Keys are only
ever added to this version; a change of meaning makes another. No clock reading is in it.
"""
