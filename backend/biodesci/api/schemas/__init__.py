"""What the API answers: every response model, in camelCase on the wire.

Conventions: amounts are in the smallest unit of their currency (wei of ether), as decimal strings; DUO bit
sets are decimal strings; digests, roots and commitments are 0x-prefixed hex; times are ISO 8601 in UTC;
`asOf` is the last block the index has read.
"""
