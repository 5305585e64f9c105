"""From the template to the pod that is really created: one module per admission plugin."""
