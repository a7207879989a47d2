"""The web application: serve every page, by host, read-only."""
