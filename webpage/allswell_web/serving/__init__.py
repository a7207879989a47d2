"""Receive requests: the server, the WSGI layer in front, access control, the access log."""
