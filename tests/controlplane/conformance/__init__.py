"""What kubectl sends and says for a kubeconfig and a command line, and what we do."""
