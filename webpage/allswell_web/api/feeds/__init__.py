"""Feeds: what happened on a page, as Atom and as RSS.

`history` has an entry per incident and per maintenance, revised in place, as Statuspage has it;
`updates` has an item per update, for readers that post each item once. Dates are those of
publication: readers pass over an item that is dated before the last one that they have seen. Ids
name no host, since a page may have several.
"""
