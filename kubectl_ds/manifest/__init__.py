"""Manifests: from bytes to documents that know where each value was written, and back from complaints to lines.

Knows nothing of clusters, terminals or files: names and bytes come in, documents and findings go out.
"""
