/** One config for the page, its development server and its unit tests. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

import { budget } from './budget.ts'

const here = fileURLToPath(new URL('.', import.meta.url))

/** Unit tests that replace modules (`vi.mock`). */
const mocking = readdirSync(`${here}src`, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.test\.tsx?$/.test(file))
  .map((file) => `src/${file}`)
  .filter((file) => readFileSync(`${here}${file}`, 'utf8').includes('vi.mock('))

export default defineConfig({
  root: here,
  plugins: [react(), tailwindcss(), budget()],
  resolve: { alias: { '@': `${here}src`, crypto: `${here}src/lib/node-crypto.ts` } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    chunkSizeWarningLimit: 400,
  },
  // In development the API runs beside the page; when served by the API both share an origin.
  server: {
    host: '127.0.0.1',
    // Under the page's own name, or the API would take it for another site's when somebody signs in.
    proxy: { '/v1': { target: process.env['BIODESCI_API_URL'] ?? 'http://127.0.0.1:8600' } },
  },
  test: {
    // WebCrypto refuses jsdom's ArrayBuffers; component tests ask for jsdom themselves.
    environment: 'node',
    setupFiles: ['./src/test-setup.ts'],
    maxWorkers: 1,
    testTimeout: 60_000,
    projects: [
      // Loading modules and jsdom anew for each file took two thirds of the time of all tests.
      {
        extends: true,
        test: {
          name: 'shared',
          include: ['src/**/*.test.{ts,tsx}'],
          exclude: mocking,
          isolate: false,
        },
      },
      // A module that another file has loaded could not be replaced.
      { extends: true, test: { name: 'mocking', include: mocking } },
    ],
  },
})
