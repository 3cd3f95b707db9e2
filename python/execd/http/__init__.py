"""The transport: requests, bodies, content codings, routing, responses, and the application that Granian calls."""
