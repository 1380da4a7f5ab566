// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IVisaRegistry} from "./interfaces/IVisaRegistry.sol";

/// @title Visa registry
/// @dev Everybody has power over their own entries alone: owners over whom they trust, issuers over what they revoke.
// slither-disable-next-line unimplemented-functions // a public mapping implements `requiredValue`
contract VisaRegistry is EIP712, IVisaRegistry {
    uint8 public constant ALL_TYPES = 15;

    /// @notice GA4GH registered access: a bona fide researcher who accepted the terms.
    uint8 public constant REGISTERED_ACCESS =
        uint8(1 << uint8(VisaType.ResearcherStatus)) | uint8(1 << uint8(VisaType.AcceptedTermsAndPolicies));

    bytes32 private constant VISA_TYPEHASH =
        keccak256("Visa(address subject,uint8 visaType,bytes32 value,address issuer,uint40 asserted,uint40 expires)");

    uint256 private constant MAX_SHOWN = 16;
    uint256 private constant ALL = 0; // of an owner's datasets, whose ids begin at 1

    /// @inheritdoc IVisaRegistry
    mapping(address owner => mapping(uint256 datasetId => mapping(address issuer => uint8))) public trustedTypes;
    /// @inheritdoc IVisaRegistry
    mapping(address owner => mapping(uint256 datasetId => mapping(VisaType visaType => bytes32))) public requiredValue;
    /// @inheritdoc IVisaRegistry
    mapping(bytes32 id => uint40) public revokedAt;

    constructor() EIP712("BioDeSci Visas", "1") {}

    /// @inheritdoc IVisaRegistry
    function trust(address issuer, uint8 types) external {
        _trust(ALL, issuer, types);
    }

    /// @inheritdoc IVisaRegistry
    function trustFor(uint256 datasetId, address issuer, uint8 types) external {
        if (datasetId == ALL) revert VisaRegistry_NoDataset();
        _trust(datasetId, issuer, types);
    }

    /// @inheritdoc IVisaRegistry
    function requireValue(VisaType visaType, bytes32 value) external {
        _requireValue(ALL, visaType, value);
    }

    /// @inheritdoc IVisaRegistry
    function requireValueFor(uint256 datasetId, VisaType visaType, bytes32 value) external {
        if (datasetId == ALL) revert VisaRegistry_NoDataset();
        _requireValue(datasetId, visaType, value);
    }

    /// @inheritdoc IVisaRegistry
    function revoke(bytes32 visaHash) external {
        bytes32 id = idOf(msg.sender, visaHash);
        if (isRevoked(id)) revert VisaRegistry_AlreadyRevoked(msg.sender, visaHash);
        revokedAt[id] = uint40(block.timestamp);
        emit VisaRevoked(msg.sender, visaHash);
    }

    /// @inheritdoc IVisaRegistry
    function hashOf(Visa calldata visa) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    VISA_TYPEHASH, visa.subject, visa.visaType, visa.value, visa.issuer, visa.asserted, visa.expires
                )
            )
        );
    }

    /// @inheritdoc IVisaRegistry
    function isRevoked(bytes32 id) public view returns (bool) {
        return revokedAt[id] != 0;
    }

    /// @inheritdoc IVisaRegistry
    function idOf(address issuer, bytes32 visaHash) public pure returns (bytes32) {
        return keccak256(abi.encode(issuer, visaHash));
    }

    /// @inheritdoc IVisaRegistry
    function check(Question calldata question, SignedVisa[] calldata visas)
        external
        view
        returns (bytes32[] memory ids, uint40 expires)
    {
        if (visas.length > MAX_SHOWN) revert VisaRegistry_TooMany(visas.length, MAX_SHOWN);
        uint8 types = question.types;
        ids = new bytes32[](_count(types));
        expires = type(uint40).max;
        uint256 next = 0;
        for (uint256 i = 0; i < visas.length; ++i) {
            uint8 bit = uint8(1 << uint8(visas[i].visa.visaType));
            if (types & bit == 0) continue;
            types ^= bit;
            ids[next++] = _check(question, visas[i], bit);
            if (visas[i].visa.expires < expires) expires = visas[i].visa.expires;
        }
        if (types != 0) revert VisaRegistry_Missing(types);
    }

    function _trust(uint256 datasetId, address issuer, uint8 types) private {
        if (types & ~ALL_TYPES != 0) revert VisaRegistry_BadTypes(types, ALL_TYPES);
        trustedTypes[msg.sender][datasetId][issuer] = types;
        emit IssuerTrusted(msg.sender, datasetId, issuer, types);
    }

    function _requireValue(uint256 datasetId, VisaType visaType, bytes32 value) private {
        if (visaType == VisaType.ControlledAccessGrants) revert VisaRegistry_GrantIsFixed();
        requiredValue[msg.sender][datasetId][visaType] = value;
        emit ValueRequired(msg.sender, datasetId, visaType, value);
    }

    function _check(Question calldata question, SignedVisa calldata signed, uint8 bit)
        private
        view
        returns (bytes32 id)
    {
        Visa calldata visa = signed.visa;
        if (visa.subject != question.subject) revert VisaRegistry_WrongSubject(visa.subject, question.subject);
        _checkIssuer(question, visa, bit);
        _checkValue(question, visa);
        if (visa.asserted > block.timestamp) revert VisaRegistry_NotYetValid(visa.asserted);
        if (visa.expires <= block.timestamp) revert VisaRegistry_Expired(visa.expires);
        bytes32 visaHash = hashOf(visa);
        id = idOf(visa.issuer, visaHash);
        if (isRevoked(id)) revert VisaRegistry_Revoked(visa.issuer, visaHash);
        if (!SignatureChecker.isValidSignatureNowCalldata(visa.issuer, visaHash, signed.signature)) {
            revert VisaRegistry_BadSignature(visa.issuer, visaHash);
        }
    }

    function _checkIssuer(Question calldata question, Visa calldata visa, uint8 bit) private view {
        if (trustedTypes[question.owner][ALL][visa.issuer] & bit != 0) return;
        if (trustedTypes[question.owner][question.datasetId][visa.issuer] & bit != 0) return;
        revert VisaRegistry_UntrustedIssuer(visa.issuer, visa.visaType);
    }

    function _checkValue(Question calldata question, Visa calldata visa) private view {
        bytes32 required;
        bool isGrant = visa.visaType == VisaType.ControlledAccessGrants;
        if (isGrant) {
            required = question.grant;
        } else {
            required = requiredValue[question.owner][question.datasetId][visa.visaType];
            if (required == 0) required = requiredValue[question.owner][ALL][visa.visaType];
        }
        if ((isGrant || required != 0) && visa.value != required) {
            revert VisaRegistry_WrongValue(visa.visaType, visa.value, required);
        }
    }

    function _count(uint8 types) private pure returns (uint256 count) {
        for (; types != 0; types >>= 1) {
            count += types & 1;
        }
    }
}
