"""The archives that krew installs, and the manifest that names them: ``make dist``."""
