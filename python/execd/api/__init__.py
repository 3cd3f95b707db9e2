"""The public HTTP APIs, one folder each; none imports another."""
