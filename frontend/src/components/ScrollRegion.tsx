import type { ReactNode } from 'react'

/**
 * A wide table scrolls inside its own region, which takes the keyboard's focus so that arrow keys
 * can scroll it (WCAG 2.1.1).
 */
export function ScrollRegion({
  label,
  className,
  children,
}: {
  label: string
  className: string
  children: ReactNode
}) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section aria-label={label} tabIndex={0} className={`relative overflow-x-auto ${className}`}>
      {children}
    </section>
  )
}
