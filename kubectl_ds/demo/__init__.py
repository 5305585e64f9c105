"""The capture of a troubled cluster that ships with the package; recorded by ``make demo-capture``."""
