/** Hands a file that was made or opened here to the browser's own download. */
export function save(name: string, content: Blob): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  document.body.append(link)
  link.click()
  link.remove()
  // The download has the file by then, whichever browser it is.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
