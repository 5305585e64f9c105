"""Files that volumes are made of: keys, downward API and projections (``validateProjectionSources``)."""

from __future__ import annotations

from kubectl_ds.manifest.checks import formats
from kubectl_ds.manifest.checks.env import field_ref, resource_field_ref
from kubectl_ds.manifest.checks.fault import Faults, each_invalid, forbidden, invalid, not_supported, required
from kubectl_ds.manifest.checks.node import Node
from kubectl_ds.manifest.checks.selector import label_selector

_FILE_FIELDS = frozenset(
    {"metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid"}
)
_SOURCES = ("secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate")
_KEY_TYPES = ("RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519")
_DAY = 24 * 60 * 60
_MODE = "must be a number between 0 and 0777 (octal), both inclusive"


def mode(node: Node, name: str) -> Faults:
    """Permission bits."""
    number = node.number(name)
    if number is not None and not 0 <= number <= 0o777:
        yield invalid(node.child(name), number, _MODE)


def key_to_path(item: Node) -> Faults:
    """``validateKeyToPath``."""
    for field in ("key", "path"):
        if not item.text(field) and item.sound(field):
            yield required(item.child(field))
    yield from each_invalid(item.child("path"), item.text("path"), formats.reserved_path(item.text("path")))
    yield from mode(item, "mode")


def downward_file(item: Node) -> Faults:
    """``validateDownwardAPIVolumeFile``."""
    if not item.text("path") and item.sound("path"):
        yield required(item.child("path"))
    yield from each_invalid(item.child("path"), item.text("path"), formats.reserved_path(item.text("path")))
    if item.has("fieldRef"):
        yield from field_ref(item.below("fieldRef"), _FILE_FIELDS)
        if item.has("resourceFieldRef"):
            yield invalid(item.path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously")
    elif item.has("resourceFieldRef"):
        yield from resource_field_ref(item.below("resourceFieldRef"), volume=True)
    else:
        yield required(item.path, "one of fieldRef and resourceFieldRef is required")
    yield from mode(item, "mode")


def projected(volume: Node) -> Faults:
    """Several sources in one volume; no two may write one file. Owners of files are alpha, and dropped unread."""
    yield from mode(volume, "defaultMode")
    paths: set[str] = set()
    for source in volume.items("sources"):
        given = [each for each in _SOURCES if source.has(each)]
        if len(given) > 1:
            yield forbidden(source.path, "may not specify more than 1 volume type per source")
        for each in ("secret", "configMap"):
            if source.has(each):
                yield from _keys(source.below(each), paths)
        if source.has("downwardAPI"):
            for item in source.below("downwardAPI").items("items"):
                yield from downward_file(item)
                yield from _conflict(item, "path", paths)
        if source.has("serviceAccountToken"):
            yield from _token(source.below("serviceAccountToken"))
        if source.has("clusterTrustBundle"):
            yield from _trust_bundle(source.below("clusterTrustBundle"), paths)
        if source.has("podCertificate"):
            yield from _certificate(source.below("podCertificate"), paths)


def _keys(source: Node, paths: set[str]) -> Faults:
    if not source.text("name") and source.sound("name"):
        yield required(source.child("name"))
    for item in source.items("items"):
        yield from key_to_path(item)
        yield from _conflict(item, "path", paths)


def _conflict(node: Node, name: str, paths: set[str]) -> Faults:
    path = node.text(name)
    if path and path in paths:
        yield invalid(node.child(name), path, "conflicting duplicate paths")
    paths.add(path)


def _token(token: Node) -> Faults:
    seconds = token.number("expirationSeconds")
    at = token.child("expirationSeconds")
    if seconds is not None and seconds < 600:
        yield invalid(at, seconds, "may not specify a duration less than 10 minutes")
    if seconds is not None and seconds > 2**32:
        yield invalid(at, seconds, "may not specify a duration larger than 2^32 seconds")
    path = token.text("path")
    if path:
        yield from each_invalid(token.child("path"), path, formats.reserved_path(path))
    elif token.sound("path"):
        yield required(token.child("path"))


def _trust_bundle(bundle: Node, paths: set[str]) -> Faults:
    name, signer = bundle.data.get("name"), bundle.data.get("signerName")
    if bundle.has("name") and bundle.has("signerName"):
        yield invalid(bundle.path, "", "only one of name and signerName may be used")
    elif isinstance(name, str):
        yield from each_invalid(bundle.child("name"), name, _bundle_name(name))
        if bundle.has("labelSelector"):
            yield invalid(bundle.child("labelSelector"), "", "labelSelector must be unset if name is specified")
    elif isinstance(signer, str):
        yield from _signer(bundle)
        yield from label_selector(bundle.object("labelSelector"))
    elif bundle.sound("name") and bundle.sound("signerName"):
        yield required(bundle.path, "either name or signerName must be specified")
    if not bundle.text("path") and bundle.sound("path"):
        yield required(bundle.child("path"))
    yield from _file(bundle, "path", paths)


def _bundle_name(name: str) -> list[str]:
    """``ValidateClusterTrustBundleName``: what stands before the last colon is its signer."""
    signer, colon, bare = name.rpartition(":")
    if colon and (not signer or "/" in signer):
        return ["must begin with the name of its signer, with colons in place of slashes"]
    return formats.dns_subdomain(bare)


def _certificate(certificate: Node, paths: set[str]) -> Faults:
    """A key and its certificate, for which the kubelet asks."""
    yield from _signer(certificate)
    for key in certificate.mapping("userAnnotations"):
        details = formats.label_key(key.lower())
        if not details and "/" not in key:
            details = ['must be a domain-prefixed key (such as "acme.io/foo")']
        yield from each_invalid(f"{certificate.child('userAnnotations')}[{key}]", key, details)
    kind = certificate.text("keyType")
    if kind not in _KEY_TYPES and certificate.sound("keyType"):
        yield not_supported(certificate.child("keyType"), kind, _KEY_TYPES)
    seconds = certificate.number("maxExpirationSeconds")
    domain = certificate.text("signerName").partition("/")[0]
    longest = _DAY if domain == "kubernetes.io" or domain.endswith(".kubernetes.io") else 91 * _DAY
    if seconds is not None and not 3600 <= seconds <= longest:
        detail = f"must be between 3600 and {longest}, inclusive"
        yield invalid(certificate.child("maxExpirationSeconds"), seconds, detail)
    files = ("credentialBundlePath", "keyPath", "certificateChainPath")
    if not any(certificate.text(each) for each in files) and all(certificate.sound(each) for each in files):
        yield required(certificate.path, f"specify at least one of {files[0]}, {files[1]}, and {files[2]}")
    for each in files:
        yield from _file(certificate, each, paths)


def _signer(node: Node) -> Faults:
    """``ValidateSignerName``."""
    name, path = node.text("signerName"), node.child("signerName")
    domain, _, rest = name.partition("/")
    if not name:
        if node.sound("signerName"):
            yield required(path)
    elif name.count("/") != 1:
        yield invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")
    else:
        wrong = [detail for label in domain.split(".") for detail in formats.dns_label(label)]
        yield from each_invalid(path, domain, (wrong or formats.dns_subdomain(domain))[:1])
        if "." not in domain:
            yield invalid(path, domain, "should be a domain with at least two segments separated by dots")
        wrong = [detail for label in rest.split(".") for detail in formats.dns_subdomain(label)]
        yield from each_invalid(path, rest, wrong[:1])


def _file(node: Node, name: str, paths: set[str]) -> Faults:
    yield from each_invalid(node.child(name), node.text(name), formats.reserved_path(node.text(name)))
    yield from _conflict(node, name, paths)
