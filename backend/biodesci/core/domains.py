"""Names of public hosts in the DNS (RFC 1035, section 2.3.1; RFC 5890), and addresses that are public.

A name is held in lower case and in ASCII: one in another script is its `xn--` form, so that no letter that
looks like another passes for it. Whoever writes a card or a file may name any host there: what names a
machine by its address, or one of a private network, is refused.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from biodesci.core.errors import InputError

LONGEST: Final = 253  # characters
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
# RFC 6761, 6762, 7686, 8375 and 9476, and what routers and companies call their own networks.
_PRIVATE: Final = frozenset(
    {"alt", "arpa", "corp", "home", "internal", "intranet", "invalid", "lan", "local", "localdomain"}
    | {"localhost", "onion", "private", "test"}
)
# An address of IPv4 stands in these of IPv6, and a gateway leads to it: 6to4, Teredo, NAT64 (RFC 6052, 8215).
_LEADING_ELSEWHERE: Final = tuple(
    ipaddress.ip_network(network) for network in ("2002::/16", "2001::/32", "64:ff9b::/96", "64:ff9b:1::/48")
)


def parse(text: str) -> str:
    """The name of a public host, in lower case. Raises InputError for anything else: an address, a URL, a
    port, a name of one label, one of a private network, or one that is not in ASCII."""
    name = text.lower()
    if not name.isascii():
        raise InputError(
            "A domain is written in ASCII letters, digits and hyphens.",
            "Write one in another script in its xn-- form, as a browser's address bar copies it.",
        )
    labels = name.split(".")
    is_name = len(name) <= LONGEST and len(labels) > 1 and all(map(_LABEL.fullmatch, labels))
    if not is_name or not labels[-1][0].isalpha():
        raise InputError(
            "This is no domain's name.",
            "Write the name alone, such as hospital.example: no https://, no port, no address of a machine.",
        )
    if labels[-1] in _PRIVATE:
        raise InputError(
            f"Names that end with .{labels[-1]} are of private networks.", "Give a domain that is public."
        )
    return name


def is_public(address: str) -> bool:
    """Whether an IP address is one that the whole internet reaches, and leads to itself."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in network for network in _LEADING_ELSEWHERE):
            return False
    return ip.is_global and not ip.is_multicast
