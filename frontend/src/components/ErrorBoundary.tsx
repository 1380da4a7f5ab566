import { Component, type ReactNode } from 'react'

import { FailureNotice } from '@/components/Notice'
import { Page } from '@/components/Page'
import { Failure } from '@/lib/failure'

/** A page that breaks says so and leaves the navigation working. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null }

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  override render() {
    if (this.state.error === null) return this.props.children
    const failure = new Failure(
      'bug',
      'The page met something it did not expect.',
      'Reload it. Licences and payments are on chain and are not affected.',
      { cause: this.state.error },
    )
    return (
      <Page title="This page broke">
        <FailureNotice error={failure} />
      </Page>
    )
  }
}
