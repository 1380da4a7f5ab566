// Written by frontend/generate.mjs; do not edit.

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
 * A card holds no raw values: no minimum or maximum, and no count below 11. `terms` are DUO bits, of
 * which `usageInfo` has the ids; `biodesci:records` is absent for a file that is no table, or a short one.
 */
export interface DatasetCardFile {
"@context": {"@language":"en","@vocab":"https://schema.org/","DUO":"http://purl.obolibrary.org/obo/DUO_","biodesci":"urn:biodesci:","citeAs":"cr:citeAs","column":"cr:column","conformsTo":"dct:conformsTo","cr":"http://mlcommons.org/croissant/","data":{"@id":"cr:data","@type":"@json"},"dataType":{"@id":"cr:dataType","@type":"@vocab"},"dct":"http://purl.org/dc/terms/","examples":{"@id":"cr:examples","@type":"@json"},"extract":"cr:extract","field":"cr:field","fileObject":"cr:fileObject","fileProperty":"cr:fileProperty","fileSet":"cr:fileSet","format":"cr:format","includes":"cr:includes","isLiveDataset":"cr:isLiveDataset","jsonPath":"cr:jsonPath","key":"cr:key","md5":"cr:md5","parentField":"cr:parentField","path":"cr:path","rai":"http://mlcommons.org/croissant/RAI/","recordSet":"cr:recordSet","references":"cr:references","regex":"cr:regex","repeated":"cr:repeated","replace":"cr:replace","sc":"https://schema.org/","separator":"cr:separator","source":"cr:source","subField":"cr:subField","transform":"cr:transform"}
"@type": "sc:Dataset"
"biodesci:diseases"?: PermittedDiseases
"biodesci:identifierCheck": IdentifierCheck
"biodesci:records"?: number
"biodesci:terms": string
conformsTo: "http://mlcommons.org/croissant/1.0"
creator?: Organization
description: string
/**
 * @minItems 1
 * @maxItems 1
 */
distribution: [FileObject]
/**
 * @minItems 1
 */
keywords?: [string, ...(string)[]]
license?: string
name: string
/**
 * @minItems 1
 * @maxItems 1
 */
recordSet?: [RecordSet]
usageInfo: string[]
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
 * What was looked at before the file was published, what was found there that may name people, and why
 * the file was published in spite of it.
 */
export interface IdentifierCheck {
acceptedRisk?: string
checked: ("column names, values, file name" | "file name")
findings: string[]
note: "A pass is evidence, not anonymity."
}
/**
 * Who made the dataset.
 */
export interface Organization {
"@type": "sc:Organization"
name: string
}
/**
 * The encrypted file. `content` is the digest of its CID, `size` its bytes, `sha256` the hash of them;
 * `name`, `encoding_format` and `plaintext_size` are of the plain file.
 */
export interface FileObject {
"@id": "container"
"@type": "cr:FileObject"
"biodesci:contentRoot": string
"biodesci:plaintextSize": number
"biodesci:segmentSize": number
contentSize: string
contentUrl: string
encodingFormat: string
name: string
sha256: string
}
/**
 * The table in the file.
 */
export interface RecordSet {
"@id": "records"
"@type": "cr:RecordSet"
/**
 * @minItems 1
 */
field: [Column, ...(Column)[]]
name: "records"
}
/**
 * A column of the table in the file.
 */
export interface Column {
"@id": string
"@type": "cr:Field"
"biodesci:statistics": Statistics
"biodesci:unit"?: string
dataType: ("sc:Float" | "sc:Integer" | "sc:Boolean" | "sc:Text" | "sc:Date")
description: string
name: string
source: Source
}
/**
 * What may be said of a column's values. What is absent is suppressed, or makes no sense for its type.
 */
export interface Statistics {
/**
 * @minItems 1
 */
histogram?: [(Category | Interval), ...((Category | Interval))[]]
mean?: number
nullShare?: number
std?: number
}
/**
 * A bar of a histogram: how many records have a value. None: suppressed.
 */
export interface Category {
count: (number | null)
value: string
}
/**
 * A bar of a histogram: how many records have a number from `low` up to `high`. None: suppressed.
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
"@id": "container"
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
