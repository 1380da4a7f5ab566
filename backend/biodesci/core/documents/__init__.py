"""Every JSON document that passes from one party to another, one module a kind.

`base.py` says how a document is read and written, `values.py` of what fields are made. A kind is a
subclass of `base.Document`, and stands in `kinds.py`; its JSON Schema is in docs/reference/schemas/.
"""
