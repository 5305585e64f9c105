"""Driving a staged rollout: what the engine decides is done, and what comes of it is watched until the next decision."""
