"""From results to text, JSON and YAML. Sentences are built here, last; nothing is decided here."""
