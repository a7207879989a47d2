"""Decide the status of a component and of a whole page from segments. Pure: no I/O, no clock."""
