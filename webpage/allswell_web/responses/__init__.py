"""Build HTTP responses and their headers, ready to send."""
