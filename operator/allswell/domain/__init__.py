"""Decide what allswell does, without doing anything.

This room holds the words of the product (monitor, sample, transition, outage, roll-up) and
every rule about them, as pure functions over frozen values. It refuses to read a clock, a file,
a socket or a database, and imports nothing but the standard library's pure parts: whoever calls
it passes in what it knows, `now` included.
"""
