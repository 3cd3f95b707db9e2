"""Executions: a file of records in, a file of answers out, when the run is over. Synchronous, without a queue."""
