// Written by frontend/generate.mjs; do not edit.

export interface ApiSchemas {
Activity: Activity
ActivityPage: ActivityPage
Asset: Asset
Attestation: Attestation
AuditEntry: AuditEntry
Changed: Changed
Check: Check
CodecGrant: CodecGrant
Config: Config
Container: Container
Content: Content
Credit: Credit
Currency: Currency
DatasetAnswer: DatasetAnswer
DatasetDetail: DatasetDetail
DatasetPage: DatasetPage
DatasetSummary: DatasetSummary
DatasetVersion: DatasetVersion
Descent: Descent
Disease: Disease
Duo: Duo
DuoTerm: DuoTerm
Enrolment: Enrolment
Health: Health
Inference: Inference
InferenceAnswer: InferenceAnswer
InferenceDetail: InferenceDetail
InferencePage: InferencePage
Institution: Institution
Involved: Involved
License: License
LicenseAnswer: LicenseAnswer
LicenseDetail: LicenseDetail
LicensePage: LicensePage
Lineage: Lineage
Mandate: Mandate
MessageRequest: MessageRequest
ModelAnswer: ModelAnswer
ModelDetail: ModelDetail
ModelPage: ModelPage
ModelSummary: ModelSummary
ModelVersion: ModelVersion
Offer: Offer
PermittedDiseases: PermittedDiseases
Problem: Problem
Queue: Queue
Readiness: Readiness
RoundAnswer: RoundAnswer
RoundDetail: RoundDetail
RoundSummary: RoundSummary
Session: Session
Shares: Shares
SignInMessage: SignInMessage
SignedMessage: SignedMessage
StateChange: StateChange
}
/**
 * One event on chain, for timelines.
 */
export interface Activity {
name: string
contract: string
block: number
time: string
txHash: string
/**
 * who called comes first, then who is credited, then who is named
 */
accounts: Involved[]
details: {
[k: string]: unknown
}
}
/**
 * An account that an event tells of.
 */
export interface Involved {
/**
 * by: it called; credits: it gets money; names: it is told of besides
 */
part: ("by" | "names" | "credits")
address: string
/**
 * what the account was when it happened
 */
role: ("owner" | "former owner" | "publisher" | "custodian" | "operator" | "committee" | "licensee" | "buyer" | "arbiter" | "payee" | "site" | "aggregator" | "requester" | "worker" | "auditor" | "issuer" | "keyholder" | "guardian" | "grantee" | "model registry" | "account" | "somebody else")
/**
 * null: the event credits it nothing
 */
credit: (Credit | null)
}
/**
 * What an account is credited, in smallest units of a currency.
 */
export interface Credit {
amount: string
currency: Currency
}
/**
 * What a price is in. A token says its symbol and decimals itself: go by the address.
 */
export interface Currency {
/**
 * of the ERC-20; null: ether
 */
address: (string | null)
/**
 * null: the token says none
 */
symbol: (string | null)
/**
 * null: the token says none; show smallest units
 */
decimals: (number | null)
}
/**
 * Newest first.
 */
export interface ActivityPage {
items: AuditEntry[]
nextCursor: (string | null)
asOf: number
}
/**
 * One event on chain, and what it is about.
 */
export interface AuditEntry {
name: string
contract: string
block: number
time: string
txHash: string
/**
 * who called comes first, then who is credited, then who is named
 */
accounts: Involved[]
details: {
[k: string]: unknown
}
/**
 * which event of its block
 */
logIndex: number
/**
 * what the event is about
 */
kind: ("dataset" | "license" | "model" | "round" | "inference")
/**
 * which one of its kind
 */
id: number
/**
 * the dataset or model that it belongs to
 */
asset: (Asset | null)
}
/**
 * A dataset or a model.
 */
export interface Asset {
kind: ("dataset" | "model")
id: number
/**
 * of its latest card; null: that says none or was not read
 */
name: (string | null)
}
/**
 * An auditor's finding on an inference, with the report that it rests on.
 */
export interface Attestation {
auditor: string
/**
 * Who had named the auditor when it attested: nobody, the model's owner, the requester. A statement of an auditor whom nobody named counts for nothing by itself.
 */
standing: ("nobody" | "owner" | "requester")
/**
 * Whether the same auditor attested again later.
 */
superseded: boolean
passed: boolean
report: Content
block: number
time: string
txHash: string
}
/**
 * A blob on IPFS: the digest that is on chain, and its CIDv1 text form.
 */
export interface Content {
digest: string
cid: string
}
/**
 * A thing that events of the new blocks are about.
 */
export interface Changed {
kind: string
/**
 * its number on chain, or an account
 */
id: string
}
/**
 * One thing that the service needs, whether it can be used, and why not.
 */
export interface Check {
name: string
ok: boolean
message: string
}
/**
 * A codec that the owner gave to an account, sealed in an envelope for it.
 */
export interface CodecGrant {
account: string
kind: ("training" | "inference")
envelope: Content
block: number
}
/**
 * What a wallet and a browser need to know.
 */
export interface Config {
version: string
network: string
chainId: number
/**
 * of a node of the chain for everybody; null: read through the visitor's wallet
 */
rpcUrl: (string | null)
ipfsGatewayUrl: string
/**
 * addresses of issuers that make visas of GA4GH passports
 */
visaIssuers: string[]
/**
 * address by name of the eight contracts
 */
contracts: {
[k: string]: string
}
deploymentBlock: number
asOf: number
}
/**
 * The encrypted file, as the card describes it; null fields until the card could be read.
 */
export interface Container {
content: Content
/**
 * on the IPFS gateway; null: the file is private, and on no IPFS node (docs/private.md)
 */
url: (string | null)
/**
 * origin of the owner's server, which gives a private file to those entitled on chain; null: the file is on IPFS, or (where url is null, too) the card names no address that can be asked
 */
servedAt: (string | null)
/**
 * bytes of the encrypted container
 */
size: number
plaintextSize: (number | null)
segmentSize: (number | null)
/**
 * of the plaintext
 */
encodingFormat: string
fileName: string
/**
 * of the container
 */
sha256: string
}
/**
 * A dataset in detail as of a block.
 */
export interface DatasetAnswer {
id: number
owner: string
/**
 * who is behind the owner; null: unproven
 */
institution: (Institution | null)
name: string
description: string
keywords: string[]
records: (number | null)
encodingFormat: (string | null)
/**
 * bytes of the encrypted container
 */
size: (number | null)
latestVersion: number
/**
 * consent is withdrawn for the latest version, or for what it is proven to descend from
 */
withdrawn: boolean
terms: Duo
publishedAt: string
updatedAt: string
/**
 * open offers
 */
offers: Offer[]
unreadable: (string | null)
/**
 * whom the owner lets act for the dataset besides itself
 */
roles: Mandate[]
/**
 * the Croissant JSON-LD of the latest version, from IPFS
 */
card: ({
[k: string]: unknown
} | null)
versions: DatasetVersion[]
allOffers: Offer[]
parents: Descent[]
children: Descent[]
/**
 * licences bought so far
 */
licenses: number
/**
 * training rounds it took part in
 */
rounds: number[]
activity: Activity[]
asOf: number
}
/**
 * Who is behind an account. The domain is what is proven: the other words are the domain's own.
 */
export interface Institution {
/**
 * in ASCII: others in their xn-- form
 */
domain: string
name: string
ror: (string | null)
/**
 * whether a release of ROR has the domain for this id; null: not checked, only claimed
 */
rorListed: (boolean | null)
/**
 * when its proof was fetched by HTTPS and checked
 */
provenAt: string
/**
 * when that ends, unless it is fetched again
 */
until: string
}
/**
 * A set of DUO terms: as bits, as on chain, and spelled out.
 */
export interface Duo {
bits: string
terms: DuoTerm[]
}
/**
 * A term of the GA4GH Data Use Ontology.
 */
export interface DuoTerm {
id: string
code: string
label: string
}
/**
 * What an owner sells: a right on a dataset, its price and its conditions.
 */
export interface Offer {
id: number
datasetId: number
right: ("none" | "download" | "train" | "infer")
/**
 * in the currency's smallest unit
 */
price: string
currency: Currency
/**
 * a buyer shows one of each
 */
visas: ("AffiliationAndRole" | "AcceptedTermsAndPolicies" | "ResearcherStatus" | "ControlledAccessGrants")[]
/**
 * the price is earned over the duration; see `conditions`
 */
proRata: boolean
/**
 * seconds of access from delivery; 0: no end
 */
duration: number
/**
 * 0: not counted
 */
uses: number
/**
 * seconds the custodian has to deliver
 */
deliveryWindow: number
/**
 * seconds from delivery until anyone may have the owner paid
 */
disputeWindow: number
/**
 * decides disputes; null: nothing can be disputed
 */
arbiter: (string | null)
/**
 * how the money goes and how disputes end, in words
 */
conditions: string[]
open: boolean
}
/**
 * A role that a dataset's owner proposed to an account; it counts once the account accepted it.
 */
export interface Mandate {
role: ("custodian" | "operator" | "committee")
account: string
accepted: boolean
}
/**
 * A version as its owner published it; the chain holds its digests, terms and key commitment.
 */
export interface DatasetVersion {
version: number
card: Content
contentRoot: string
keyCommitment: string
terms: Duo
/**
 * null: a person judges a disease
 */
diseases: (PermittedDiseases | null)
publishedAt: string
/**
 * since when it is neither sold nor released; null: consent stands
 */
withdrawnAt: (string | null)
/**
 * the dataset that this one is proven to descend from, if its withdrawal ended it
 */
withdrawnWith: (number | null)
container: (Container | null)
/**
 * why the card could not be read, if so
 */
unreadable: (string | null)
block: number
txHash: string
}
/**
 * What the term DS permits: `root` is on chain, the rest is the card's account of it.
 */
export interface PermittedDiseases {
/**
 * Merkle root over the diseases named and all that descend from them
 */
root: string
/**
 * empty where the card names none, or could not be read
 */
named: Disease[]
/**
 * release of MONDO
 */
ontology: (string | null)
}
/**
 * A disease by its identifier in an ontology, such as MONDO.
 */
export interface Disease {
id: string
name: (string | null)
}
/**
 * A dataset that this one comes from, or that comes from this one.
 */
export interface Descent {
id: number
/**
 * its publisher owned the source or held a licence for it; if not, it only says so
 */
proven: boolean
}
/**
 * A dataset with its card, all versions and offers, the datasets around it, and what happened to it.
 */
export interface DatasetDetail {
id: number
owner: string
/**
 * who is behind the owner; null: unproven
 */
institution: (Institution | null)
name: string
description: string
keywords: string[]
records: (number | null)
encodingFormat: (string | null)
/**
 * bytes of the encrypted container
 */
size: (number | null)
latestVersion: number
/**
 * consent is withdrawn for the latest version, or for what it is proven to descend from
 */
withdrawn: boolean
terms: Duo
publishedAt: string
updatedAt: string
/**
 * open offers
 */
offers: Offer[]
unreadable: (string | null)
/**
 * whom the owner lets act for the dataset besides itself
 */
roles: Mandate[]
/**
 * the Croissant JSON-LD of the latest version, from IPFS
 */
card: ({
[k: string]: unknown
} | null)
versions: DatasetVersion[]
allOffers: Offer[]
parents: Descent[]
children: Descent[]
/**
 * licences bought so far
 */
licenses: number
/**
 * training rounds it took part in
 */
rounds: number[]
activity: Activity[]
}
/**
 * A page of datasets, newest first; `next_cursor` is null on the last one.
 */
export interface DatasetPage {
items: DatasetSummary[]
nextCursor: (string | null)
asOf: number
}
/**
 * What lists show of a dataset: its latest version and open offers.
 */
export interface DatasetSummary {
id: number
owner: string
/**
 * who is behind the owner; null: unproven
 */
institution: (Institution | null)
name: string
description: string
keywords: string[]
records: (number | null)
encodingFormat: (string | null)
/**
 * bytes of the encrypted container
 */
size: (number | null)
latestVersion: number
/**
 * consent is withdrawn for the latest version, or for what it is proven to descend from
 */
withdrawn: boolean
terms: Duo
publishedAt: string
updatedAt: string
/**
 * open offers
 */
offers: Offer[]
unreadable: (string | null)
}
/**
 * A node in a round, the version of a dataset that it trains on, and the commitment that it made.
 */
export interface Enrolment {
index: number
node: string
datasetId: number
version: number
/**
 * its update is in the sum, or will be
 */
summed: boolean
commitment: (string | null)
enrolledAt: string
committedAt: (string | null)
}
/**
 * That the process runs, and its version.
 */
export interface Health {
status: "ok"
version: string
}
/**
 * A requested run of a model version on a committed input, and how far it came.
 */
export interface Inference {
id: number
modelId: number
version: number
requester: string
worker: string
state: ("requested" | "committed" | "challenged" | "finalized" | "refused" | "expired")
/**
 * wei
 */
fee: string
inputCommitment: string
outputCommitment: (string | null)
requestedAt: string
committedAt: (string | null)
deadline: (string | null)
block: number
txHash: string
}
/**
 * An inference in detail as of a block.
 */
export interface InferenceAnswer {
id: number
modelId: number
version: number
requester: string
worker: string
state: ("requested" | "committed" | "challenged" | "finalized" | "refused" | "expired")
/**
 * wei
 */
fee: string
inputCommitment: string
outputCommitment: (string | null)
requestedAt: string
committedAt: (string | null)
deadline: (string | null)
block: number
txHash: string
arbiter: (string | null)
challengeWindow: number
input: Content
output: (Content | null)
weightsRoot: (string | null)
attestations: Attestation[]
activity: Activity[]
asOf: number
}
/**
 * An inference with its input and output, its attestations and its events.
 */
export interface InferenceDetail {
id: number
modelId: number
version: number
requester: string
worker: string
state: ("requested" | "committed" | "challenged" | "finalized" | "refused" | "expired")
/**
 * wei
 */
fee: string
inputCommitment: string
outputCommitment: (string | null)
requestedAt: string
committedAt: (string | null)
deadline: (string | null)
block: number
txHash: string
arbiter: (string | null)
challengeWindow: number
input: Content
output: (Content | null)
weightsRoot: (string | null)
attestations: Attestation[]
activity: Activity[]
}
/**
 * A page of inferences, newest first; `next_cursor` is null on the last one.
 */
export interface InferencePage {
items: Inference[]
nextCursor: (string | null)
asOf: number
}
/**
 * A right on a dataset version that somebody bought, with its declared purpose and its terms in time
 * and uses.
 */
export interface License {
id: number
offerId: number
datasetId: number
datasetName: string
version: number
licensee: string
/**
 * the dataset's owner now
 */
owner: string
state: ("inReview" | "purchased" | "delivered" | "settled" | "disputed" | "refunded" | "rejected" | "revoked")
right: ("none" | "download" | "train" | "infer")
/**
 * delivered, not expired, revoked or refunded, as of the last block read
 */
active: boolean
/**
 * in the currency's smallest unit
 */
price: string
currency: Currency
/**
 * that were shown, as the offer requires
 */
visas: ("AffiliationAndRole" | "AcceptedTermsAndPolicies" | "ResearcherStatus" | "ControlledAccessGrants")[]
proRata: boolean
/**
 * decides disputes; null: nothing can be disputed
 */
arbiter: (string | null)
/**
 * how the money goes and how disputes end, in words
 */
conditions: string[]
/**
 * what owner and publisher were credited so far, in smallest units
 */
earned: string
/**
 * of a settled licence whose price is earned over time
 */
shares: (Shares | null)
purpose: Duo
/**
 * declared by the buyer
 */
disease: (string | null)
/**
 * salted hash of the research plan
 */
statement: (string | null)
/**
 * null: not counted
 */
usesLeft: (number | null)
purchasedAt: string
deliveredAt: (string | null)
/**
 * of the delivery, of a dispute, or of the arbiter
 */
deadline: (string | null)
/**
 * null: not delivered, or no end; never later than the visas' end
 */
expiresAt: (string | null)
/**
 * the sealed key as delivered last; null: none, or not yet
 */
envelope: (Content | null)
block: number
txHash: string
}
/**
 * Who would be credited what, in smallest units, if a licence ended now (the contract's `sharesOf`).
 */
export interface Shares {
/**
 * what time has earned since the last credit, with the royalty
 */
toOwner: string
/**
 * what is not earned yet
 */
toLicensee: string
}
/**
 * A licence in detail as of a block.
 */
export interface LicenseAnswer {
id: number
offerId: number
datasetId: number
datasetName: string
version: number
licensee: string
/**
 * the dataset's owner now
 */
owner: string
state: ("inReview" | "purchased" | "delivered" | "settled" | "disputed" | "refunded" | "rejected" | "revoked")
right: ("none" | "download" | "train" | "infer")
/**
 * delivered, not expired, revoked or refunded, as of the last block read
 */
active: boolean
/**
 * in the currency's smallest unit
 */
price: string
currency: Currency
/**
 * that were shown, as the offer requires
 */
visas: ("AffiliationAndRole" | "AcceptedTermsAndPolicies" | "ResearcherStatus" | "ControlledAccessGrants")[]
proRata: boolean
/**
 * decides disputes; null: nothing can be disputed
 */
arbiter: (string | null)
/**
 * how the money goes and how disputes end, in words
 */
conditions: string[]
/**
 * what owner and publisher were credited so far, in smallest units
 */
earned: string
/**
 * of a settled licence whose price is earned over time
 */
shares: (Shares | null)
purpose: Duo
/**
 * declared by the buyer
 */
disease: (string | null)
/**
 * salted hash of the research plan
 */
statement: (string | null)
/**
 * null: not counted
 */
usesLeft: (number | null)
purchasedAt: string
deliveredAt: (string | null)
/**
 * of the delivery, of a dispute, or of the arbiter
 */
deadline: (string | null)
/**
 * null: not delivered, or no end; never later than the visas' end
 */
expiresAt: (string | null)
/**
 * the sealed key as delivered last; null: none, or not yet
 */
envelope: (Content | null)
block: number
txHash: string
container: (Container | null)
contentRoot: string
keyCommitment: string
activity: Activity[]
asOf: number
}
/**
 * A licence with the encrypted container that it opens, and its events.
 */
export interface LicenseDetail {
id: number
offerId: number
datasetId: number
datasetName: string
version: number
licensee: string
/**
 * the dataset's owner now
 */
owner: string
state: ("inReview" | "purchased" | "delivered" | "settled" | "disputed" | "refunded" | "rejected" | "revoked")
right: ("none" | "download" | "train" | "infer")
/**
 * delivered, not expired, revoked or refunded, as of the last block read
 */
active: boolean
/**
 * in the currency's smallest unit
 */
price: string
currency: Currency
/**
 * that were shown, as the offer requires
 */
visas: ("AffiliationAndRole" | "AcceptedTermsAndPolicies" | "ResearcherStatus" | "ControlledAccessGrants")[]
proRata: boolean
/**
 * decides disputes; null: nothing can be disputed
 */
arbiter: (string | null)
/**
 * how the money goes and how disputes end, in words
 */
conditions: string[]
/**
 * what owner and publisher were credited so far, in smallest units
 */
earned: string
/**
 * of a settled licence whose price is earned over time
 */
shares: (Shares | null)
purpose: Duo
/**
 * declared by the buyer
 */
disease: (string | null)
/**
 * salted hash of the research plan
 */
statement: (string | null)
/**
 * null: not counted
 */
usesLeft: (number | null)
purchasedAt: string
deliveredAt: (string | null)
/**
 * of the delivery, of a dispute, or of the arbiter
 */
deadline: (string | null)
/**
 * null: not delivered, or no end; never later than the visas' end
 */
expiresAt: (string | null)
/**
 * the sealed key as delivered last; null: none, or not yet
 */
envelope: (Content | null)
block: number
txHash: string
container: (Container | null)
contentRoot: string
keyCommitment: string
activity: Activity[]
}
/**
 * A page of licences, newest first; `next_cursor` is null on the last one.
 */
export interface LicensePage {
items: License[]
nextCursor: (string | null)
asOf: number
}
/**
 * Where a model version comes from.
 */
export interface Lineage {
version: number
baseVersion: (number | null)
roundId: (number | null)
datasets: number[]
nodes: string[]
}
/**
 * Who wants to sign in.
 */
export interface MessageRequest {
account: string
}
/**
 * A model in detail as of a block.
 */
export interface ModelAnswer {
id: number
owner: string
name: string
description: string
architecture: string
latestVersion: number
rounds: number
inferences: number
registeredAt: string
unreadable: (string | null)
card: Content
cardDocument: ({
[k: string]: unknown
} | null)
versions: ModelVersion[]
roundList: RoundSummary[]
codecs: CodecGrant[]
lineage: Lineage[]
activity: Activity[]
asOf: number
}
/**
 * One set of weights of a model: where they lie, and their root on chain.
 */
export interface ModelVersion {
version: number
weightsRoot: string
weights: Content
/**
 * the round that made it; null: published by the owner
 */
roundId: (number | null)
publishedAt: string
block: number
txHash: string
}
/**
 * What lists show of a federated round: its model, its state and how many nodes took part.
 */
export interface RoundSummary {
id: number
modelId: number
kind: ("statistics" | "training")
state: ("enrolling" | "running" | "unmasking" | "finalized" | "aborted")
baseVersion: number
/**
 * the model version it made
 */
version: (number | null)
enrolled: number
committed: number
openedAt: string
closedAt: (string | null)
}
/**
 * A model with its card, versions, rounds, codecs, lineage and events.
 */
export interface ModelDetail {
id: number
owner: string
name: string
description: string
architecture: string
latestVersion: number
rounds: number
inferences: number
registeredAt: string
unreadable: (string | null)
card: Content
cardDocument: ({
[k: string]: unknown
} | null)
versions: ModelVersion[]
roundList: RoundSummary[]
codecs: CodecGrant[]
lineage: Lineage[]
activity: Activity[]
}
/**
 * A page of models, newest first; `next_cursor` is null on the last one.
 */
export interface ModelPage {
items: ModelSummary[]
nextCursor: (string | null)
asOf: number
}
/**
 * What lists show of a model: its architecture, latest version, and how often it was trained and
 * asked.
 */
export interface ModelSummary {
id: number
owner: string
name: string
description: string
architecture: string
latestVersion: number
rounds: number
inferences: number
registeredAt: string
unreadable: (string | null)
}
/**
 * Problem document (RFC 9457), sent as application/problem+json.
 */
export interface Problem {
type: string
title: string
status: number
detail: string
instance: string
hint: string
}
/**
 * Licences that wait for the account that has signed in, the oldest first, 100 of each kind at most.
 */
export interface Queue {
account: string
/**
 * to approve or reject, of its datasets
 */
review: License[]
/**
 * bought, whose keys are not delivered, of its datasets
 */
deliveries: License[]
/**
 * to decide, as their arbiter
 */
disputes: License[]
asOf: number
}
/**
 * Whether all that the service needs can be used, as of the last block in the index.
 */
export interface Readiness {
ready: boolean
checks: Check[]
asOf: number
}
/**
 * A round in detail as of a block.
 */
export interface RoundAnswer {
id: number
modelId: number
kind: ("statistics" | "training")
state: ("enrolling" | "running" | "unmasking" | "finalized" | "aborted")
baseVersion: number
/**
 * the model version it made
 */
version: (number | null)
enrolled: number
committed: number
openedAt: string
closedAt: (string | null)
aggregator: string
minNodes: number
enrolBy: (string | null)
commitBy: (string | null)
finalizeBy: (string | null)
plan: Content
planDocument: ({
[k: string]: unknown
} | null)
result: (Content | null)
resultDocument: ({
[k: string]: unknown
} | null)
enrolments: Enrolment[]
activity: Activity[]
asOf: number
}
/**
 * A round with its deadlines, plan, result, enrolments and events.
 */
export interface RoundDetail {
id: number
modelId: number
kind: ("statistics" | "training")
state: ("enrolling" | "running" | "unmasking" | "finalized" | "aborted")
baseVersion: number
/**
 * the model version it made
 */
version: (number | null)
enrolled: number
committed: number
openedAt: string
closedAt: (string | null)
aggregator: string
minNodes: number
enrolBy: (string | null)
commitBy: (string | null)
finalizeBy: (string | null)
plan: Content
planDocument: ({
[k: string]: unknown
} | null)
result: (Content | null)
resultDocument: ({
[k: string]: unknown
} | null)
enrolments: Enrolment[]
activity: Activity[]
}
/**
 * Who has signed in; nothing is said of anybody else.
 */
export interface Session {
/**
 * null: nobody
 */
account: (string | null)
expiresAt: (string | null)
}
/**
 * What its wallet signs (EIP-4361, `personal_sign`), unchanged.
 */
export interface SignInMessage {
message: string
}
/**
 * The message with the account's signature.
 */
export interface SignedMessage {
message: string
signature: string
}
/**
 * The index has read on.
 */
export interface StateChange {
asOf: number
/**
 * null: anything may have changed (many events, blocks taken back, or cards read)
 */
changed: (Changed[] | null)
}
/**
 * What is given to each address, and answered, by its path (GET).
 */
export interface Reads {
"/health": { given: {  }; answer: Health }
"/ready": { given: {  }; answer: Readiness }
"/v1/config": { given: {  }; answer: Config }
"/v1/datasets": { given: { cursor?: string; limit?: number; q?: string; owner?: string }; answer: DatasetPage }
"/v1/datasets/{id}": { given: { id: string | number | bigint }; answer: DatasetAnswer }
"/v1/licenses": { given: { cursor?: string; limit?: number; licensee?: string; arbiter?: string; dataset?: number }; answer: LicensePage }
"/v1/licenses/{id}": { given: { id: string | number | bigint }; answer: LicenseAnswer }
"/v1/models": { given: { cursor?: string; limit?: number }; answer: ModelPage }
"/v1/models/{id}": { given: { id: string | number | bigint }; answer: ModelAnswer }
"/v1/rounds/{id}": { given: { id: string | number | bigint }; answer: RoundAnswer }
"/v1/inferences": { given: { cursor?: string; limit?: number; model?: number; account?: string }; answer: InferencePage }
"/v1/inferences/{id}": { given: { id: string | number | bigint }; answer: InferenceAnswer }
"/v1/activity": { given: { kind?: readonly ("dataset" | "license" | "model" | "round" | "inference")[]; cursor?: string; limit?: number }; answer: ActivityPage }
"/v1/session": { given: {  }; answer: Session }
"/v1/me/queue": { given: {  }; answer: Queue }
}
/**
 * What is sent to each address, and answered, by its path (POST).
 */
export interface Posts {
"/v1/session/message": { body: MessageRequest; answer: SignInMessage }
"/v1/session": { body: SignedMessage; answer: Session }
}
