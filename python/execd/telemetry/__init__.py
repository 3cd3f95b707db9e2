"""What a server tells its operator: the log of its processes."""
