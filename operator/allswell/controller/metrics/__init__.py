"""Count what the operator does, for Prometheus."""
