// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {LicenseSlots} from "../../../contracts/libraries/LicenseSlots.sol";
import {StoredLicense} from "../../../contracts/types/Licensing.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC20Errors, IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Scene} from "../Scene.sol";
import {Typed} from "../Typed.sol";
import {Dollar} from "../tokens/Dollar.sol";
import {Wallet1271} from "../tokens/Wallet1271.sol";
import {vm} from "../Vm.sol";

/// @notice The hospital's dataset with its custodian, and what brings a licence of the researcher's into each state.
abstract contract LicenseScene is Scene {
    bytes32 internal constant ENVELOPE = "envelope";
    uint64 internal constant HMB = DuoPolicy.HMB;
    uint128 internal constant DOLLARS = 250e6;
    uint32 internal constant UNCOUNTED = type(uint32).max;
    // Types of visas, as the bits that an offer asks for.
    uint8 internal constant AFFILIATION = 1;
    uint8 internal constant ACCEPTED_TERMS = 2;
    uint8 internal constant RESEARCHER = 4;
    uint8 internal constant GRANT = 8;

    uint256 private constant VERSIONS = 8; // the slot of `_versions` in DatasetNFT

    uint256 internal dataset;
    Dollar internal dollar;
    /// @dev Does what the stranger says.
    Wallet1271 internal wallet;

    function setUp() public virtual override {
        super.setUp();
        dataset = _publish(hospital, _publication());
        _appoint(hospital, dataset, IDatasetNFT.Role.Custodian, custodian);
        dollar = new Dollar();
        dollar.mint(researcher, 4 * DOLLARS);
        dollar.mint(hospital, 4 * DOLLARS);
        wallet = new Wallet1271(stranger);
        vm.deal(address(wallet), 10 ether);
    }

    // -------------------------------------------------------- offers, buying

    function _offer() internal returns (uint256) {
        return _createOffer(hospital, _terms(dataset));
    }

    function _dollarTerms() internal view returns (IAccessLicense.Offer memory terms) {
        terms = _terms(dataset);
        (terms.price, terms.currency) = (DOLLARS, address(dollar));
    }

    function _ofRight(IAccessLicense.Right right) internal returns (uint256) {
        IAccessLicense.Offer memory terms = _terms(dataset);
        terms.right = right;
        return _createOffer(hospital, terms);
    }

    function _ofLength(uint32 duration, uint32 uses) internal returns (uint256) {
        IAccessLicense.Offer memory terms = _terms(dataset);
        (terms.duration, terms.uses) = (duration, uses);
        return _createOffer(hospital, terms);
    }

    /// @dev For training, of which time earns the price.
    function _proRata() internal view returns (IAccessLicense.Offer memory terms) {
        terms = _terms(dataset);
        (terms.right, terms.proRata) = (IAccessLicense.Right.Train, true);
    }

    function _soldProRata() internal returns (uint256 licenseId) {
        licenseId = _grant(_buy(_createOffer(hospital, _proRata())));
        _confirm(licenseId);
    }

    /// @dev Whose dataset a person must judge, and who bought it for research.
    function _inReview() internal returns (uint256 licenseId) {
        uint256 judged = _publish(hospital, _publication("judged", DuoPolicy.GRU | DuoPolicy.PS));
        licenseId = _buy(researcher, _createOffer(hospital, _terms(judged)), DuoPolicy.GRU);
    }

    function _buy(uint256 offerId) internal returns (uint256) {
        return _buy(researcher, offerId, HMB);
    }

    /// @dev Registers a key first, if the buyer has none; pays what the offer asks for, if that is ETH.
    function _buy(address buyer, uint256 offerId, uint64 duo) internal returns (uint256) {
        if (!keys.hasKey(buyer)) _registerKey(buyer);
        (IAccessLicense.Offer memory offer,) = lens.offerOf(offerId);
        uint32 version = datasets.latestVersion(offer.datasetId);
        vm.prank(buyer);
        return licenses.purchase{value: offer.currency == ETH ? offer.price : 0}(
            offerId, Typed.offer(offer), version, duo, true
        );
    }

    function _buyForDollars() internal returns (uint256) {
        _approve(researcher, DOLLARS);
        return _buy(_createOffer(hospital, _dollarTerms()));
    }

    function _approve(address owner, uint256 amount) internal {
        vm.prank(owner);
        dollar.approve(address(licenses), amount);
    }

    function _purchased() internal returns (uint256) {
        return _buy(_offer());
    }

    function _delivered() internal returns (uint256) {
        return _deliver(_purchased());
    }

    function _settled() internal returns (uint256) {
        return _settle(_purchased());
    }

    function _disputed() internal returns (uint256 licenseId) {
        licenseId = _delivered();
        _dispute(licenseId);
    }

    // ------------------------------------- what is meant besides a number

    /// @dev By the slots, which no call is needed for.
    function _stored(uint256 licenseId) internal view returns (StoredLicense memory) {
        uint256 slot = LicenseSlots.ofLicense(licenseId);
        return LicenseSlots.license(_slot(address(licenses), slot), _slot(address(licenses), slot + 1));
    }

    function _licenseeOf(uint256 licenseId) internal view returns (address) {
        return _stored(licenseId).licensee;
    }

    /// @dev The commitments of the version that it is for.
    function _dataOf(uint256 licenseId) internal view returns (bytes32) {
        StoredLicense memory license = _stored(licenseId);
        uint256 offer = LicenseSlots.ofOffer(license.offerId);
        uint256 id = uint32(uint256(_slot(address(licenses), offer + 1)) >> 160);
        bytes32 versions = keccak256(abi.encode(id, VERSIONS));
        return _slot(address(datasets), uint256(keccak256(abi.encode(license.version, versions))) + 1);
    }

    function _slot(address account, uint256 slot) private view returns (bytes32) {
        return vm.load(account, bytes32(slot));
    }

    function _refusesOther(uint256 licenseId) internal {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_OtherLicense.selector, licenseId));
    }

    // ------------------------------------------------------ what people do

    function _deliver(uint256 licenseId) internal returns (uint256) {
        _deliver(custodian, licenseId);
        return licenseId;
    }

    function _deliver(address by, uint256 licenseId) internal {
        _deliver(by, licenseId, ENVELOPE);
    }

    /// @dev What is no download is delivered without a key.
    function _grant(uint256 licenseId) internal returns (uint256) {
        _deliver(custodian, licenseId, 0);
        return licenseId;
    }

    function _deliver(address by, uint256 licenseId, bytes32 envelope) internal {
        vm.prank(by);
        licenses.deliver(uint48(licenseId), envelope, _dataOf(licenseId), _licenseeOf(licenseId));
    }

    function _redeliver(address by, uint256 licenseId, bytes32 envelope) internal {
        vm.prank(by);
        licenses.redeliver(licenseId, envelope, _dataOf(licenseId), _licenseeOf(licenseId));
    }

    /// @dev ERC-721 has an `approve` too, of two arguments.
    function _review(address by, uint256 licenseId) internal {
        vm.prank(by);
        IAccessLicense(address(licenses)).approve(licenseId, _licenseeOf(licenseId), _stored(licenseId).since);
    }

    function _resolve(address by, uint256 licenseId, bool payOwner) internal {
        uint40 deadline = _stored(licenseId).arbitrationEnds;
        vm.prank(by);
        licenses.resolve(licenseId, payOwner, _licenseeOf(licenseId), deadline);
    }

    function _confirm(uint256 licenseId) internal {
        _confirm(researcher, licenseId);
    }

    function _confirm(address by, uint256 licenseId) internal {
        vm.prank(by);
        licenses.confirm(licenseId);
    }

    function _settle(uint256 licenseId) internal returns (uint256) {
        _deliver(licenseId);
        _confirm(licenseId);
        return licenseId;
    }

    function _dispute(uint256 licenseId) internal {
        vm.prank(researcher);
        licenses.dispute(licenseId, "the key does not open it");
    }

    function _consume(address by, uint256 licenseId) internal {
        vm.prank(by);
        licenses.consume(licenseId);
    }

    function _revoke(address by, uint256 licenseId) internal {
        vm.prank(by);
        licenses.revoke(licenseId, "misuse", _licenseeOf(licenseId));
    }

    function _refund(address by, uint256 licenseId) internal {
        vm.prank(by);
        licenses.refund(licenseId);
    }

    function _closeOffer(address by, uint256 offerId) internal {
        vm.prank(by);
        licenses.closeOffer(offerId);
    }

    function _asWallet(address target, uint256 value, bytes memory data) internal {
        vm.prank(stranger);
        wallet.execute(target, value, data);
    }

    // ---------------------------------------------------------------- orders

    function _direct() internal pure returns (IAccessLicense.Payment memory payment) {}

    function _order(uint256 offerId) internal view returns (IAccessLicense.Order memory) {
        return IAccessLicense.Order({
            buyer: researcher,
            offerId: offerId,
            offerHash: hashes[offerId],
            version: 1,
            purpose: IAccessLicense.ResearchPurpose(HMB, 0, 0),
            currency: ETH,
            price: PRICE,
            mayReview: true,
            visasUntil: 0,
            nonce: 0,
            deadline: FOREVER
        });
    }

    function _signOrder(address signer, IAccessLicense.Order memory order) internal view returns (bytes memory) {
        return _sign(signer, Typed.order(address(licenses), order));
    }

    function _noEvidence() internal pure returns (IAccessLicense.Evidence memory evidence) {}

    /// @dev By the buyer, who shows these visas and signs nothing.
    function _submit(IAccessLicense.Order memory order, IVisaRegistry.SignedVisa[] memory shown) internal {
        IAccessLicense.Evidence memory evidence;
        evidence.visas = shown;
        _submit(order.buyer, order, "", evidence, _direct());
    }

    function _submit(
        address by,
        IAccessLicense.Order memory order,
        bytes memory signature,
        IAccessLicense.Evidence memory evidence,
        IAccessLicense.Payment memory payment
    ) internal {
        uint256 value = order.currency == ETH ? order.price : 0;
        vm.prank(by);
        licenses.purchaseFor{value: value}(order, signature, evidence, payment);
    }

    /// @dev Of the price in dollars, to the licences.
    function _permit(address signer, uint256 value, uint256 until)
        internal
        view
        returns (IAccessLicense.Payment memory payment)
    {
        bytes32 hash = Typed.permit(address(dollar), researcher, address(licenses), value, 0, until);
        payment = _signPayment(signer, hash);
        (payment.method, payment.deadline) = (IAccessLicense.Method.Permit, until);
    }

    function _authorization(address signer, uint256 value, uint256 until, bytes32 nonce)
        internal
        view
        returns (IAccessLicense.Payment memory payment)
    {
        payment = _signPayment(
            signer, Typed.authorization(address(dollar), researcher, address(licenses), value, until, nonce)
        );
        (payment.method, payment.deadline, payment.nonce) = (IAccessLicense.Method.Authorization, until, nonce);
    }

    function _signPayment(address signer, bytes32 hash) internal view returns (IAccessLicense.Payment memory payment) {
        bytes memory signature = _sign(signer, hash);
        payment.v = uint8(signature[64]);
        (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
        (payment.r, payment.s) = (r, s);
    }

    // ----------------------------------------------------------------- visas

    /// @dev The researcher's, by the issuer, for sixty days.
    function _visa(IVisaRegistry.VisaType visaType) internal view returns (IVisaRegistry.Visa memory) {
        return IVisaRegistry.Visa(researcher, visaType, 0, issuer, _now() - 1 days, _now() + 60 days);
    }

    function _status() internal view returns (IVisaRegistry.Visa memory) {
        return _visa(IVisaRegistry.VisaType.ResearcherStatus);
    }

    function _accepted() internal view returns (IVisaRegistry.Visa memory) {
        return _visa(IVisaRegistry.VisaType.AcceptedTermsAndPolicies);
    }

    function _signedBy(address signer, IVisaRegistry.Visa memory visa)
        internal
        view
        returns (IVisaRegistry.SignedVisa memory)
    {
        return IVisaRegistry.SignedVisa(visa, _sign(signer, Typed.visa(address(visas), visa)));
    }

    function _none() internal pure returns (IVisaRegistry.SignedVisa[] memory) {}

    function _shown(IVisaRegistry.SignedVisa memory visa)
        internal
        pure
        returns (IVisaRegistry.SignedVisa[] memory shown)
    {
        shown = new IVisaRegistry.SignedVisa[](1);
        shown[0] = visa;
    }

    /// @dev As their issuers signed them.
    function _shown(IVisaRegistry.Visa memory visa) internal view returns (IVisaRegistry.SignedVisa[] memory) {
        return _shown(_signedBy(visa.issuer, visa));
    }

    function _shown(IVisaRegistry.Visa memory first, IVisaRegistry.Visa memory other)
        internal
        view
        returns (IVisaRegistry.SignedVisa[] memory shown)
    {
        shown = new IVisaRegistry.SignedVisa[](2);
        shown[0] = _signedBy(first.issuer, first);
        shown[1] = _signedBy(other.issuer, other);
    }

    function _trust(address owner, address trusted, uint8 types) internal {
        vm.prank(owner);
        visas.trust(trusted, types);
    }

    function _revokeVisa(IVisaRegistry.Visa memory visa) internal {
        bytes32 visaHash = visas.hashOf(visa);
        vm.prank(visa.issuer);
        visas.revoke(visaHash);
    }

    function _needing(uint8 types) internal returns (uint256) {
        IAccessLicense.Offer memory terms = _terms(dataset);
        terms.visas = types;
        return _createOffer(hospital, terms);
    }

    /// @dev On an offer that requires a researcher's status, with this one.
    function _buyWithVisa(IVisaRegistry.Visa memory visa) internal returns (uint256) {
        _trust(hospital, issuer, RESEARCHER);
        if (!keys.hasKey(researcher)) _registerKey(researcher);
        _submit(_order(_needing(RESEARCHER)), _shown(visa));
        return lens.licenseCount();
    }

    // ---------------------------------------------------- refusals, answers

    function _refusesState(uint256 licenseId, IAccessLicense.State got) internal {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_WrongState.selector, licenseId, got));
    }

    function _refusesUnknown(uint256 licenseId) internal {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_UnknownLicense.selector, licenseId));
    }

    function _refusesOwner(uint256 datasetId, address got) internal {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_NotDatasetOwner.selector, datasetId, got));
    }

    function _refusesCommittee(uint256 datasetId, address got) internal {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_NotCommittee.selector, datasetId, got));
    }

    function _refusesLicensee(uint256 licenseId, address got) internal {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_NotLicensee.selector, licenseId, got));
    }

    function _refusesPrice(uint256 got, uint256 required) internal {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_WrongPrice.selector, got, required));
    }

    function _refusesOffer(string memory field) internal {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_BadOffer.selector, field));
    }

    function _refusesInactive(uint256 licenseId) internal {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_NotActive.selector, licenseId));
    }

    function _refusesWithdrawn(uint256 datasetId, uint32 version) internal {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_Withdrawn.selector, datasetId, version));
    }

    function _refusesEarly(uint256 licenseId, uint40 until) internal {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_TooEarly.selector, licenseId, until));
    }

    function _refusesAllowance(uint256 allowance, uint256 needed) internal {
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector, address(licenses), allowance, needed
            )
        );
    }

    function _assertState(uint256 licenseId, IAccessLicense.State wanted) internal view {
        vm.assertEq(uint256(lens.licenseOf(licenseId).state), uint256(wanted));
    }

    function _assertOwed(address account, uint256 wanted) internal view {
        vm.assertEq(licenses.owed(account, ETH), wanted);
    }

    function _assertEqual(IAccessLicense.Offer memory got, IAccessLicense.Offer memory wanted) internal pure {
        vm.assertEq(abi.encode(got), abi.encode(wanted));
    }

    // ---------------------------------------------------------------- events

    /// @dev The token of the researcher's is burnt, and the researcher credited.
    function _emitRefunded(address by, uint256 licenseId, uint256 amount) internal {
        emit IERC721.Transfer(researcher, address(0), licenseId);
        emit IAccessLicense.LicenseRefunded(licenseId, by, researcher, amount);
    }

    function _emitSettled(address by, uint256 licenseId) internal {
        emit IAccessLicense.LicenseSettled(licenseId, by, hospital, PRICE, address(0), 0);
    }
}
