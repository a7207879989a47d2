"""Asks the DNS what a customer has set for a host name, through several resolvers.

It reports what each resolver says and judges nothing; every question is bounded in time, in hops
and in what it takes of an answer.
"""
