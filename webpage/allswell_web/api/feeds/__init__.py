"""Publish incidents and maintenance as Atom and RSS feeds.

`history` has an entry per incident and per maintenance, revised in place, as Statuspage has it;
`updates` has an item per update, for readers that post each item once. Dates are those of
publication: readers skip an item that is dated before the last one that they have read. Ids do not
contain a host, since a page may have several.
"""
