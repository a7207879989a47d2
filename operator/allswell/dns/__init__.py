"""Look up the DNS records of a customer's host name, through several resolvers.

It reports the answer of each resolver and judges nothing; every query is bounded in time, in hops
and in what it reads of an answer.
"""
