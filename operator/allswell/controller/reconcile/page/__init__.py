"""Reconcile a StatusPage: its row in the central database, and its status."""
