"""Name resolution in the pod (``validatePodDNSConfig``, ``ValidateHostAliases``)."""

from __future__ import annotations

from kubectl_ds.manifest.checks import formats
from kubectl_ds.manifest.checks.fault import Faults, each_invalid, invalid, required
from kubectl_ds.manifest.checks.node import Node


def dns(pod: Node) -> Faults:
    """``dnsConfig``, which ``dnsPolicy: None`` cannot do without."""
    config = pod.below("dnsConfig")
    servers, searches = config.texts("nameservers"), config.texts("searches")
    if pod.text("dnsPolicy") == "None" and not servers:
        if not pod.has("dnsConfig"):
            yield required(config.path, "must provide `dnsConfig` when `dnsPolicy` is None")
        elif config.sound("nameservers"):
            detail = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            yield required(config.child("nameservers"), detail)
        return
    if len(servers) > 3:
        yield invalid(
            config.child("nameservers"), [each for _, each in servers], "must not have more than 3 nameservers"
        )
    for path, server in servers:
        yield from each_invalid(path, server, formats.ip_address(server))
    if len(searches) > 32:
        yield invalid(config.child("searches"), len(searches), "must not have more than 32 search paths")
    if formats.length(" ".join(each for _, each in searches)) > 2048:
        yield invalid(config.child("searches"), len(searches), "must not have more than 2048 characters in all")
    for path, search in searches:
        if search != ".":
            yield from each_invalid(path, search, formats.dns_subdomain_with_underscore(search.removesuffix(".")))
    for option in config.items("options"):
        if not option.text("name") and option.sound("name"):
            yield required(option.path, "must not be empty")


def host_aliases(pod: Node) -> Faults:
    """Lines of the pod's hosts file."""
    for alias in pod.items("hostAliases"):
        if alias.sound("ip"):
            yield from each_invalid(alias.child("ip"), alias.text("ip"), formats.ip_address(alias.text("ip")))
        for path, name in alias.texts("hostnames"):
            yield from each_invalid(path, name, formats.dns_subdomain(name))
