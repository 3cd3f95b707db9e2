"""Execute v4: a batch of records in, a batch of results out, synchronously and within the time limit."""
