"""Watch and list the cluster, and keep what is needed of each object in memory."""
