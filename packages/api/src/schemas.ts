// The schemas of all served Kinds. `tools/generate-schemas.ts` makes the file; it is not kept in the repository.

import generated from '../.generated/schemas.json' with { type: 'json' }
import type { SchemaDefinitions } from './meta/schema.ts'

export const schemas = generated as unknown as SchemaDefinitions
