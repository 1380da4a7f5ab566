"""AccessLicense as a token: ERC-721 that cannot be transferred (ERC-5192)

├── given a transfer or an approval, of a licence or of all: reverts AccessLicense_Soulbound
├── given a licence that does not exist: locked reverts ERC721NonexistentToken
└── locked is true; it says that it is ERC-721 with metadata, and ERC-5192
"""

from reverting import reverts


def test_no_transfer(licenses, settled, researcher, stranger):
    for send in (licenses.transferFrom, licenses.safeTransferFrom):
        with reverts(licenses.AccessLicense_Soulbound, licenseId=settled):
            send(researcher, stranger, settled, sender=researcher)
    with reverts(licenses.AccessLicense_Soulbound, licenseId=settled):
        licenses.safeTransferFrom(researcher, stranger, settled, b"data", sender=researcher)
    assert licenses.ownerOf(settled) == researcher
    assert (licenses.balanceOf(researcher), licenses.balanceOf(stranger)) == (1, 0)


def test_no_approval(licenses, settled, researcher, stranger):
    with reverts(licenses.AccessLicense_Soulbound, licenseId=settled):
        licenses.approve(stranger, settled, sender=researcher)
    with reverts(licenses.AccessLicense_Soulbound, licenseId=0):
        licenses.setApprovalForAll(stranger, True, sender=researcher)
    assert not licenses.isApprovedForAll(researcher, stranger)


def test_locked(licenses, settled, researcher):
    assert licenses.locked(settled)
    with reverts(licenses.ERC721NonexistentToken, tokenId=99):
        licenses.locked.transact(99, sender=researcher)


def test_interfaces(licenses):
    for interface in ("01ffc9a7", "80ac58cd", "5b5e139f", "b45a3c0e"):
        assert licenses.supportsInterface(bytes.fromhex(interface))
    assert not licenses.supportsInterface(b"\xff" * 4)
