/**
 * Where decrypted bytes go while they are not verified to the end: memory when small, else the
 * browser's private file system.
 */
import type { Bytes } from './bytes'

export interface SavedFile {
  name: string
  size: number
  blob: Blob
}

interface Target {
  write(bytes: Bytes): Promise<void>
  finish(): Promise<SavedFile>
  /** Forgets everything that was written. */
  discard(): Promise<void>
}

const IN_MEMORY_LIMIT = 64 * 2 ** 20
const FOLDER = 'decrypting'

export async function openTarget(
  name: string,
  type: string,
  expectedSize: number,
): Promise<Target> {
  const root = expectedSize > IN_MEMORY_LIMIT ? await privateFiles() : null
  return root ? privateFile(root, name, type) : memory(name, type)
}

function memory(name: string, type: string): Target {
  let parts: Bytes[] = []
  return {
    async write(bytes) {
      parts.push(bytes)
    },
    async finish() {
      const blob = new Blob(parts, { type })
      parts = []
      return { name, size: blob.size, blob }
    },
    async discard() {
      parts = []
    },
  }
}

/** null: the browser has none, or keeps them from this page, as some do in private windows. */
async function privateFiles(): Promise<FileSystemDirectoryHandle | null> {
  if (!('storage' in navigator) || !('getDirectory' in navigator.storage)) return null
  return navigator.storage.getDirectory().catch(() => null)
}

async function privateFile(
  root: FileSystemDirectoryHandle,
  name: string,
  type: string,
): Promise<Target> {
  await forgetDecrypted()
  const folder = await root.getDirectoryHandle(FOLDER, { create: true })
  const id = crypto.randomUUID()
  const handle = await folder.getFileHandle(id, { create: true })
  const stream = await handle.createWritable()
  return {
    write: (bytes) => stream.write(bytes),
    async finish() {
      await stream.close()
      const file = await handle.getFile()
      return { name, size: file.size, blob: file.slice(0, file.size, type) }
    },
    async discard() {
      await stream.abort().catch(() => undefined)
      await folder.removeEntry(id).catch(() => undefined)
    },
  }
}

/** Clear text must not outlive its use: called when the page starts and before a new download. */
export async function forgetDecrypted(): Promise<void> {
  const root = await privateFiles()
  await root?.removeEntry(FOLDER, { recursive: true }).catch(() => undefined)
}
