"""Rules over manifests and live DaemonSets: a rule is a file, and the file is its documentation."""
