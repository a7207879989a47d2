"""The operator: watch manifests, make what they say true, and run the collector beside."""
