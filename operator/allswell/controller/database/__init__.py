"""Call the central database through the collector's one writing thread."""
