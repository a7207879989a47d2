"""Reconcile one object at a time: gather, decide, apply. One folder for each kind."""
