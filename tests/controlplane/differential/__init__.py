"""Random clusters on the real control plane: what we foretell is held against what then happens."""
