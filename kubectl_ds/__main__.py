"""Where the processes begin: ``kubectl-ds``, ``python -m kubectl_ds`` and ``kubectl_complete-ds``.

The collector stays off: a run is short, what it makes holds no cycles worth finding, and to look for them while modules
are imported and lists decoded takes a seventh of the whole time. Runs that stay, those that watch, switch it on again.
"""

from __future__ import annotations

import gc
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line."""
    gc.disable()
    from kubectl_ds.cli import main as run

    run()


def complete() -> NoReturn:
    """Complete a command line for a shell."""
    gc.disable()
    from kubectl_ds.cli.completion import main as run

    run()


if __name__ == "__main__":
    main()
