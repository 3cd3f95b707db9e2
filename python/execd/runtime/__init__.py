"""How an execution runs: admission, deadline, disconnect, executor; `run` puts them together."""
