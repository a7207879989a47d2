"""Publish the JSON that existing tools read: the format of Atlassian Statuspage's public API, v2.

Exactly its keys and its words, none added: some clients refuse a document with an additional key.
The present time is not in it, so that its ETag does not change while the data does not.
"""
