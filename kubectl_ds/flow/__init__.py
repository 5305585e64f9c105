"""Operations of several steps: ask, act, watch. Clocks and pauses are handed in; nothing here prints."""
