"""Make or find what the operator needs before it starts: credentials, keys, access, archive."""
