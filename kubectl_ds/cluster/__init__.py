"""Where state comes from and where changes go: kubeconfig, transport, the live cluster, captures.

Nothing in this room decides what an answer means.
"""
