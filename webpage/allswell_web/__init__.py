"""Serve every page, by host, read-only."""
