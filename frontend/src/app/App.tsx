import { BrowserRouter, Link, Route, Routes } from 'react-router'

import { late, latePage } from '@/components/Late'
import { Page } from '@/components/Page'

import { Layout } from './Layout'
import { Providers } from './providers'

const DatasetsPage = latePage(() => import('@/features/datasets/DatasetsPage'))
const DatasetPage = latePage(() => import('@/features/datasets/DatasetPage'))
const Purchase = late(async () => ({
  default: (await import('@/features/licenses/purchase/Trade')).Purchase,
}))
const SoldLicences = late(
  async () => ({ default: (await import('@/features/licenses/purchase/Trade')).SoldLicences }),
  // Beside the notice that stands in the place of the offers, a second one would say the same.
  () => null,
)
const Roles = late(
  async () => ({ default: (await import('@/features/datasets/Roles')).Roles }),
  () => null,
)
const OnChainPages = latePage(() => import('./OnChainPages'))
const LicensesPage = latePage(() => import('@/features/licenses/LicensesPage'))
const LicensePage = latePage(() => import('@/features/licenses/license/LicensePage'))
const ArbitrationPage = latePage(() => import('@/features/licenses/arbitration/ArbitrationPage'))
const WaitingPage = latePage(() => import('@/features/licenses/waiting/WaitingPage'))
const OwedPage = latePage(() => import('@/features/licenses/money/OwedPage'))
const KeyPage = latePage(() => import('@/features/licenses/key/KeyPage'))
const ModelsPage = latePage(() => import('@/features/models/ModelsPage'))
const ModelPage = latePage(() => import('@/features/models/ModelPage'))
const InferencesPage = latePage(() => import('@/features/inference/InferencesPage'))
const InferencePage = latePage(() => import('@/features/inference/InferencePage'))
const AuditPage = latePage(() => import('@/features/audit/AuditPage'))

export function App() {
  return (
    <Providers>
      <BrowserRouter>
        <Routes>
          <Route element={<Layout />}>
            <Route index element={<DatasetsPage />} />
            <Route
              path="datasets/:id"
              element={
                <DatasetPage Purchase={Purchase} SoldLicences={SoldLicences} Roles={Roles} />
              }
            />
            <Route element={<OnChainPages />}>
              <Route path="licenses" element={<LicensesPage />} />
              <Route path="licenses/:id" element={<LicensePage />} />
              <Route path="waiting" element={<WaitingPage />} />
              <Route path="arbitration" element={<ArbitrationPage />} />
              <Route path="owed" element={<OwedPage />} />
              <Route path="key" element={<KeyPage />} />
            </Route>
            <Route path="models" element={<ModelsPage />} />
            <Route path="models/:id" element={<ModelPage />} />
            <Route path="inferences" element={<InferencesPage />} />
            <Route path="inferences/:id" element={<InferencePage />} />
            <Route path="audit" element={<AuditPage />} />
            <Route path="*" element={<NotFound />} />
          </Route>
        </Routes>
      </BrowserRouter>
    </Providers>
  )
}

function NotFound() {
  return (
    <Page title="There is no such page">
      <p>
        The address may be mistyped. <Link to="/">See all datasets.</Link>
      </p>
    </Page>
  )
}
