"""Crypt4GH, the file encryption standard of GA4GH, version 1 (https://samtools.github.io/hts-specs/crypt4gh.pdf).

A format of delivery and of import; at rest a dataset is a container (core/container.py). Sections in comments
are of the specification. docs/ga4gh.md says why, and what of the standard is refused here.
"""
