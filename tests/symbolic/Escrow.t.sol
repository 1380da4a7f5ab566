// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessLicense} from "../../contracts/AccessLicense.sol";
import {DatasetNFT} from "../../contracts/DatasetNFT.sol";
import {LicenseLens} from "../../contracts/LicenseLens.sol";
import {KeyRegistry} from "../../contracts/KeyRegistry.sol";
import {VisaRegistry} from "../../contracts/VisaRegistry.sol";
import {IAccessLicense} from "../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../contracts/interfaces/IDatasetNFT.sol";
import {DuoPolicy} from "../../contracts/libraries/DuoPolicy.sol";
import {Typed} from "../contracts/Typed.sol";
import {vm} from "../contracts/Vm.sol";

/// @notice Proved by halmos for every price, account, time and choice of steps, where tests and fuzzing draw some.
/// What is bound: a dataset that is not sold on, an offer in ETH without `proRata`, and two steps after the delivery.
contract EscrowProofs {
    address internal constant HOSPITAL = address(0xa1);
    address internal constant RESEARCHER = address(0xb2);
    address internal constant ARBITER = address(0xc3);
    address internal constant ETH = address(0);
    bytes32 internal constant COMMITMENTS = keccak256(abi.encode(bytes32("content"), bytes32("key")));
    uint256 internal constant START = 1_800_000_000;

    DatasetNFT internal datasets;
    AccessLicense internal licenses;
    LicenseLens internal lens;
    uint256 internal datasetId;

    function setUp() public {
        vm.warp(START);
        KeyRegistry keys = new KeyRegistry();
        // The addresses that they know of each other are not needed: nothing is published with an offer, or trained.
        datasets = new DatasetNFT(IAccessLicense(address(0)));
        licenses = new AccessLicense(datasets, keys, new VisaRegistry(), address(0));
        lens = new LicenseLens(licenses, datasets);
        vm.prank(HOSPITAL);
        datasetId = datasets.publish(
            IDatasetNFT.Publication(bytes32("card"), bytes32("content"), bytes32("key"), DuoPolicy.HMB, 0),
            new IDatasetNFT.Source[](0)
        );
        vm.prank(RESEARCHER);
        keys.register(new bytes(1216));
        vm.prank(ARBITER);
        licenses.acceptArbitration(true);
    }

    /// @notice A payout pays just what is owed to the account, once, and takes nothing of anybody else's.
    function check_collect_pays_what_is_owed(uint128 price, address other) public {
        vm.assume(price != 0 && other != RESEARCHER);
        uint256 refunded = _purchased(price);
        uint256 kept = _purchased(price);
        vm.prank(HOSPITAL);
        licenses.reject(refunded, 0);
        uint256 before = RESEARCHER.balance;
        uint256 ofOther = licenses.owed(other, ETH);

        assert(licenses.collect(RESEARCHER, ETH) == price);

        assert(RESEARCHER.balance == before + price);
        assert(licenses.owed(RESEARCHER, ETH) == 0);
        assert(licenses.owed(other, ETH) == ofOther);
        assert(address(licenses).balance == price);
        assert(lens.licenseOf(kept).state == IAccessLicense.State.Purchased);
    }

    /// @notice Of a licence's price nothing is credited, or all of it, to one side: whatever two steps anybody takes.
    function check_a_price_is_credited_once(uint128 price, bool isDelivered, Step calldata first, Step calldata second)
        public
    {
        uint256 licenseId = _purchased(price);
        if (isDelivered) {
            vm.prank(HOSPITAL);
            licenses.deliver(uint48(licenseId), bytes32("envelope"), COMMITMENTS, RESEARCHER);
        }
        _take(licenseId, first);
        _take(licenseId, second);

        uint256 toOwner = licenses.owed(HOSPITAL, ETH);
        uint256 toBuyer = licenses.owed(RESEARCHER, ETH);
        assert(toOwner == 0 || toBuyer == 0);
        assert(toOwner + toBuyer == 0 || toOwner + toBuyer == price);
        assert(address(licenses).balance == price);
    }

    struct Step {
        uint8 kind;
        address by;
        uint32 at; // seconds after the purchase
        uint40 deadline; // of a dispute that is decided
    }

    function _purchased(uint128 price) private returns (uint256 licenseId) {
        IAccessLicense.Offer memory offer = IAccessLicense.Offer({
            datasetId: datasetId,
            price: price,
            currency: ETH,
            duration: 30 days,
            uses: 2,
            deliveryWindow: 2 days,
            disputeWindow: 1 days,
            right: IAccessLicense.Right.Download,
            visas: 0,
            proRata: false,
            arbiter: ARBITER
        });
        vm.prank(HOSPITAL);
        uint256 offerId = licenses.createOffer(offer);
        vm.deal(RESEARCHER, price);
        vm.prank(RESEARCHER);
        licenseId = licenses.purchase{value: price}(offerId, Typed.offer(offer), 1, DuoPolicy.HMB, false);
    }

    /// @dev A step that the contract refuses is none.
    function _take(uint256 licenseId, Step calldata step) private {
        vm.assume(step.kind < 11);
        vm.warp(START + step.at);
        vm.prank(step.by);
        if (step.kind == 0) try licenses.confirm(licenseId) {} catch {}
        if (step.kind == 1) try licenses.claim(licenseId) {} catch {}
        if (step.kind == 2) try licenses.refund(licenseId) {} catch {}
        if (step.kind == 3) try licenses.dispute(licenseId, 0) {} catch {}
        if (step.kind == 4) try licenses.resolve(licenseId, true, RESEARCHER, step.deadline) {} catch {}
        if (step.kind == 5) try licenses.resolve(licenseId, false, RESEARCHER, step.deadline) {} catch {}
        if (step.kind == 6) try licenses.revoke(licenseId, 0, RESEARCHER) {} catch {}
        if (step.kind == 7) try licenses.reject(licenseId, 0) {} catch {}
        if (step.kind == 8) try licenses.consume(licenseId) returns (uint32) {} catch {}
        if (step.kind == 9) try licenses.claimEarned(licenseId) {} catch {}
        if (step.kind == 10) try datasets.withdraw(datasetId, 1) {} catch {}
    }
}
