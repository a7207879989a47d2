"""Serve customers' host names: verify them by DNS, order certificates, route to the page."""
