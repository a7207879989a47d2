"""Write to the API server: objects, statuses and events. It decides nothing."""
