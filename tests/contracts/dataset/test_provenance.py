"""DatasetNFT: the parents of a dataset

├── given a dataset that does not exist: reverts ERC721NonexistentToken
├── they are kept in the order in which they were given, and stay through new versions and a transfer
└── a dataset cannot come before its parents, so no cycle can form
"""

from reverting import reverts


def test_needs_a_dataset(datasets, stranger):
    with reverts(datasets.ERC721NonexistentToken, tokenId=9):
        datasets.parentsOf.transact(9, sender=stranger)


def test_parents(datasets, publish, hospital, stranger):
    first, second = publish(hospital, "a"), publish(stranger, "b")
    child = publish(stranger, "c", parents=[second, first])
    assert datasets.parentsOf(child) == [second, first]
    assert datasets.parentsOf(first) == []


def test_parents_are_fixed(datasets, publish, publication, hospital, stranger):
    parent = publish(hospital, "a")
    child = publish(hospital, "b", parents=[parent])
    datasets.publishVersion(child, publication("b2"), sender=hospital)
    datasets.withdraw(parent, 1, sender=hospital)
    datasets.transferFrom(hospital, stranger, child, sender=hospital)
    assert datasets.parentsOf(child) == [parent]


def test_every_parent_is_older(datasets, publish, publication, hospital):
    line = [publish(hospital, "root")]
    for name in ("a", "b", "c"):
        line.append(publish(hospital, name, parents=line))
    assert all(parent < child for child in line for parent in datasets.parentsOf(child))
    with reverts(datasets.DatasetNFT_UnknownParent, parent=len(line) + 1):
        datasets.publish(publication("own parent"), [len(line) + 1], sender=hospital)
