"""Write and read day files in an object store: NDJSON, compression, upload, restore.

A day file's bytes depend on its samples alone, so that writing it twice gives the same object.
The room does not decide when a day is over or what may be deleted afterwards.
"""
