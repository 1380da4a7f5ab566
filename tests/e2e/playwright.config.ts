import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { defineConfig } from '@playwright/test'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

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
      executablePath: execFileSync('scripts/chromium.sh', { cwd: ROOT, encoding: 'utf8' }).trim(),
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
