"""Answer requests of machines: JSON, feeds, calendar, badges, OpenAPI."""
