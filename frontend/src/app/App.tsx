import { lazy } from 'react'
import { BrowserRouter, Link, Route, Routes } from 'react-router'

import { Page } from '@/components/Page'

import { Layout } from './Layout'
import { Providers } from './providers'

const DatasetsPage = lazy(() => import('@/features/datasets/DatasetsPage'))
const DatasetPage = lazy(() => import('@/features/datasets/DatasetPage'))
const OnChainPages = lazy(() => import('./OnChain'))
const LicensesPage = lazy(() => import('@/features/licenses/LicensesPage'))
const LicensePage = lazy(() => import('@/features/licenses/LicensePage'))
const OwedPage = lazy(() => import('@/features/licenses/OwedPage'))
const KeyPage = lazy(() => import('@/features/licenses/KeyPage'))
const ModelsPage = lazy(() => import('@/features/models/ModelsPage'))
const ModelPage = lazy(() => import('@/features/models/ModelPage'))
const InferencesPage = lazy(() => import('@/features/inference/InferencesPage'))
const InferencePage = lazy(() => import('@/features/inference/InferencePage'))
const AuditPage = lazy(() => import('@/features/audit/AuditPage'))

export function App() {
  return (
    <Providers>
      <BrowserRouter>
        <Routes>
          <Route element={<Layout />}>
            <Route index element={<DatasetsPage />} />
            <Route path="datasets/:id" element={<DatasetPage />} />
            <Route element={<OnChainPages />}>
              <Route path="licenses" element={<LicensesPage />} />
              <Route path="licenses/:id" element={<LicensePage />} />
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
