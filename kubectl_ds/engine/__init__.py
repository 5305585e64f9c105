"""Pure decisions, values to values. It must not know where a snapshot came from, what time it is, or how to speak."""
