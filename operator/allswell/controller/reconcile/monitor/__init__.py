"""Reconcile a Monitor: its checker's objects, its status and its events."""
