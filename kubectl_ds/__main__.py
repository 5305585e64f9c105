"""Where the process begins: ``kubectl-ds`` and ``python -m kubectl_ds``."""

from __future__ import annotations

import gc
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line.

    The collector stays off: a run is short, what it makes holds no cycles worth finding, and to look for them while
    modules are imported and lists decoded takes a seventh of the whole time.
    """
    gc.disable()
    from kubectl_ds.cli import main as run

    run()


if __name__ == "__main__":
    main()
