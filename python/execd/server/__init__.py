"""The processes of a server: the supervisor, its workers, and the address that they listen on."""
