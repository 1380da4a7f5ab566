import { Page } from '@/components/Page'

export default function OwedPage() {
  return <Page title="Owed to me">{null}</Page>
}
