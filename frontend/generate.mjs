/**
 * Writes src/generated from what the other parts of the project already say: contract ABIs (as
 * TypeScript constants, which viem types calls by), their errors, the block explorers that viem
 * knows, and the API's answers (its OpenAPI schemas). With --check it writes nothing and fails when
 * a file is out of date.
 *
 * Usage: node frontend/generate.mjs [--check]
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { compile } from 'json-schema-to-typescript'
import * as chains from 'viem/chains'

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(here)
const target = join(here, 'src', 'generated')
const CONTRACTS = [
  'DatasetNFT',
  'AccessLicense',
  'ModelRegistry',
  'InferenceCommitment',
  'KeyRegistry',
  'VisaRegistry',
  'LicenseLens',
  'GuardedCustody',
]
/** Kinds of document, by the names of their schemas. */
const READ = ['visa', 'dataset-card', 'disease-proof', 'key-in-shares']
const NOTICE = '// Written by frontend/generate.mjs; do not edit.\n'

const ABIS = CONTRACTS.map((name) => [
  name,
  JSON.parse(
    readFileSync(join(root, 'backend', 'biodesci', 'chain', 'abi', `${name}.json`), 'utf8'),
  ),
])

function constant(name, abi) {
  return `export const ${name} = [\n${abi.map((entry) => `  ${JSON.stringify(entry)},\n`).join('')}] as const\n`
}

function abis() {
  return `${NOTICE}\n${ABIS.map(([name, abi]) => constant(name, abi)).join('\n')}`
}

/**
 * By themselves, for what explains an error of whichever contract: the page's first chunk need not
 * hold the rest.
 */
function errors() {
  const unique = new Map(
    ABIS.flatMap(([, abi]) =>
      abi.filter(({ type }) => type === 'error').map((entry) => [entry.name, entry]),
    ),
  )
  return `${NOTICE}\n${constant('errors', [...unique.values()])}`
}

/** The sentences about contract errors that Python says too, and the errors of tokens by signature. */
function sentences() {
  const path = join(root, 'backend', 'biodesci', 'chain', 'errors.json')
  const source = JSON.parse(readFileSync(path, 'utf8'))
  const entries = Object.entries(source.errors).map(
    ([name, { says, page }]) => `  ${name}: ${JSON.stringify({ says, page })},\n`,
  )
  const states = Object.entries(source.states).map(
    ([name, names]) => `  ${name}: ${JSON.stringify(names)},\n`,
  )
  const tokens = source.tokens.map((line) => `  ${JSON.stringify(line)},\n`)
  return `${NOTICE}
export const sentences: Readonly<Record<string, { readonly says: string; readonly page: string }>> = {
${entries.join('')}}

export const states: Readonly<Record<string, readonly string[]>> = {
${states.join('')}}

export const tokenErrors = [
${tokens.join('')}] as const
`
}

/**
 * By chain id. A number that several networks claim says nothing of where a transaction is; neither
 * does a page on the reader's own machine.
 */
function explorers() {
  const found = new Map()
  for (const { id, blockExplorers } of Object.values(chains)) {
    const url = blockExplorers?.default?.url?.replace(/\/+$/, '')
    if (url) found.set(id, (found.get(id) ?? new Set()).add(url))
  }
  const clear = [...found]
    .filter(([, urls]) => urls.size === 1 && [...urls][0].startsWith('https://'))
    .toSorted(([a], [b]) => a - b)
  return `${NOTICE}\nexport const explorers: Readonly<Record<number, string>> = {\n${clear.map(([id, [url]]) => `  ${id}: '${url}',\n`).join('')}}\n`
}

/**
 * The components and the paths of the OpenAPI document, without starting the API: FastAPI builds
 * the components from these same models.
 */
const OPENAPI = `
import json
from pathlib import Path
from pydantic.json_schema import models_json_schema
from biodesci.api import app
from biodesci.api.schemas.values import Schema
from biodesci.config import Settings
def below(kind): return [m for child in kind.__subclasses__() for m in (child, *below(child))]
models = below(Schema)
definitions = models_json_schema([(m, "serialization") for m in models], ref_template="#/definitions/{model}")[1]["$defs"]
nothing = Path(".cache") / "nothing"
paths = app.create(Settings(home=nothing, deployment=nothing)).openapi()["paths"]
paths = {path: there for path, there in paths.items() if not path.startswith("/ga4gh/")}  # for others' programs
print(json.dumps({"definitions": definitions, "paths": paths}))
`

async function api() {
  const python = join(root, '.venv', 'bin', 'python')
  const printed = execFileSync(python, ['-c', OPENAPI], { cwd: root, encoding: 'utf8' })
  const { definitions, paths } = JSON.parse(printed)
  for (const schema of Object.values(definitions)) close(schema)
  const all = {
    type: 'object',
    additionalProperties: false,
    required: Object.keys(definitions),
    properties: Object.fromEntries(
      Object.keys(definitions).map((name) => [name, { $ref: `#/definitions/${name}` }]),
    ),
    definitions,
  }
  const text = await compile(all, 'ApiSchemas', {
    bannerComment: NOTICE.trim(),
    additionalProperties: false,
    format: false,
  })
  return `${text.trimEnd()}\n${reads(paths)}${posts(paths)}`
}

/** What each address is given and answers that a page reads, by its path. */
function reads(paths) {
  const lines = Object.entries(paths).flatMap(([path, { get }]) => {
    const answer = nameOf(get?.responses['200']?.content)
    if (!answer) return []
    const given = (get.parameters ?? [])
      .filter((one) => one.in === 'path' || one.in === 'query')
      .map((one) => `${one.name}${one.required ? '' : '?'}: ${typeOf(one)}`)
    return `${JSON.stringify(path)}: { given: { ${given.join('; ')} }; answer: ${answer} }\n`
  })
  return `/**\n * What is given to each address, and answered, by its path (GET).\n */\nexport interface Reads {\n${lines.join('')}}\n`
}

/** The same of what is sent there. */
function posts(paths) {
  const lines = Object.entries(paths).flatMap(([path, { post }]) =>
    post
      ? `${JSON.stringify(path)}: { body: ${nameOf(post.requestBody.content)}; answer: ${nameOf(post.responses['200'].content)} }\n`
      : [],
  )
  return `/**\n * What is sent to each address, and answered, by its path (POST).\n */\nexport interface Posts {\n${lines.join('')}}\n`
}

/** Of JSON; a stream of events is no answer. */
function nameOf(content) {
  if (content?.['text/event-stream']) return undefined
  return content?.['application/json']?.schema?.$ref?.split('/').at(-1)
}

/** Numbers on chain may be larger than JavaScript's; of what is in a path, any text will do. */
function typeOf({ in: where, schema: { anyOf, ...alone } }) {
  if (where === 'path') return 'string | number | bigint'
  const schema = anyOf?.find(({ type }) => type !== 'null') ?? alone
  return schema.type === 'array' ? `readonly (${simple(schema.items)})[]` : simple(schema)
}

function simple({ enum: values, type }) {
  if (values) return values.map((value) => JSON.stringify(value)).join(' | ')
  return type === 'integer' ? 'number' : type
}

/** Types of the documents that the page reads, from their schemas, and how many bytes each may have. */
async function documents() {
  const limits = {}
  const types = READ.map(async (kind) => {
    const file = join(root, 'docs', 'reference', 'schemas', `${kind}.json`)
    const { title, ...schema } = JSON.parse(readFileSync(file, 'utf8'))
    limits[kind] = Number(/^At most (\d+) bytes/.exec(schema.$comment)[1])
    return compile(schema, `${title} file`, { bannerComment: '', format: false })
  })
  const written = (await Promise.all(types)).join('\n').trimEnd()
  const entries = READ.map((kind) => `  ${JSON.stringify(kind)}: ${limits[kind]},\n`)
  return `${NOTICE}\n/** Bytes. */\nexport const limits = {\n${entries.join('')}} as const\n\n${written}\n`
}

/**
 * Titles would name a type per property; what the server always sends is required, defaults
 * included.
 */
function close(schema) {
  for (const property of Object.values(schema.properties ?? {})) delete property.title
  if (schema.properties) schema.required = Object.keys(schema.properties)
}

const check = process.argv.includes('--check')
const outdated = []
for (const [name, text] of [
  ['abi.ts', abis()],
  ['errors.ts', errors()],
  ['sentences.ts', sentences()],
  ['explorers.ts', explorers()],
  ['api.ts', await api()],
  ['documents.ts', await documents()],
]) {
  const path = join(target, name)
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
  outdated.push(name)
  if (check) continue
  mkdirSync(target, { recursive: true })
  writeFileSync(path, text)
}
if (check && outdated.length > 0) {
  process.stderr.write(
    `Out of date in frontend/src/generated: ${outdated.join(', ')}.\nRun: node frontend/generate.mjs\n`,
  )
  process.exit(1)
}
