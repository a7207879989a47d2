"""Customers' own host names: proved by DNS, certified, and led to their page.

Nothing here waits for a name that is slow or broken while another could go on. What is decided is
decided in the central database; what is made on the cluster follows from it, and goes with it.
"""
