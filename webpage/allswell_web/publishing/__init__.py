"""Publish a static copy of every public page as files."""
