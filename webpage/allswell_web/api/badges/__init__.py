"""Serve badges: one fact of a page or of a component, as a small picture or for shields.io."""
