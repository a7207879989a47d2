"""One check of one target, one file per kind: a spec and a deadline in, a sample out.

Whatever the target does, the answer comes within the deadline and a bounded amount of memory. The
room keeps nothing between two checks and does not know whether a failure makes a monitor ``down``.
"""
