"""Read the operator's settings from its environment; report every problem at once."""
