"""Run the operator: watch manifests, make true what they say, and run the collector beside."""
