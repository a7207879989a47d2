"""The JSON that existing tools read: the shape of Atlassian Statuspage's public API, v2.

Exactly its keys and its words, none added: some clients refuse a feed with one key more. No clock
reading is in it, so that its ETag stands still while nothing changes.
"""
