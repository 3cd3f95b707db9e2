"""The transport: requests, bodies, content codings, routing, responses. `server` speaks Granian's RSGI; nobody else."""
