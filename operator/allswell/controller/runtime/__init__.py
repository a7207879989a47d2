"""Run the operator: leader election, work queue, workers, resync, probes. It decides nothing."""
