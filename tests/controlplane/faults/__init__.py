"""Everything that can go wrong between us and the real API server, put there on purpose."""
