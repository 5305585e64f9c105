"""Start the program whose packages lie in ``lib`` beside this file: ``python3 -I -S launch.py NAME MODULE:FUNCTION …``.

It goes into the archives as it is. Whatever Python the machine calls ``python3`` reads it, so it keeps to what Python
3.6 understands; one that is too old, or newer than the compiled modules in ``lib``, is passed over for another on the
PATH. Nothing of the machine's own packages is seen (``-I -S``): what was tested is what runs.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LIB = os.path.join(HERE, "lib")
CORE = "_core.cpython-%d%d-"


def fits(minor: int) -> bool:
    """Whether ``lib`` was compiled for Python 3.minor."""
    begin = CORE % (3, minor)
    return any(name.startswith(begin) for name in os.listdir(os.path.join(LIB, "msgspec")))


def start_with_another() -> None:
    """Become the newest Python on the PATH that fits; ends the process when there is none."""
    import subprocess
    from shutil import which

    minors = [minor for minor in range(10, 30) if fits(minor)]
    for minor in reversed(minors):
        python = which("python3.%d" % minor)
        asked = "import sys; sys.exit(sys.version_info[:2] != (3, %d))" % minor
        if python and not subprocess.call([python, "-I", "-S", "-c", asked], stderr=subprocess.DEVNULL):  # no mere shim
            os.execv(python, [python, "-I", "-S", *sys.argv])
    own = sys.version_info[:2]
    sys.exit(
        "error: kubectl ds needs Python 3.%d to 3.%d, and python3 is %d.%d\n"
        "install one, or name one: export KUBECTL_DS_PYTHON=/path/to/python3" % (minors[0], minors[-1], *own)
    )


def main() -> None:
    """Import the function and call it under the program's own name."""
    if sys.version_info[0] != 3 or not fits(sys.version_info[1]):
        start_with_another()
    name, target = sys.argv[1:3]
    sys.argv[:3] = [name]
    sys.path.insert(0, LIB)
    module, _, function = target.partition(":")
    __import__(module)
    getattr(sys.modules[module], function)()


if __name__ == "__main__":
    main()
