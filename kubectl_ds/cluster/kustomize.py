"""``-k``: what ``kubectl kustomize`` makes of a folder; kubectl is asked, for nobody else does exactly the same."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from kubectl_ds.cluster.inputs import InputError


def kustomize(folder: str, environ: Mapping[str, str]) -> tuple[str, bytes]:
    """The name to call the result by, and its text.

    Raises:
        InputError: kubectl is not there, or refuses the folder.
    """
    try:
        done = subprocess.run(
            ["kubectl", "kustomize", folder],
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env=dict(environ),
        )
    except OSError as error:
        raise InputError(
            "-k needs kubectl, and it cannot be run here",
            hint=f"kustomize build {folder} | kubectl ds create -f -",
            reference="no-kubectl",
        ) from error
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().removeprefix("error: ")
        raise InputError(words or f"kubectl kustomize {folder} failed", reference="kustomize-failed")
    return folder, done.stdout
