"""Decide where a day file may be uploaded, verify that it is there, and record it."""
