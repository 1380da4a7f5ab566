// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../contracts/interfaces/IDatasetNFT.sol";
import {IGuardedCustody} from "../../contracts/interfaces/IGuardedCustody.sol";
import {IInferenceCommitment} from "../../contracts/interfaces/IInferenceCommitment.sol";
import {ILicenseLens} from "../../contracts/interfaces/ILicenseLens.sol";
import {IKeyRegistry} from "../../contracts/interfaces/IKeyRegistry.sol";
import {DuoPolicy} from "../../contracts/libraries/DuoPolicy.sol";
import {IDatasets, ILicenses, IModels, IVisas} from "./Deployed.sol";
import {Typed} from "./Typed.sol";
import {vm, Vm} from "./Vm.sol";
import {World} from "./World.sol";

/// @notice What every behaviour starts from: the contracts, people with money and keys to sign with, and their usual terms.
abstract contract Scene {
    uint128 internal constant PRICE = 1 ether;
    address internal constant ETH = address(0);
    uint64 internal constant TERMS = DuoPolicy.HMB | DuoPolicy.NCU;
    uint40 internal constant FOREVER = type(uint40).max;

    /// @dev By offer: what a purchase binds of it.
    mapping(uint256 offerId => bytes32) internal hashes;

    IKeyRegistry internal keys;
    IVisas internal visas;
    IDatasets internal datasets;
    ILicenses internal licenses;
    IModels internal models;
    IInferenceCommitment internal inferences;
    ILicenseLens internal lens;
    IGuardedCustody internal custody;

    address internal hospital = _person("hospital");
    address internal second = _person("second hospital");
    address internal custodian = _person("custodian");
    address internal researcher = _person("researcher");
    address internal arbiter = _person("arbiter");
    address internal issuer = _person("issuer");
    address internal modelOwner = _person("model owner");
    address internal aggregator = _person("aggregator");
    address internal worker = _person("worker");
    address internal stranger = _person("stranger");

    mapping(address person => uint256) private _secrets;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        World world = new World();
        (keys, visas, datasets) = (world.keys(), world.visas(), world.datasets());
        (licenses, models, inferences) = (world.licenses(), world.models(), world.inferences());
        (lens, custody) = (world.lens(), world.custody());
        _acceptArbitration(arbiter, true);
    }

    // --------------------------------------------------------- people, time

    function _sign(address signer, bytes32 hash) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_secrets[signer], hash);
        return abi.encodePacked(r, s, v);
    }

    function _now() internal view returns (uint40) {
        return uint40(vm.getBlockTimestamp());
    }

    function _wait(uint256 time) internal {
        vm.warp(_now() + time);
    }

    function _registerKey(address account) internal {
        vm.prank(account);
        keys.register(new bytes(1216));
    }

    // -------------------------------------------------------------- datasets

    function _publication() internal pure returns (IDatasetNFT.Publication memory) {
        return _publication("cohort", TERMS);
    }

    function _publication(bytes32 name, uint64 terms) internal pure returns (IDatasetNFT.Publication memory) {
        bytes32 content = keccak256(abi.encode(name, "content"));
        return IDatasetNFT.Publication(name, content, keccak256(abi.encode(name, "key")), terms, 0);
    }

    function _publish(address owner, IDatasetNFT.Publication memory p) internal returns (uint256) {
        return _publish(owner, p, new uint256[](0));
    }

    function _publish(address owner, IDatasetNFT.Publication memory p, uint256[] memory parents)
        internal
        returns (uint256)
    {
        IDatasetNFT.Source[] memory sources = _sources(parents);
        vm.prank(owner);
        return datasets.publish(p, sources);
    }

    /// @dev Without licences.
    function _sources(uint256[] memory parents) internal pure returns (IDatasetNFT.Source[] memory sources) {
        sources = new IDatasetNFT.Source[](parents.length);
        for (uint256 i = 0; i < parents.length; ++i) {
            sources[i].datasetId = parents[i];
        }
    }

    function _publishVersion(address owner, uint256 datasetId, IDatasetNFT.Publication memory p) internal {
        vm.prank(owner);
        datasets.publishVersion(datasetId, p);
    }

    function _withdraw(address owner, uint256 datasetId, uint32 version) internal {
        vm.prank(owner);
        datasets.withdraw(datasetId, version);
    }

    function _transfer(address owner, address to, uint256 datasetId) internal {
        vm.prank(owner);
        datasets.transferFrom(owner, to, datasetId);
    }

    /// @dev Gives a role and takes it.
    function _appoint(address owner, uint256 datasetId, IDatasetNFT.Role role, address account) internal {
        vm.prank(owner);
        datasets.grantRole(datasetId, role, account);
        vm.prank(account);
        datasets.acceptRole(datasetId, role);
    }

    // ---------------------------------------------------------------- offers

    function _acceptArbitration(address account, bool accepted) internal {
        vm.prank(account);
        licenses.acceptArbitration(accepted);
    }

    /// @dev For thirty days, in ETH; two days to deliver, three to dispute.
    function _terms(uint256 datasetId) internal view returns (IAccessLicense.Offer memory) {
        return IAccessLicense.Offer({
            datasetId: datasetId,
            price: PRICE,
            currency: ETH,
            duration: 30 days,
            uses: 0,
            deliveryWindow: 2 days,
            disputeWindow: 3 days,
            right: IAccessLicense.Right.Download,
            visas: 0,
            proRata: false,
            arbiter: arbiter
        });
    }

    function _createOffer(address owner, IAccessLicense.Offer memory offer) internal returns (uint256) {
        vm.prank(owner);
        uint256 offerId = licenses.createOffer(offer);
        hashes[offerId] = Typed.offer(offer);
        return offerId;
    }

    // ---------------------------------------------------------------- events

    /// @dev What the contracts emitted since `vm.recordLogs` is what this test emitted since, in the same order, and all
    /// of it came from `emitter`.
    function _saw(address emitter) internal {
        _saw(emitter, emitter);
    }

    /// @param last of whom the last one came
    function _saw(address emitter, address last) internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length % 2, 0);
        uint256 count = logs.length / 2;
        for (uint256 i = 0; i < count; ++i) {
            (Vm.Log memory got, Vm.Log memory wanted) = (logs[i], logs[count + i]);
            vm.assertEq(got.emitter, i == count - 1 ? last : emitter);
            vm.assertEq(wanted.emitter, address(this));
            vm.assertEq(got.topics, wanted.topics);
            vm.assertEq(got.data, wanted.data);
        }
    }

    function _sawNothing() internal {
        vm.assertEq(vm.getRecordedLogs().length, 0);
    }

    function _person(string memory name) private returns (address person) {
        uint256 secret = uint256(keccak256(bytes(name)));
        person = vm.addr(secret);
        _secrets[person] = secret;
        vm.label(person, name);
        vm.deal(person, 1_000 ether);
    }
}
