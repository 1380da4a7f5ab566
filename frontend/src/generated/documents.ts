// Written by frontend/generate.mjs; do not edit.

/** Bytes. */
export const limits = {
  "visa": 16384,
  "dataset-card": 4194304,
  "disease-proof": 16384,
  "key-in-shares": 262144,
} as const

/**
 * A visa for one VisaRegistry: that of `chain_id` at `registry`. Nothing here checks the signature
 * (market/visa.py asks the contract).
 */
export interface VisaFile {
chainId: number
format: "biodesci-visa/1"
registry: string
signature: string
visa: Visa
warning: string
}
/**
 * As `IVisaRegistry.Visa`; times in seconds since 1970.
 */
export interface Visa {
asserted: number
expires: number
issuer: string
subject: string
value: string
visaType: ("AffiliationAndRole" | "AcceptedTermsAndPolicies" | "ResearcherStatus" | "ControlledAccessGrants")
}

/**
 * A card tells what the airlock's rules let through (core/airlock): no minimum or maximum, and no count
 * of fewer than 11 people; all counts are rounded. `terms` are DUO bits, of which `usageInfo` has the ids;
 * `biodesci:records` is absent for a file that is no table, or a short one.
 */
export interface DatasetCardFile {
"@context": {"@language":"en","@vocab":"https://schema.org/","DUO":"http://purl.obolibrary.org/obo/DUO_","biodesci":"urn:biodesci:","citeAs":"cr:citeAs","column":"cr:column","conformsTo":"dct:conformsTo","cr":"http://mlcommons.org/croissant/","data":{"@id":"cr:data","@type":"@json"},"dataType":{"@id":"cr:dataType","@type":"@vocab"},"dct":"http://purl.org/dc/terms/","examples":{"@id":"cr:examples","@type":"@json"},"extract":"cr:extract","field":"cr:field","fileObject":"cr:fileObject","fileProperty":"cr:fileProperty","fileSet":"cr:fileSet","format":"cr:format","includes":"cr:includes","isLiveDataset":"cr:isLiveDataset","jsonPath":"cr:jsonPath","key":"cr:key","md5":"cr:md5","parentField":"cr:parentField","path":"cr:path","rai":"http://mlcommons.org/croissant/RAI/","recordSet":"cr:recordSet","references":"cr:references","regex":"cr:regex","repeated":"cr:repeated","replace":"cr:replace","sc":"https://schema.org/","separator":"cr:separator","source":"cr:source","subField":"cr:subField","transform":"cr:transform"}
"@type": "sc:Dataset"
"biodesci:diseases"?: PermittedDiseases
"biodesci:fieldsTold"?: number
"biodesci:identifierCheck": IdentifierCheck
"biodesci:records"?: number
"biodesci:terms": string
citeAs: string
conformsTo: "http://mlcommons.org/croissant/1.0"
creator?: Organization
datePublished: string
description: string
/**
 * @minItems 2
 * @maxItems 66
 */
distribution: [(FileObject | PlainFile | SchemaFile), (FileObject | PlainFile | SchemaFile), ...((FileObject | PlainFile | SchemaFile))[]]
/**
 * @minItems 1
 */
keywords?: [string, ...(string)[]]
license: string
name: string
/**
 * @minItems 1
 * @maxItems 64
 */
recordSet?: [RecordSet, ...(RecordSet)[]]
url: string
usageInfo: string[]
version: string
}
/**
 * What the term DS permits: the diseases that the owner `named`, the release of MONDO that they are of
 * (`ontology`), all that descend from them there (`permitted`), and the `root` over all, which is on chain.
 * 
 * With `permitted` a buyer proves a disease without the ontology, as the web page does.
 */
export interface PermittedDiseases {
named: NamedDisease[]
ontology: string
permitted: string[]
root: string
}
/**
 * A disease with its name in the ontology; empty where that has none.
 */
export interface NamedDisease {
id: string
name: string
}
/**
 * What was looked at before the file was published, and what was found there that may name people. The
 * file was published in spite of what has the level "stop"; the reason is the owner's, and not public.
 */
export interface IdentifierCheck {
"biodesci:airlock": "biodesci/airlock/1"
checked: "content, column names, public texts"
findings: FoundKind[]
note: "A pass is evidence, not anonymity."
}
/**
 * A kind of identifier that was found, and how grave it is. How often and where only the owner knows.
 */
export interface FoundKind {
kind: string
level: ("stop" | "ask" | "note")
}
/**
 * Who made the dataset. At `url` its domain proves whose the owner's account is.
 */
export interface Organization {
"@type": "sc:Organization"
name: string
url?: string
}
/**
 * The encrypted file, as everybody may have it. `content` is the digest of its CID, `size` its bytes,
 * `sha256` the hash of them; `plaintext_size` is of the file in it. `served_at` is the origin of the server
 * that gives a private one to those entitled; without it the container is on IPFS, for everybody.
 */
export interface FileObject {
"@id": "container"
"@type": "cr:FileObject"
"biodesci:contentRoot": string
"biodesci:plaintextSize": number
"biodesci:segmentSize": number
"biodesci:servedAt"?: string
contentSize: string
contentUrl: string
encodingFormat: "application/octet-stream"
name: "container"
sha256: string
}
/**
 * The file that a licensee decrypts. Its name says its format, and is not the owner's own file name.
 */
export interface PlainFile {
"@id": "data"
"@type": "cr:FileObject"
containedIn: ContainerReference
contentUrl: string
encodingFormat: string
name: string
}
/**
 * The encrypted file.
 */
export interface ContainerReference {
"@id": "container"
}
/**
 * The names and types of all columns of a table of which the card describes some: a Parquet file without
 * rows, on IPFS for everybody. `schema` is of the table `records`, `schema-2` of `records-2`.
 */
export interface SchemaFile {
"@id": string
"@type": "cr:FileObject"
contentSize: string
contentUrl: string
encodingFormat: "application/vnd.apache.parquet"
name: string
sha256: string
}
/**
 * A table in the file. `columns` is how many columns it has, of which `field` may have fewer; `rows` and
 * `people` are absent where there are fewer than 11 people, and `people` where no column says who they
 * are. `counted` says whom its counts are of: people, whom a column tells apart, or by the word of the
 * owner or by the format "a row each". Where nobody knows whose the rows are, it is absent, and nothing but
 * `rows` is counted.
 */
export interface RecordSet {
"@id": string
"@type": "cr:RecordSet"
"biodesci:columns": number
"biodesci:counted"?: ("people" | "people, a row each")
"biodesci:people"?: number
"biodesci:rows"?: number
/**
 * @minItems 1
 */
field: [Column, ...(Column)[]]
name: string
}
/**
 * A column of a table in the file. `id` is unique in the card, and has no white space.
 */
export interface Column {
"@id": string
"@type": "cr:Field"
"biodesci:statistics"?: Statistics
"biodesci:unit"?: string
dataType: ("sc:Float" | "sc:Integer" | "sc:Boolean" | "sc:Text" | "sc:Date" | "sc:DateTime")
description: string
name: string
source: Source
}
/**
 * What may be told of a column's values, by the airlock's rules. What is absent is withheld, or makes no
 * sense for its type. A `null_share` of 0 stands for fewer than 11 people; `distinct` is how many different
 * values there are.
 */
export interface Statistics {
distinct?: number
/**
 * @minItems 1
 */
histogram?: [(Category | Interval), ...((Category | Interval))[]]
mean?: number
nullShare?: number
std?: number
}
/**
 * A bar of a histogram: how many people have a value. None: withheld.
 */
export interface Category {
count: (number | null)
value: string
}
/**
 * A bar of a histogram: how many people have a number from `low` up to `high`. None: withheld.
 */
export interface Interval {
count: (number | null)
from: number
to: number
}
/**
 * Where a column's values come from.
 */
export interface Source {
extract: Extract
fileObject: Reference
}
/**
 * How the column is named there.
 */
export interface Extract {
column: string
}
/**
 * The file that a column is in.
 */
export interface Reference {
"@id": "data"
}

/**
 * That a dataset's terms permit a disease: the path from its leaf to the root that is on chain.
 */
export interface DiseaseProofFile {
disease: string
/**
 * @maxItems 32
 */
proof: string[]
}

/**
 * What is delivered in place of an envelope: shares, each sealed to the licensee, and whose they are.
 */
export interface KeyInSharesFile {
format: "biodesci-shared-key/1"
/**
 * @minItems 2
 * @maxItems 32
 */
shares: [SignedRelease, SignedRelease, ...(SignedRelease)[]]
signed: SignedSplit
}
/**
 * A release with its guardian's signature: who gives a wrong share can be named.
 */
export interface SignedRelease {
release: Release
signature: string
}
/**
 * A guardian's share for one licence: `sealed` opens with the licensee's key. `contract` is the
 * AccessLicense, `split` the content of the split that the share is of.
 */
export interface Release {
chainId: number
contract: string
guardian: string
licenseId: number
licensee: string
sealed: string
split: string
}
/**
 * A split with its owner's signature (core/typed_data.py).
 */
export interface SignedSplit {
signature: string
split: Split
}
/**
 * What the owner signs: whose shares open which version's key. `contract` is the DatasetNFT,
 * `commitments` those of the version on chain, `made` in Unix seconds: a newer one replaces it.
 */
export interface Split {
chainId: number
commitments: string
contract: string
datasetId: number
/**
 * @minItems 2
 * @maxItems 32
 */
guardians: [Guardian, Guardian, ...(Guardian)[]]
made: number
owner: string
threshold: number
version: number
}
/**
 * Who holds a share, and what the share was committed to (`guarding.commitment`). The index of the first
 * is 1. `url` is where its worker answers the other guardians; absent: a person releases its shares.
 */
export interface Guardian {
account: string
share: string
url?: string
}
