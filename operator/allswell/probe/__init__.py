"""Carry out one check of one target: a spec and a deadline in, an outcome out.

Whatever the target does, the answer comes within the deadline and a bounded amount of memory. The
room keeps nothing between two checks and does not know whether a failure makes a monitor `down`.
"""

from allswell.probe.address_policy import AddressPolicy
from allswell.probe.lookup import Resolve
from allswell.probe.outcome import Assertion, Outcome, Phases
from allswell.probe.prober import PROBES, Prober

__all__ = ["PROBES", "AddressPolicy", "Assertion", "Outcome", "Phases", "Prober", "Resolve"]
