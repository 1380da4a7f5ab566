/**
 * Builds the test wallet, then starts the whole stack (chain, IPFS, contracts, custodians, index,
 * API with the page) and stops it at the end.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { build } from 'vite'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const START_LIMIT = 300_000

export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  const parent = join(ROOT, '.build/e2e')
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, 'run-'))
  process.env['E2E_WALLET'] = join(folder, 'wallet.js')
  await build({
    configFile: false,
    logLevel: 'warn',
    root: join(ROOT, 'tests/e2e/wallet'),
    build: {
      outDir: folder,
      emptyOutDir: false,
      lib: {
        entry: join(ROOT, 'tests/e2e/wallet/wallet.ts'),
        formats: ['iife'],
        name: 'TestWallet',
        fileName: () => 'wallet.js',
      },
    },
  })

  // A stack that runs already may be used instead: the path of its announcement.
  if (process.env['E2E_STACK'])
    return () => Promise.resolve(rmSync(folder, { recursive: true, force: true }))

  if (!existsSync(join(ROOT, 'frontend/dist/index.html')))
    throw new Error('The page is not built. Run: node node_modules/vite/bin/vite.js build frontend')
  const announced = join(folder, 'stack.json')
  const stack = spawn(
    join(ROOT, '.venv/bin/python'),
    [
      '-m',
      'examples.heart',
      'up',
      '--ports',
      'auto',
      // Enough for pages about rounds; how well the model learns is the story's own test.
      '--rounds',
      '1',
      '--state',
      join(folder, 'state'),
      '--announce',
      announced,
    ],
    {
      cwd: ROOT,
      // As the Makefile exports them, so that the tests can be started without it.
      env: {
        ...process.env,
        BIODESCI_ROOT: ROOT,
        APE_DATA_FOLDER: join(ROOT, '.cache/ape'),
        SOLCX_BINARY_PATH: join(ROOT, '.cache/solc'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let log = ''
  for (const stream of [stack.stdout, stack.stderr])
    stream.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-8_000)))
  const stop = async () => {
    await end(stack)
    if (!process.env['E2E_KEEP']) rmSync(folder, { recursive: true, force: true })
  }
  try {
    await ready(stack, announced)
  } catch (error) {
    await stop()
    throw new Error(`${String(error)}\nThe stack said:\n${log}`, { cause: error })
  }
  process.env['E2E_STACK'] = announced
  return stop
}

async function ready(stack: ChildProcess, announced: string): Promise<void> {
  for (const limit = Date.now() + START_LIMIT; Date.now() < limit;) {
    if (stack.exitCode !== null)
      throw new Error(`The stack ended with exit status ${stack.exitCode}.`)
    if (existsSync(announced)) {
      JSON.parse(readFileSync(announced, 'utf8'))
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Error(`The stack was not ready within ${START_LIMIT / 1000} s.`)
}

async function end(stack: ChildProcess): Promise<void> {
  if (stack.exitCode !== null || stack.signalCode !== null) return
  const exited = new Promise((resolve) => stack.once('exit', resolve))
  stack.kill('SIGTERM')
  await exited
}
