"""Answer requests for HTML pages and for their pictures."""
