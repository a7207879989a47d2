"""Publish the page's own document, version 1: all that Statuspage's format cannot express.

Statuses are ours, uptime comes with its coverage, and every day of the bars is listed. Keys are
only ever added to this version; a change of meaning needs another version. The present time is not
in it, so that its ETag does not change while the data does not.
"""
