"""What a file or a folder holds, by its content and never by its ending, before it is published.

    Source -> a format that recognises it reads it -> tables, passages, members, findings
           -> identifiers/ says where people may be recognised
           -> summary.py says of tables what a card may tell
    inspect.py goes this way once, and hashes the file on it.

Nothing here knows chain, IPFS or keys.
"""
