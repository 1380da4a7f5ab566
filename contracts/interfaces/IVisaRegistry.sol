// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

/// @title Visas
/// @notice GA4GH passport visas (https://github.com/ga4gh-duri/ga4gh-duri.github.io, "Passport Visa"), signed by EIP-712
/// off chain, shown at purchase, and revocable by their issuers. Nothing about a person is stored here: a visa travels
/// in the buyer's transaction, with a salted hash as its value, and state holds the hashes of revoked ones alone.
interface IVisaRegistry {
    /// @dev The standard types of a GA4GH visa that say something about a researcher. A set of types is a byte with the
    /// bit `1 << type` for each.
    enum VisaType {
        AffiliationAndRole, // 0
        AcceptedTermsAndPolicies, // 1
        ResearcherStatus, // 2: a bona fide researcher
        ControlledAccessGrants // 3: a data access committee's grant for one dataset
    }

    struct Visa {
        address subject;
        VisaType visaType;
        bytes32 value; // what `requiredValue` asks for; of a grant: the hash of the dataset it is for
        address issuer;
        uint40 asserted; // seconds; when the issuer knew it to be true
        uint40 expires; // seconds; the first moment when it is not valid any more
    }

    struct SignedVisa {
        Visa visa;
        bytes signature; // of `hashOf(visa)`: ECDSA, or whatever the issuer's contract accepts (ERC-1271)
    }

    /// @dev Whose visas are asked about, and what for.
    struct Question {
        address owner; // of the dataset: whose trust counts
        uint256 datasetId;
        bytes32 grant; // the value that a ControlledAccessGrants visa must carry
        address subject;
        uint8 types; // one visa of each is asked for
    }

    /// @param datasetId 0: all of the owner's
    event IssuerTrusted(address indexed owner, uint256 indexed datasetId, address indexed issuer, uint8 types);
    /// @param datasetId 0: all of the owner's
    event ValueRequired(address indexed owner, uint256 indexed datasetId, VisaType indexed visaType, bytes32 value);
    event VisaRevoked(address indexed issuer, bytes32 indexed visaHash);

    error VisaRegistry_BadTypes(uint8 got, uint8 allowed);
    error VisaRegistry_GrantIsFixed();
    error VisaRegistry_NoDataset();
    error VisaRegistry_TooMany(uint256 got, uint256 allowed);
    error VisaRegistry_AlreadyRevoked(address issuer, bytes32 visaHash);
    error VisaRegistry_Missing(uint8 types);
    error VisaRegistry_WrongSubject(address got, address required);
    error VisaRegistry_UntrustedIssuer(address issuer, VisaType visaType);
    error VisaRegistry_WrongValue(VisaType visaType, bytes32 got, bytes32 required);
    error VisaRegistry_NotYetValid(uint40 asserted);
    error VisaRegistry_Expired(uint40 expires);
    error VisaRegistry_Revoked(address issuer, bytes32 visaHash);
    error VisaRegistry_BadSignature(address issuer, bytes32 visaHash);

    /// @notice The caller, as an owner, trusts `issuer` for these types of visa, for every dataset that it owns (0: for none
    /// any more). What was sold on the issuer's word stays sold; the issuer itself can still revoke it.
    function trust(address issuer, uint8 types) external;

    /// @notice As `trust`, for one dataset, besides the issuers trusted for all. It counts while the caller owns the
    /// dataset, which is asked when a visa is shown, not here: a new owner begins with its own trust.
    function trustFor(uint256 datasetId, address issuer, uint8 types) external;

    /// @notice The caller, as an owner, wants visas of a type to carry this value, such as the hash of its own terms of use,
    /// for every dataset that it owns (0: any value).
    function requireValue(VisaType visaType, bytes32 value) external;

    /// @notice As `requireValue`, for one dataset, in place of the value for all (0: the value for all).
    function requireValueFor(uint256 datasetId, VisaType visaType, bytes32 value) external;

    /// @notice The caller, as an issuer, revokes a visa. Licences that rest on it end in the same moment. For ever.
    function revoke(bytes32 visaHash) external;

    /// @param datasetId 0: for all of the owner's
    function trustedTypes(address owner, uint256 datasetId, address issuer) external view returns (uint8);

    /// @param datasetId 0: for all of the owner's
    function requiredValue(address owner, uint256 datasetId, VisaType visaType) external view returns (bytes32);

    /// @notice The EIP-712 hash that an issuer signs.
    function hashOf(Visa calldata visa) external view returns (bytes32);

    /// @notice Under which id a visa is revoked: issuer and hash, so that nobody revokes for another.
    function idOf(address issuer, bytes32 visaHash) external pure returns (bytes32);

    function isRevoked(bytes32 id) external view returns (bool);

    /// @notice When it was revoked, for what was earned until then; 0: it was not.
    function revokedAt(bytes32 id) external view returns (uint40);

    /// @notice Reverts unless the first of `visas` of each type that is asked for is valid, the subject's, and of an issuer
    /// trusted for it. Any others are ignored, and so count for nothing: those of other types, and further ones of a type.
    /// @return ids one for each type, in the order of `visas`; to ask `isRevoked` for later
    /// @return expires when the first of those expires
    function check(Question calldata question, SignedVisa[] calldata visas)
        external
        view
        returns (bytes32[] memory ids, uint40 expires);
}
