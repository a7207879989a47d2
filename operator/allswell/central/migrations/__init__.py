"""Hold the steps of the schema, run by `central.engine.migrate`; a step is never changed."""
