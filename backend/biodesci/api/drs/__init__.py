"""The GA4GH Data Repository Service, version 1.5 (https://ga4gh.github.io/data-repository-service-schemas).

An object is a version of a dataset: the bytes of its encrypted container. Who may fetch them is said by the
object itself; a key is delivered for a licence alone, on chain (docs/ga4gh.md).
"""
