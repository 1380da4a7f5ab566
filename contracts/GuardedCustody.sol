// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IAccessLicense} from "./interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "./interfaces/IDatasetNFT.sol";
import {IGuardedCustody} from "./interfaces/IGuardedCustody.sol";
import {LicenseSlots} from "./libraries/LicenseSlots.sol";
import {StoredLicense} from "./types/Licensing.sol";

/// @title Guarded custody
/// @dev A set is kept by its hash, which names the proposal by which this contract became custodian: once the token was
/// transferred, or the role proposed anew, it is nobody's, for all versions. Which dataset a licence is for is read from AccessLicense's storage, as the sender's word would let the guardians of one dataset deliver
/// for another. Signatures of contracts are asked for by static calls, before anything is changed.
contract GuardedCustody is IGuardedCustody, EIP712 {
    uint256 public constant MAX_GUARDIANS = 32;
    /// @dev One alone would be the key that this contract is there to be without.
    uint256 private constant LOWEST_THRESHOLD = 2;
    bytes32 private constant APPROVAL_TYPEHASH = keccak256(
        "Approval(uint48 licenseId,address licensee,bytes32 envelope,bytes32 commitments,uint32 again,uint40 deadline,bytes32 set)"
    );

    IAccessLicense public immutable LICENSES;
    IDatasetNFT public immutable DATASETS;

    struct Named {
        // slot 0
        bytes32 set;
        // slot 1
        uint256 count; // how often guardians were named: the same ones, named again, are another set
    }

    mapping(uint256 datasetId => mapping(uint32 version => Named)) private _named;
    /// @inheritdoc IGuardedCustody
    mapping(uint256 licenseId => uint32 count) public redeliveries;

    /// @param datasets those for which `licenses` sells
    constructor(IAccessLicense licenses, IDatasetNFT datasets) EIP712("BioDeSci Guarded Custody", "1") {
        (LICENSES, DATASETS) = (licenses, datasets);
    }

    /// @inheritdoc IGuardedCustody
    function nameGuardians(uint256 datasetId, uint32 version, Guardians calldata guardians) external {
        if (IERC721(address(DATASETS)).ownerOf(datasetId) != msg.sender) {
            revert GuardedCustody_NotDatasetOwner(datasetId, msg.sender);
        }
        _checkGuardians(guardians);
        Named storage named = _named[datasetId][version];
        named.count += 1;
        bytes32 set = _hash(datasetId, version, named.count, guardians);
        named.set = set;
        emit GuardiansNamed(datasetId, version, set, guardians.threshold, guardians.accounts, msg.sender);
        if (!DATASETS.hasRole(datasetId, IDatasetNFT.Role.Custodian, address(this))) {
            DATASETS.acceptRole(datasetId, IDatasetNFT.Role.Custodian);
        }
    }

    /// @inheritdoc IGuardedCustody
    function deliver(Delivery calldata d, Guardians calldata guardians, bytes[] calldata signatures) external {
        if (block.timestamp > d.deadline) revert GuardedCustody_Expired(d.deadline);
        (uint256 datasetId, uint32 version) = _versionOf(d.licenseId);
        bytes32 set = setOf(datasetId, version, guardians);
        uint32 approvers = _checkSignatures(approvalHash(d, set), guardians, signatures);
        emit DeliveryApproved(d.licenseId, set, d.envelope, approvers, msg.sender);
        if (d.again == 0) {
            // AccessLicense takes a first delivery once.
            LICENSES.deliver(d.licenseId, d.envelope, d.commitments, d.licensee);
        } else {
            uint32 next = redeliveries[d.licenseId] + 1;
            if (d.again != next) revert GuardedCustody_NotNext(d.licenseId, d.again, next);
            redeliveries[d.licenseId] = next;
            LICENSES.redeliver(d.licenseId, d.envelope, d.commitments, d.licensee);
        }
    }

    /// @inheritdoc IGuardedCustody
    function setOf(uint256 datasetId, uint32 version, Guardians calldata guardians) public view returns (bytes32 set) {
        Named storage named = _named[datasetId][version];
        set = named.set;
        if (set == 0 || set != _hash(datasetId, version, named.count, guardians)) {
            revert GuardedCustody_OtherGuardians(datasetId, version);
        }
    }

    /// @inheritdoc IGuardedCustody
    function approvalHash(Delivery calldata d, bytes32 set) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(APPROVAL_TYPEHASH, d, set)));
    }

    /// @return approvers a bit for each guardian that signed
    function _checkSignatures(bytes32 hash, Guardians calldata guardians, bytes[] calldata signatures)
        private
        view
        returns (uint32 approvers)
    {
        // As many as were named, 32 at most.
        uint256 count = guardians.accounts.length;
        if (signatures.length != count) revert GuardedCustody_WrongNumber(signatures.length, count);
        uint256 signed = 0;
        for (uint256 i = 0; i < count; ++i) {
            if (signatures[i].length == 0) continue;
            address guardian = guardians.accounts[i];
            if (!SignatureChecker.isValidSignatureNowCalldata(guardian, hash, signatures[i])) {
                revert GuardedCustody_BadSignature(guardian);
            }
            approvers |= uint32(1) << uint32(i);
            ++signed;
        }
        if (signed < guardians.threshold) revert GuardedCustody_TooFew(signed, guardians.threshold);
    }

    function _checkGuardians(Guardians calldata guardians) private pure {
        uint256 count = guardians.accounts.length;
        if (count > MAX_GUARDIANS) revert GuardedCustody_TooMany(count, MAX_GUARDIANS);
        if (guardians.threshold < LOWEST_THRESHOLD || guardians.threshold > count) {
            revert GuardedCustody_BadThreshold(guardians.threshold, LOWEST_THRESHOLD, count);
        }
        // In ascending order nobody is twice, and zero is nobody.
        address before = address(0);
        for (uint256 i = 0; i < count; ++i) {
            address account = guardians.accounts[i];
            if (account <= before) revert GuardedCustody_NotAscending(account);
            before = account;
        }
    }

    /// @dev Of no licence: 0, whose guardians nobody names.
    function _versionOf(uint256 licenseId) private view returns (uint256 datasetId, uint32 version) {
        StoredLicense memory license = LicenseSlots.license(_load(LicenseSlots.ofLicense(licenseId)), 0);
        uint256 terms = LicenseSlots.ofOffer(license.offerId) + 1;
        return (LicenseSlots.offer(0, _load(terms), 0).datasetId, license.version);
    }

    function _load(uint256 slot) private view returns (bytes32) {
        return LICENSES.extsload(bytes32(slot));
    }

    function _hash(uint256 datasetId, uint32 version, uint256 count, Guardians calldata guardians)
        private
        view
        returns (bytes32)
    {
        uint256 proposal = DATASETS.proposalOf(datasetId, IDatasetNFT.Role.Custodian, address(this));
        return keccak256(abi.encode(datasetId, version, count, proposal, guardians));
    }
}
