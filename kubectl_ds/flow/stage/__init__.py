"""Driving a staged rollout: what the engine decides is done, and watched until it decides again."""
