import { existsSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

import { defineConfig } from '@playwright/test'

// The headless shell first: the same engine without windows, which cost a fifth of the tests' time.
const CHROMIUM = process.env['CHROMIUM']
const BROWSERS = CHROMIUM
  ? [CHROMIUM]
  : ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome']

function findBrowser(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  for (const name of BROWSERS)
    for (const path of isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name)))
      if (existsSync(path)) return path
  throw new Error(
    CHROMIUM
      ? `CHROMIUM names ${CHROMIUM}, which is not there. Correct it, or unset it.`
      : 'Chromium is not installed. Run: make test, or set CHROMIUM to its path.',
  )
}

// Story order: a later test may build on what an earlier one left on chain, so one worker and no
// retries.
export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  globalSetup: './setup.ts',
  outputDir: '../../test-results',
  workers: 1,
  retries: 0,
  fullyParallel: false,
  timeout: 240_000, // on two busy cores; alone the longest takes a minute
  expect: { timeout: 45_000 },
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 900 },
    acceptDownloads: true,
    // Costs as much as the tests themselves; a failure has its screenshot and the page's outline.
    trace: process.env['E2E_TRACE'] ? 'retain-on-failure' : 'off',
    // Nothing moves while a test waits: software draws every frame of it.
    reducedMotion: 'reduce',
    screenshot: 'only-on-failure',
    permissions: ['clipboard-read', 'clipboard-write'],
    launchOptions: {
      executablePath: findBrowser(),
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
