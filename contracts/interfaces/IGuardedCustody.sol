// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

/// @title Guarded custody
/// @notice A custodian that is no account: it delivers what a threshold of guardians signed, and nothing else. The owner of a
/// dataset proposes this contract as custodian (`DatasetNFT.grantRole`), and names the guardians of a version; that accepts
/// the role. Each guardian signs the delivery that it has looked at (EIP-712, or ERC-1271 for a contract); with enough
/// signatures anybody sends it. So no single guardian delivers nonsense, or starts the time of a licence.
/// Nobody has power over this contract. The owner names other guardians at any time, which voids every signature of before;
/// whoever gets the token begins anew, as its roles do; the owner revokes the role to be done with it.
/// Warning: the owner of a dataset may deliver without its guardians, as ever.
/// Warning: guardians deliver keys that were dealt to them off chain (Shamir's scheme). Those who have their shares of a key
/// keep them whatever is named here: a new version has a new key.
interface IGuardedCustody {
    /// @notice As they were named: they are kept by their hash, and whoever calls says them again.
    struct Guardians {
        uint8 threshold;
        address[] accounts; // ascending
    }

    /// @notice What guardians sign, together with `set`, the hash of what they were named by.
    struct Delivery {
        uint48 licenseId;
        address licensee;
        bytes32 envelope; // CID digest of what is delivered; 0 for a right without a key
        bytes32 commitments; // to the data that it opens (IDatasetNFT.Version)
        uint32 again; // 0: a first delivery; else which of those after it this is (`AccessLicense.redeliver`), from 1
        uint40 deadline; // the last second in which the signatures count
    }

    /// @param set what guardians sign with a delivery
    event GuardiansNamed(
        uint256 indexed datasetId, uint32 indexed version, bytes32 set, uint8 threshold, address[] accounts, address by
    );
    /// @param approvers of the guardians, in their order: the lowest bit stands for the first
    event DeliveryApproved(
        uint256 indexed licenseId, bytes32 indexed set, bytes32 envelope, uint32 approvers, address by
    );

    error GuardedCustody_NotDatasetOwner(uint256 datasetId, address got);
    error GuardedCustody_TooMany(uint256 got, uint256 allowed);
    error GuardedCustody_BadThreshold(uint256 got, uint256 lowest, uint256 highest);
    error GuardedCustody_NotAscending(address account);
    error GuardedCustody_OtherGuardians(uint256 datasetId, uint32 version);
    error GuardedCustody_Expired(uint40 deadline);
    error GuardedCustody_WrongNumber(uint256 got, uint256 required);
    error GuardedCustody_BadSignature(address guardian);
    error GuardedCustody_TooFew(uint256 got, uint256 required);
    error GuardedCustody_NotNext(uint256 licenseId, uint32 got, uint32 next);

    /// @notice The dataset's owner names who guards a version: two to 32 accounts, in ascending order, and how many of them
    /// deliver together, at least two. It replaces who was named before, and takes the role of a custodian, if the owner
    /// proposed it and it is not taken yet. Reverts with `DatasetNFT_NotProposed` where it was not proposed.
    function nameGuardians(uint256 datasetId, uint32 version, Guardians calldata guardians) external;

    /// @notice Delivers for the guardians of the licence's version; anyone may send it. What AccessLicense refuses a
    /// custodian is refused.
    /// @param signatures one for each guardian, in their order; an empty one says that this guardian did not sign
    function deliver(Delivery calldata delivery, Guardians calldata guardians, bytes[] calldata signatures) external;

    /// @notice How often a licence's key was delivered again here. The next approval of that says one more: what was signed
    /// for the same place, and not sent before another was, is void.
    function redeliveries(uint256 licenseId) external view returns (uint32 count);

    /// @notice What guardians sign with a delivery. Reverts where they are not the ones whom the dataset's present owner
    /// named last for this version, since it last proposed this contract as custodian.
    function setOf(uint256 datasetId, uint32 version, Guardians calldata guardians) external view returns (bytes32 set);

    /// @notice The EIP-712 hash that a guardian signs.
    function approvalHash(Delivery calldata delivery, bytes32 set) external view returns (bytes32);
}
