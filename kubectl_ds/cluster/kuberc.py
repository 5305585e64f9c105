"""Which credential plugins the user's preferences allow to run: the two fields of ``~/.kube/kuberc`` that bind us, too.

Mirrors ``DefaultGetPreferences`` (k8s.io/kubectl/pkg/kuberc v0.37) and ``checkAllowlistLocked`` (client-go's exec
plugin v0.37). Read only when a plugin is about to run. A file that cannot be understood forbids all: it may have been
meant to.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import msgspec

from kubectl_ds.cluster.kubeconfig import go_words
from kubectl_ds.errors import ConfigError
from kubectl_ds.model.decode import without_nulls

_VERSIONS = ("kubectl.config.k8s.io/v1alpha1", "kubectl.config.k8s.io/v1beta1")


class _Entry(msgspec.Struct, frozen=True):
    command: str = ""


class _Preference(msgspec.Struct, frozen=True, rename="camel"):
    api_version: str = ""
    kind: str = ""
    credential_plugin_policy: str = ""
    credential_plugin_allowlist: list[_Entry] | None = None


class PluginPolicy(msgspec.Struct, frozen=True):
    """Whether plugins may run, and which."""

    kind: str = ""
    """``AllowAll``, ``DenyAll``, ``Allowlist``; empty is the first."""
    allowed: tuple[str, ...] = ()

    def refusal(self, command: str, path: str | None) -> str:
        """Why this command may not run, in kubectl's words; empty when it may. ``path`` is where it was found."""
        if self.kind == "DenyAll":
            return f'plugin "{command}" not allowed: policy set to "DenyAll"'
        if self.kind != "Allowlist" or command in self.allowed or (path and path in self.allowed):
            return ""
        if path is None:
            return (
                f'plugin path "{command}" cannot be resolved for credential plugin allowlist check: '
                f'exec: "{command}": executable file not found in $PATH'
            )
        same_name = (each for each in self.allowed if os.path.basename(each) == os.path.basename(path))  # noqa: PTH119
        if any(_on_path(each) == path for each in same_name):
            return ""
        return f'plugin path "{path}" is not permitted by the credential plugin allowlist'


def plugin_policy(explicit: str, environ: Mapping[str, str]) -> PluginPolicy:
    """What the preferences of ``--kuberc``, else ``KUBERC``, else ``~/.kube/kuberc`` say of plugins.

    Raises:
        ConfigError: they cannot be read, or contradict themselves.
    """
    named = environ.get("KUBERC", "")
    if named == "off" or environ.get("KUBECTL_KUBERC", "").lower() in ("false", "f", "0"):
        return PluginPolicy()
    home = environ.get("HOME") or os.path.expanduser("~")  # noqa: PTH111
    path = explicit or named or os.path.join(home, ".kube", "kuberc")  # noqa: PTH118
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            preference = _preference(path, file.read())
    except FileNotFoundError as error:
        if not (explicit or named):
            return PluginPolicy()
        raise _unusable(f"kuberc error kuberc: {go_words(error, path)}") from error
    except OSError as error:
        raise _unusable(f"kuberc error kuberc: {go_words(error, path)}") from error
    if preference is None:
        return PluginPolicy()
    problem = _problem(preference)
    if problem:
        raise _unusable(f"error occurred while applying preferences {problem}")
    allowed = tuple(each.command for each in preference.credential_plugin_allowlist or ())
    return PluginPolicy(preference.credential_plugin_policy, allowed)


def _preference(path: str, data: bytes) -> _Preference | None:
    """The first document that is a preference; None when there is no document at all."""
    from kubectl_ds.cluster.documents import Malformed, load_documents

    attempted = False
    try:
        for document in load_documents(data):
            if document is None:
                continue
            attempted = True
            try:
                found = msgspec.convert(without_nulls(document), _Preference)
            except msgspec.ValidationError:
                continue
            if found.kind == "Preference" and found.api_version in _VERSIONS:
                return found
    except Malformed:
        attempted = True
    if attempted:
        raise _unusable(f"kuberc: no valid preferences found in {path}")
    return None


def _problem(preference: _Preference) -> str:
    """Upstream ``ValidatePluginPolicy``, in its words."""
    policy, listed = preference.credential_plugin_policy, preference.credential_plugin_allowlist
    if policy in ("", "AllowAll", "DenyAll"):
        if listed is None:
            return ""
        return f'misconfigured credential plugin allowlist: plugin policy is "{policy}" but allowlist is non-nil'
    if policy != "Allowlist":
        return f'unknown plugin policy: "{policy}"'
    if listed is None:
        return 'credential plugin policy set to "Allowlist", but allowlist is unspecified'
    if not listed:
        return 'credential plugin policy set to "Allowlist", but allowlist is empty; use "DenyAll" policy instead'
    for number, entry in enumerate(listed, 1):
        if not entry.command:
            return f"misconfigured credential plugin allowlist: empty allowlist entry #{number}"
        if os.path.normpath(entry.command) != entry.command:
            return f'non-normalized file path: "{entry.command}" vs "{os.path.normpath(entry.command)}"'
    return ""


def _on_path(command: str) -> str | None:
    import shutil

    return shutil.which(command)


def _unusable(message: str) -> ConfigError:
    return ConfigError(
        message,
        line=message,
        hint="kubectl kuberc view shows it; KUBERC=off leaves it aside",
        reference="invalid-preferences",
    )
